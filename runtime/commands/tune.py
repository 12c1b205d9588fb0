"""`runtime tune`: which model, backend and number of threads are quickest on this very device."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.command_line import positive, seconds
from runtime.commands.model import Running, add_backend_arguments, add_bare_model_arguments, load_classifier
from runtime.errors import BackendError, EdgeframeError, ModelError
from runtime.printable import columns_of, fill_columns, printable

if TYPE_CHECKING:
    from runtime.classifier import Classifier
    from runtime.trials import PictureTrial, Setting, Trial

_EPILOG = """Every backend that runs a file, with 1, 2, 4, ... threads, classifies the same 1280x720 picture;
all take turns, in rounds of random order. Medians within 2 % of each other count as equal: then fewer
threads win. Then folders of pictures: many interpreters of one thread, or one of many. What is found is
remembered for this model and this machine, and used by --threads auto. With --max-latency, the most
accurate model (by its card) is picked of those that need no more for nine frames of ten; exit status 1
when there is none.

examples:
  runtime tune flowers_int8.tflite
  runtime tune flowers_*.tflite flowers_*.onnx --max-latency 20ms
  runtime classify --camera --model flowers_int8.tflite --threads auto
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EPILOG
    parser.add_argument(
        "models",
        metavar="MODEL",
        nargs="*",
        help="variants of a model: .tflite or .onnx (default: the model that comes along)",
    )
    parser.add_argument("--max-latency", type=seconds, metavar="TIME", help="what a frame may take: 20ms")
    parser.add_argument(
        "--runs", type=positive, default=100, metavar="N", help="how many to time of each setting (default: 100)"
    )
    parser.add_argument("--json", action="store_true", help="as one JSON object, with every raw time in seconds")
    add_backend_arguments(parser)
    add_bare_model_arguments(parser)


@dataclass(frozen=True)
class Findings:
    """All trials; the best of each model; those of pictures, by model; the model that is picked, if one keeps
    within the latency; whether the best settings could be remembered; and what disturbed the measurement."""

    trials: tuple[Trial, ...]
    best: tuple[Trial, ...]
    pictures: dict[Path, tuple[PictureTrial, ...]]
    picked: Trial | None
    remembered: bool
    warnings: list[str]


def run(args: argparse.Namespace) -> int:
    findings = _find(args)
    print(json.dumps(_as_json(findings)) if args.json else "\n".join(_as_lines(findings)))
    if findings.picked is None:
        quickest = min(trial.p90 for trial in findings.best)
        raise ModelError(
            f"no model keeps within {args.max_latency * 1e3:g} ms for nine frames of ten, the quickest takes "
            f"{quickest * 1e3:.1f} ms; try a smaller network, a smaller input, or an int8 recipe"
        )
    return 0


def _find(args: argparse.Namespace) -> Findings:
    from runtime.host import describe_disturbances, read_counters
    from runtime.trials import choose_model, choose_setting, try_settings

    before = read_counters()
    trials = try_settings(dict(_load_all(args)), args.runs, _show_round)
    by_model = [tuple(trial for trial in trials if trial.setting.model == Path(model)) for model in _distinct(args)]
    best = tuple(map(choose_setting, by_model))
    pictures = {trial.setting.model: _try_pictures(args, trial) for trial in best}
    remembered = [_remember(trial, pictures[trial.setting.model]) for trial in best]
    return Findings(
        trials,
        best,
        pictures,
        choose_model(best, args.max_latency),
        all(remembered),
        describe_disturbances(before, read_counters()),
    )


def _distinct(args: argparse.Namespace) -> list[str]:
    from runtime.classifier import DEFAULT_MODEL

    return list(dict.fromkeys(args.models)) or [str(DEFAULT_MODEL)]


def _load_all(args: argparse.Namespace) -> Iterator[tuple[Setting, Classifier]]:
    """Every setting of every model with its classifier. A backend that does not take a model is told and left out."""
    from runtime.backends import choose_backend, find_backends
    from runtime.card_file import check_model_path

    for model in _distinct(args):
        path = check_model_path(model)
        names = [choose_backend(path, args.backend).name]
        if args.backend is None:
            names = [row.name for row in find_backends(path.suffix)]
        left_out: list[EdgeframeError] = []
        for name in names:
            try:
                yield from _load_threads(model, args, name)
            except (ModelError, BackendError) as error:
                left_out.append(error)
        if len(left_out) == len(names):
            raise left_out[0]
        for reason in left_out:
            if isinstance(reason, ModelError):  # of what is not here, doctor tells
                print(printable(f"runtime: left out: {reason}"), file=sys.stderr)


def _load_threads(model: str, args: argparse.Namespace, backend: str) -> Iterator[tuple[Setting, Classifier]]:
    from runtime.backends import available_cores
    from runtime.trials import Setting, thread_counts

    for threads in thread_counts(available_cores()):
        trust = args.trust or threads > 1  # the first one was tried
        yield (
            Setting(Path(model), backend, threads),
            load_classifier(model, args, Running(backend, threads), trust=trust),
        )


def _try_pictures(args: argparse.Namespace, trial: Trial) -> tuple[PictureTrial, ...]:
    from runtime.trials import try_pictures

    setting = trial.setting
    return try_pictures(
        lambda threads: load_classifier(str(setting.model), args, Running(setting.backend, threads), trust=True),
        setting.threads,
    )


def _remember(trial: Trial, pictures: tuple[PictureTrial, ...]) -> bool:
    from runtime.trials import choose_pictures
    from runtime.tuning import Tuning, remember_tuning

    best = choose_pictures(pictures)
    tuning = Tuning(trial.setting.backend, trial.setting.threads, best.workers, best.threads)
    return remember_tuning(trial.setting.model, tuning)


def _show_round(done: int, rounds: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K" + (f"round {done} of {rounds}" if done < rounds else ""))
        sys.stderr.flush()


def _as_lines(findings: Findings) -> Iterator[str]:
    width = max(columns_of(trial.setting.model.name) for trial in findings.trials)
    yield f"  {'model':{width}}  {'backend':14}  threads   p50 ms   p90 ms  spread %  top-1 %"
    for trial in findings.trials:
        mark = "*" if trial is findings.picked else "+" if trial in findings.best else " "
        yield printable(f"{mark} {fill_columns(trial.setting.model.name, width)}  {_figures(trial)}")
    yield f"({len(findings.trials[0].seconds)} runs each; *: picked, +: the best of its model; spread: from p10 to p90)"
    for model, trials in findings.pictures.items():
        rates = " or ".join(f"{each.median:.0f} ({each.workers} x {each.threads} threads)" for each in trials)
        yield printable(f"{model.name}: pictures a second {rates}")
    if findings.picked is not None:
        setting = findings.picked.setting
        yield printable(f"picked {setting.model} on {setting.backend}, {setting.threads} threads")
    yield "remembered for --threads auto" if findings.remembered else "not remembered: no state folder can be written"
    yield from (f"warning: {warning}" for warning in findings.warnings)


def _figures(trial: Trial) -> str:
    top1 = "-" if trial.top1 is None else f"{trial.top1 * 100:.1f}"
    return (
        f"{trial.setting.backend:14}  {trial.setting.threads:7}{trial.p50 * 1e3:9.2f}{trial.p90 * 1e3:9.2f}"
        f"{trial.spread * 100:10.0f}{top1:>9}"
    )


def _as_json(findings: Findings) -> dict[str, object]:
    return {
        "trials": [
            {
                **_setting_json(trial),
                "top1": trial.top1,
                "is_best": trial in findings.best,
                "latency_s": trial.seconds,
            }
            for trial in findings.trials
        ],
        "pictures": [
            {"model": str(model), **dataclasses.asdict(trial)}
            for model, trials in findings.pictures.items()
            for trial in trials
        ],
        "picked": None if findings.picked is None else _setting_json(findings.picked),
        "remembered": findings.remembered,
        "warnings": findings.warnings,
    }


def _setting_json(trial: Trial) -> dict[str, object]:
    setting = trial.setting
    return {"model": str(setting.model), "backend": setting.backend, "threads": setting.threads}
