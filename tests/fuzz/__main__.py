"""`python -m tests.fuzz`: damaged files for all that reads them, for some minutes. Exit status 1 for a finding.

A finding's file is written to --findings; once it is mended, it belongs into the corpus of its target.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tests.fuzz.fuzzer import Failure, fuzz
from tests.fuzz.targets import TARGETS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)} (default: all)")
    parser.add_argument("--seconds", type=float, default=180, help="for all of them together (default: %(default)g)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="the same gives the same files")
    parser.add_argument("--findings", type=Path, default=Path("out/fuzz"), help="folder (default: %(default)s)")
    args = parser.parse_args()
    names = args.targets or list(TARGETS)
    found = 0
    for name in names:
        if name not in TARGETS:
            parser.error(f"{name}: no such target; there are {', '.join(TARGETS)}")
        tried = 0
        for outcome in fuzz(TARGETS[name], args.seed, seconds=args.seconds / len(names)):
            if isinstance(outcome, Failure):
                found += 1
                print(
                    f"{name}: {outcome.problem}: {write_finding(args.findings, name, args.seed, outcome)}", flush=True
                )
            else:
                tried = outcome
        print(f"{name}: {tried:,} files, seed {args.seed}", flush=True)
    return 1 if found else 0


def write_finding(folder: Path, name: str, seed: int, failure: Failure) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name.replace(' ', '_')}_{seed}_{failure.number}{failure.suffix}"
    path.write_bytes(failure.content)
    return path


if __name__ == "__main__":
    sys.exit(main())
