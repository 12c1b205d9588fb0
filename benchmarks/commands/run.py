"""`python -m benchmarks run`: latency and accuracy of model files, side by side."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.commands.arguments import add_limits, names, positives
from runtime.command_line import positive

if TYPE_CHECKING:
    from benchmarks.measurement import Results
    from benchmarks.report.limits import Limits
    from benchmarks.tasks import Settings

_EPILOG = """Every model is timed with each backend and number of threads, in a process of its own for each round;
those of a round take turns of 50 ms, in random order, so that what slows the machine slows all of them alike. Raw
seconds are kept in results.json after each round, so that Ctrl-C loses little and --resume goes on. With --runs auto
there are 12 to 20 rounds, until the median is known to 2 % (95 % interval).

examples:
  python -m benchmarks run flowers_*.tflite flowers_*.onnx --data flowers/ \\
      --out results
  python -m benchmarks run digits_int8.tflite --data mnist \\
      --max-pictures 1000 --threads 1,2 --out results
  python -m benchmarks run a.tflite b.tflite --data photos/ --split all \\
      --max-latency 20ms --out results
  python -m benchmarks run *.tflite --data flowers/ \\
      --hosts pi@kitchen,pi@shed --out results
  python -m benchmarks run *.tflite --data flowers/ \\
      --scenario single-stream,offline --out results
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EPILOG
    parser.add_argument("models", nargs="+", metavar="MODEL", help=".tflite or .onnx with a model card")
    parser.add_argument(
        "--data",
        required=True,
        help="a folder, .tar, .zip or .npz of pictures; mnist, fashion_mnist, cifar10; a folder in MLPerf Tiny's form",
    )
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="where results.json and the report go")
    parser.add_argument(
        "--split", default="test", choices=("test", "validation", "train", "all"), help="(default: test)"
    )
    parser.add_argument("--data-dir", metavar="DIR", help="where a named data set lies (default: the Keras cache)")
    parser.add_argument("--max-pictures", type=positive, metavar="N", help="of the data, an equal share of each class")
    parser.add_argument("--threads", type=positives, default=(1,), metavar="N,...", help="(default: 1)")
    parser.add_argument(
        "--backend", type=names, default=(), metavar="NAME,...", help="by default the first one installed for the file"
    )
    parser.add_argument(
        "--scenario",
        type=names,
        default=("single-stream",),
        metavar="NAME,...",
        help="single-stream (default), multi-stream, offline",
    )
    parser.add_argument("--runs", type=_runs, metavar="N", help="timed, of each model; or auto (default)")
    parser.add_argument("--hosts", type=names, default=(), metavar="HOST,...", help="measure there too, over ssh")
    parser.add_argument("--power-log", type=Path, metavar="FILE", help="a power meter's CSV file: seconds,watts")
    parser.add_argument("--resume", action="store_true", help="go on with the run that was stopped in --out")
    add_limits(parser)


def _runs(text: str) -> int | None:
    return None if text == "auto" else positive(text)


def run(args: argparse.Namespace) -> int:
    from benchmarks.data import Data
    from benchmarks.report.limits import Limits
    from benchmarks.report.markdown import format_summary
    from benchmarks.report.write import write_report
    from benchmarks.tasks import Settings

    data = Data(args.data, args.split, args.data_dir, args.max_pictures)
    settings = Settings(data, args.threads, args.backend, args.scenario, args.runs, args.hosts)
    file = args.out / "results.json"
    limits = Limits(args.max_latency, args.min_accuracy, args.max_size)
    try:
        results = _measure(args, settings, file)
    except KeyboardInterrupt:
        _tell_what_is_there(file, limits)
        raise
    files = [file, *write_report(results, args.out, limits)]
    print(format_summary(results, limits))
    print("\n" + "\n".join(map(str, files)))
    return 1 if results.failures else 0


def _measure(args: argparse.Namespace, settings: Settings, file: Path) -> Results:
    from benchmarks.machine import Machine, ThisMachine
    from benchmarks.power_log import read_power_log
    from benchmarks.remote.machine import RemoteMachine
    from benchmarks.results_file import read_results
    from benchmarks.run import run_benchmark
    from runtime.errors import EdgeframeError

    before = read_results(file) if args.resume else None
    if args.power_log is not None:
        read_power_log(args.power_log)  # so that one of another form ends the run before it begins
    machines: list[Machine] = [ThisMachine()]
    unreachable: dict[str, EdgeframeError] = {}
    for host in settings.hosts:
        try:
            machines.append(RemoteMachine(host))
        except EdgeframeError as error:
            unreachable[host] = error
            print(f"benchmarks: {error}; the rest goes on", file=sys.stderr)
    results = run_benchmark(args.models, settings, file, machines, before=before, unreachable=unreachable)
    return results if args.power_log is None else _add_energy(results, args.power_log, file)


def _add_energy(results: Results, power_log: Path, file: Path) -> Results:
    """Also to the results' file. A log that went bad in the meantime is told, and costs no more than the energy."""
    from benchmarks.errors import BenchmarkError
    from benchmarks.power_log import add_power_log, describe_gap, read_power_log
    from benchmarks.results_file import write_results

    try:
        log = read_power_log(power_log)  # not before: the meter was still writing it
    except BenchmarkError as error:
        print(f"benchmarks: {error}; for the energy, mend it and give the same command with --resume", file=sys.stderr)
        return results
    with_energy = add_power_log(results, log)
    write_results(file, with_energy)
    if gap := describe_gap(with_energy, log):
        print(f"benchmarks: {power_log} {gap}", file=sys.stderr)
    return with_energy


def _tell_what_is_there(file: Path, limits: Limits) -> None:
    """After Ctrl-C: a report on what was measured so far, and how to go on."""
    from benchmarks.report.write import write_report
    from benchmarks.results_file import read_results

    if not file.exists():
        print("benchmarks: stopped; nothing was measured yet", file=sys.stderr)
        return
    write_report(read_results(file), file.parent, limits)
    print(
        f"benchmarks: stopped; what was measured lies in {file}, with a report on it; "
        "to go on: the same command with --resume",
        file=sys.stderr,
    )
