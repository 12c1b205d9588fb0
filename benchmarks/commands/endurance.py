"""`python -m benchmarks endurance`: whether a camera that is classified for long makes the process grow."""

from __future__ import annotations

import argparse
from pathlib import Path

_EPILOG = """Runs runtime classify --camera test as a process and looks at its memory, descriptors and threads every
second. What it has after the first minute may not grow by 2 MB, nor by a descriptor or thread: exit status 1 if it
does. Ctrl-C ends it early and tells of what was seen. Samples are kept in
endurance.json. Needs Linux.

examples:
  python -m benchmarks endurance --out results
  python -m benchmarks endurance --minutes 5 --out results
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EPILOG
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="where endurance.json goes")
    parser.add_argument("--minutes", type=_minutes, default=60.0, metavar="N", help="more than 1 (default: 60)")


def run(args: argparse.Namespace) -> int:
    from benchmarks.checks.endurance import COMMAND, SETTLING_SECONDS, Sample, growth_of, watch
    from benchmarks.progress import progress_bar
    from benchmarks.results_file import FORMAT_VERSION, write_json

    file = args.out / "endurance.json"
    samples: list[Sample] = []
    is_interrupted = False
    try:
        with progress_bar("runtime classify --camera test", "s") as show:
            for sample in watch(60 * args.minutes, show):
                samples.append(sample)
                if len(samples) % 60 == 0:
                    write_json(file, {"format_version": FORMAT_VERSION, "command": COMMAND[1:], "samples": samples})
    except KeyboardInterrupt:
        if len(samples) < 2 or samples[-2].seconds < SETTLING_SECONDS:
            raise
        print("interrupted; so far:")
        is_interrupted = True
    growth, last = growth_of(samples), samples[-1]
    write_json(file, {"format_version": FORMAT_VERSION, "command": COMMAND[1:], "samples": samples, "growth": growth})
    print(
        f"{last.seconds / 60:.1f} minutes: {last.memory_bytes / 1e6:.1f} MB, {last.descriptors} descriptors, "
        f"{last.threads} threads; after the first minute {growth.memory_bytes / 1e6:+.2f} MB, "
        f"{growth.descriptors:+.0f} descriptors, {growth.threads:+.0f} threads: "
        f"{'held' if growth.is_none else 'missed'} (bar: under +2 MB, +0, +0)"
    )
    print(f"\n{file}")
    if is_interrupted:
        raise KeyboardInterrupt
    return 0 if growth.is_none else 1


def _minutes(text: str) -> float:
    minutes = float(text)
    if not 1 < minutes < 1e5:
        raise argparse.ArgumentTypeError(f"{text}: expected more than 1")
    return minutes
