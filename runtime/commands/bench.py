"""`runtime bench`: how fast a model is on this device."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import time
from typing import TYPE_CHECKING

from runtime.command_line import positive
from runtime.commands.model import add_model_arguments, load_classifier

if TYPE_CHECKING:
    from runtime.classifier import Classifier
    from runtime.host import Counters
    from runtime.measure import Latency

_PICTURE_HEIGHT, _PICTURE_WIDTH = 720, 1280
_EPILOG = """A 1280x720 picture is fitted and classified again and again, after a warm-up. prepare is
fitting the picture, invoke is the network with its input and output.

examples:
  runtime bench
  runtime bench flowers.tflite --threads 1 --runs 500 --json
"""
_QUANTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EPILOG
    parser.add_argument(
        "model", metavar="MODEL", nargs="?", help=".tflite or .onnx (default: the model that comes along)"
    )
    parser.add_argument("--runs", type=positive, default=100, metavar="N", help="how many to time (default: 100)")
    parser.add_argument("--json", action="store_true", help="as one JSON object, with every raw time in seconds")
    add_model_arguments(parser)


def run(args: argparse.Namespace) -> int:
    import numpy as np

    from runtime.host import other_load_cores, read_counters, swapped_pages, was_throttled
    from runtime.measure import measure_latency, peak_memory_bytes
    from runtime.model_check import check_model
    from runtime.temperature import read_temperatures

    before = read_counters()
    checking = time.perf_counter()
    if args.model is not None and not args.trust:
        check_model(args.model, args.backend)
    loading = time.perf_counter()
    classifier = load_classifier(args.model, args, trust=True)
    load_seconds = time.perf_counter() - loading
    picture = np.random.default_rng(0).integers(0, 256, (_PICTURE_HEIGHT, _PICTURE_WIDTH, 3), np.uint8)
    classifier.classify(picture)
    first_result_seconds = _seconds_since_start() - (loading - checking)
    latency = measure_latency(classifier, picture, args.runs)
    now = read_counters()
    peak = peak_memory_bytes()
    if args.json:
        fields = {
            **_describe_run(classifier),
            "load_s": load_seconds,
            "time_to_first_result_s": first_result_seconds,
            "peak_memory_bytes": peak,
            "temperature_celsius": max((degrees for _, degrees in read_temperatures()), default=None),
            "is_throttled": was_throttled(before, now),
            "other_load_cores": other_load_cores(before, now),
            "swapped_pages": swapped_pages(before, now),
            "latency_s": dataclasses.asdict(latency),
        }
        print(json.dumps(fields))
        return 0
    described = _describe_run(classifier)
    print("{model} ({recipe}) on {backend}, {threads} threads, {host}".format(**described))
    _print_table(latency)
    loading_part = f"of which loading the model {load_seconds * 1e3:.0f} ms"
    print(f"time to first result {first_result_seconds * 1e3:.0f} ms, {loading_part}")
    if peak is not None:
        print(f"peak memory {peak / 1e6:.0f} MB")
    for warning in _warnings(classifier, before, now):
        print(f"warning: {warning}")
    return 0


def _describe_run(classifier: Classifier) -> dict[str, object]:
    return {
        "model": classifier.card.name,
        "recipe": classifier.card.recipe,
        "backend": classifier.backend.name,
        "threads": classifier.backend.threads,
        "host": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "python": platform.python_version(),
    }


def _print_table(latency: Latency) -> None:
    from runtime.measure import quantile

    print(
        f"{'ms':10}" + "".join(f"{name:>9}" for name in _QUANTILES) + f"{'largest':>9}   of {len(latency.total)} runs"
    )
    for name in ("prepare", "invoke", "total"):
        times = getattr(latency, name)
        shares = "".join(f"{quantile(times, share) * 1e3:9.2f}" for share in _QUANTILES.values())
        print(f"{name:10}{shares}{max(times) * 1e3:9.2f}")


def _warnings(classifier: Classifier, before: Counters, now: Counters) -> list[str]:
    """What makes the figures worse than they need be, with the next step."""
    from runtime.host import describe_disturbances

    warnings = describe_disturbances(before, now)
    if classifier.backend.name == "tflite-runtime" and platform.machine() in ("x86_64", "AMD64"):
        warnings.append("tflite-runtime is slow with integer models on x86; pip install 'edgeframe[tflite]'")
    return warnings


def _seconds_since_start() -> float:
    """Since this process was started, where Linux tells (to 0.01 s); else since Python's clock started."""
    try:
        with open("/proc/self/stat") as file:
            started_ticks = int(file.read().rpartition(")")[2].split()[19])
        with open("/proc/uptime") as file:
            uptime = float(file.read().split()[0])
        return uptime - started_ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return time.process_time()
