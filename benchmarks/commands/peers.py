"""`python -m benchmarks peers`: edgeframe beside what people use in its place."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.commands.arguments import names
from benchmarks.errors import BenchmarkError
from runtime.command_line import positive
from runtime.errors import UsageError

if TYPE_CHECKING:
    from benchmarks.peers.claim import Claim

_PROCESS_BAR = 1.15
_PARTS = ("frames", "video", "folder", "age", "process")

_EPILOG = """frames: one 1080p frame to predictions with one thread, each peer in a process of its own, in turn; by the
time of the processor. video, folder: frames a second on two cores against a sequential loop. age: how old a frame is
when its result is there. process: runtime classify PHOTO against a bare script. Those by the clock need a machine
with nothing else to do.
Raw figures are kept in peers.json after each round. Exit status 1 where a bar is missed. Ctrl-C leaves what there is.
The peers: pip install 'edgeframe[peers]' ultralytics onnx (who is not installed is left out, and says so). MediaPipe
wants TFLite Metadata in the model; OpenCV, onnxruntime and Ultralytics want --onnx.

the default model as float ONNX (PICTURES: a folder of photos, which only check it):
  python -m train pretrained efficientnet_lite0 --out lite0.keras
  python -m convert lite0.keras --to onnx --recipe float32 \\
      --calibrate PICTURES --out lite0.onnx

examples:
  python -m benchmarks peers --onnx lite0.onnx --out results
  python -m benchmarks peers --onnx flowers_float32.onnx \\
      --model flowers_int8.tflite --out results
  python -m benchmarks peers --what frames \\
      --only invoke,edgeframe,mediapipe --rounds 40 --out results
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EPILOG
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="where peers.json goes")
    parser.add_argument("--model", type=Path, metavar="FILE", help="int8 .tflite (default: the one that comes along)")
    parser.add_argument(
        "--onnx", type=Path, metavar="FILE", help="the same network as float .onnx, for those who take it"
    )
    parser.add_argument("--photo", type=Path, metavar="FILE", help="a 1080p JPEG (default: one is made)")
    parser.add_argument("--what", type=names, default=_PARTS, metavar="PART,...", help=f"of {', '.join(_PARTS)}")
    parser.add_argument("--only", type=names, metavar="PEER,...", help="for frames: these peers (default: all)")
    parser.add_argument("--rounds", type=positive, default=15, metavar="N", help="(default: 15)")
    parser.add_argument("--frames", type=positive, default=10, metavar="N", help="of a peer's turn (default: 10)")
    parser.add_argument("--pictures", type=positive, default=2000, metavar="N", help="of the folder (default: 2000)")


def run(args: argparse.Namespace) -> int:
    from benchmarks.commands.tell import tell_at_end
    from benchmarks.host import describe_host
    from benchmarks.results_file import FORMAT_VERSION, write_json

    file = args.out / "peers.json"
    kept: dict[str, object] = {"format_version": FORMAT_VERSION, "host": describe_host()}
    claims: list[Claim] = []

    def keep(**figures: object) -> None:
        kept.update(figures)
        write_json(file, kept)

    with tell_at_end(claims, lambda: _tell(claims, file)):
        for claim in _claims(args, keep):
            claims.append(claim)
            keep(claims=claims)
    return 0 if all(claim.is_held for claim in claims) else 1


def _tell(claims: Sequence[Claim], file: Path) -> None:
    from benchmarks.peers.claim import format_claims

    if claims:
        print(f"{format_claims(claims)}\n")
    print(file)


def _claims(args: argparse.Namespace, keep: Callable[..., None]) -> Iterator[Claim]:
    from benchmarks.checks.overhead import compare_command, make_photos
    from benchmarks.peers.age import compare_ages
    from benchmarks.peers.claim import Claim
    from benchmarks.peers.many_frames import compare_folders, compare_videos
    from runtime.classifier import DEFAULT_MODEL
    from runtime.picture import open_picture

    _check_names("--what", args.what, _PARTS)
    model = args.model or DEFAULT_MODEL
    for network in (model, *([args.onnx] if args.onnx else [])):
        if not network.is_file():
            raise BenchmarkError(f"{network}: no such file; python -m benchmarks peers --help tells how it is made")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photo = args.photo or make_photos(folder)[0]
        open_picture(photo)  # raises PictureError here, not in each process
        if "frames" in args.what:
            yield from _claims_of_frames(args, model, photo, keep)
        if "video" in args.what:
            yield from compare_videos(model, photo, folder, args.rounds)
        if "folder" in args.what:
            yield from compare_folders(model, photo, folder, args.rounds, args.pictures)
        if "age" in args.what:
            yield from compare_ages(model, photo, args.rounds)
        if "process" in args.what:
            for one in compare_command(model, photo, folder, args.rounds):
                ours, theirs = (tuple((value,) for value in part) for part in (one.measured, one.reference_measured))
                yield Claim(one.what, one.reference, ours, theirs, bar=_PROCESS_BAR)


def _claims_of_frames(args: argparse.Namespace, model: Path, photo: Path, keep: Callable[..., None]) -> Iterator[Claim]:
    from benchmarks.own_card import read_own_card
    from benchmarks.peers.single_frames import claims_of_frames, format_peers
    from benchmarks.peers.table import PEERS
    from benchmarks.peers.turns import PeerFigures, measure_in_turns
    from benchmarks.progress import progress_bar

    chosen = args.only or tuple(PEERS)
    _check_names("--only", chosen, tuple(PEERS))
    labels = read_own_card(model).labels
    models = {".tflite": model, **({".onnx": args.onnx} if args.onnx else {})}
    measured: dict[str, PeerFigures] = {}
    is_interrupted = False
    try:
        with progress_bar("frames", "round") as show:
            for measured in measure_in_turns(
                chosen, models, photo, rounds=args.rounds, frames=args.frames, progress=show
            ):
                keep(peers=measured)
    except KeyboardInterrupt:
        is_interrupted = True
    print(f"{format_peers(measured, labels)}\n")
    yield from claims_of_frames(measured)
    if is_interrupted:
        raise KeyboardInterrupt


def _check_names(option: str, given: tuple[str, ...], known: tuple[str, ...]) -> None:
    for name in given:
        if name not in known:
            raise UsageError(f"{option} {name}: expected one of {', '.join(known)}")
