"""MLPerf's own load generator over our classifier, with its logs and its verdict.

https://github.com/mlcommons/inference/tree/master/loadgen: LoadGen draws pictures from the data, times their answers
itself and says whether the run was long enough (VALID). Its trace is off: it would write 80 MB a second.
"""

from __future__ import annotations

import json
import math
import re
import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.answers import Share
from benchmarks.data import Data, open_pictures
from benchmarks.errors import BenchmarkError
from benchmarks.results_file import make_folder
from runtime.classifier import Classifier
from runtime.dataset import DataSet
from runtime.errors import PictureError, UsageError
from runtime.frame import Frame
from runtime.image import fit_image

if TYPE_CHECKING:
    import mlperf_loadgen

SCENARIOS = ("SingleStream", "MultiStream", "Offline", "Server")
# So many pictures lie in memory at once at most.
_MOST_LOADED = 1024
# Of the result that LoadGen times an answer is one number, the class.
_ANSWER = struct.Struct("<i")


@dataclass(frozen=True)
class LoadSettings:
    """scenario: one of SCENARIOS. seconds: LoadGen's least duration. queries_a_second: what Server sends and Offline
    expects; None for what one picture takes allows. latency_seconds: Server's bound. Raises UsageError.
    """

    scenario: str = "SingleStream"
    seconds: float = 10.0
    queries_a_second: float | None = None
    latency_seconds: float = 0.1
    is_accuracy: bool = False

    def __post_init__(self) -> None:
        if self.scenario not in SCENARIOS:
            raise UsageError(f"--scenario {self.scenario}: expected one of {', '.join(SCENARIOS)}")
        if self.queries_a_second is not None and not 0 < self.queries_a_second < math.inf:
            raise UsageError(
                f"--rate {self.queries_a_second:g}: expected queries a second above 0, such as 200; "
                "leave --rate out for what the model allows"
            )


@dataclass(frozen=True)
class LoadResult:
    """verdict: `VALID` or `INVALID` as LoadGen says, empty in accuracy mode. figures: its summary, name by name.
    top1: in accuracy mode, from LoadGen's log of the answers. unreadable: why each picture that was left out was.
    """

    verdict: str
    figures: dict[str, str]
    top1: Share | None
    unreadable: tuple[PictureError, ...] = ()


def run_loadgen(classifier: Classifier, data: Data, load: LoadSettings, out: Path) -> LoadResult:
    """Run LoadGen once; its logs go to the folder `out`. Pictures that cannot be read are left out.

    Raises an EdgeframeError: no data, no LoadGen.
    """
    lg = _import_loadgen()
    system = _System(lg, classifier, data)
    make_folder(out)
    sut = lg.ConstructSUT(system.issue, system.flush)
    count = len(system.pictures)
    qsl = lg.ConstructQSL(count, min(count, _MOST_LOADED), system.load, system.unload)
    try:
        lg.StartTestWithLogSettings(sut, qsl, _make_settings(lg, load, system), _make_log_settings(lg, out))
    finally:
        system.close()
        lg.DestroyQSL(qsl)
        lg.DestroySUT(sut)
    if system.failure is not None:
        raise system.failure
    figures = parse_summary((out / "mlperf_log_summary.txt").read_text("utf-8"))
    top1 = read_accuracy(out / "mlperf_log_accuracy.json", system.targets) if load.is_accuracy else None
    return LoadResult(figures.get("Result is", ""), figures, top1, system.unreadable)


class _System:
    """The system under test and its library of pictures. Queries are answered by a thread of its own, one after the
    other: LoadGen's call that issues them returns at once, as it wants it to.
    """

    def __init__(self, lg: Any, classifier: Classifier, data: Data) -> None:
        self._lg, self._classifier = lg, classifier
        self._data, self.unreadable = _read_all(open_pictures(data))
        self.targets = self._data.targets_in(classifier.card.labels)
        self.pictures = range(len(self._data))
        self.failure: Exception | None = None
        self._loaded: dict[int, np.ndarray] = {}
        self._waiting: list[Any] = []
        self._condition = threading.Condition()
        self._is_over = False
        self._thread = threading.Thread(target=self._work, name="loadgen", daemon=True)
        self._thread.start()

    def seconds_a_picture(self) -> float:
        """What one takes, after a few others."""
        picture = fit_image(self._data.read(0), self._classifier.card.input, self._classifier.card.fit)
        times = [self._classifier.classify_frame(Frame(picture, is_fitted=True), 1).timings.total for _ in range(20)]
        return float(np.median(times))

    def load(self, numbers: Sequence[int]) -> None:
        """Called by LoadGen's own code, which an exception of Python's would take down with the process."""
        card = self._classifier.card
        try:
            self._loaded |= {number: fit_image(self._data.read(number), card.input, card.fit) for number in numbers}
        except Exception as error:
            self.failure = error

    def unload(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            self._loaded.pop(number, None)

    def issue(self, samples: Sequence[mlperf_loadgen.QuerySample]) -> None:
        # LoadGen's samples do not outlive this call.
        with self._condition:
            self._waiting += [(sample.id, sample.index) for sample in samples]
            self._condition.notify()

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        with self._condition:
            self._is_over = True
            self._condition.notify()
        self._thread.join()

    def _work(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._waiting or self._is_over)
                samples, self._waiting = self._waiting, []
            if not samples:
                return
            for sample, number in samples:
                self._answer(sample, number)

    def _answer(self, sample: int, number: int) -> None:
        answer = -1
        try:
            if self.failure is None:  # after a failure only LoadGen's own end is waited for
                answer = int(self._classifier.score(self._loaded[number]).argmax())
        except Exception as error:
            self.failure = error
        content = np.frombuffer(_ANSWER.pack(answer), np.uint8)
        response = self._lg.QuerySampleResponse(sample, content.ctypes.data, content.nbytes)
        self._lg.QuerySamplesComplete([response])


def _read_all(data: DataSet) -> tuple[DataSet, tuple[PictureError, ...]]:
    """Those that can be read, and why the others cannot; LoadGen draws numbers, and each needs a picture."""
    errors: list[PictureError] = []
    numbers = [number for number, _ in data.pictures(on_error=errors.append)]
    if not numbers:
        raise BenchmarkError(f"{data.name}: none of its {len(data)} pictures can be read ({errors[0]})")
    return data.subset(numbers), tuple(errors)


def parse_summary(text: str) -> dict[str, str]:
    """LoadGen's summary: `name : value` lines."""
    pairs = (re.fullmatch(r"\s*(.+?)\s*:\s+(.+?)\s*", line) for line in text.splitlines())
    return {pair[1]: pair[2] for pair in pairs if pair}


def read_accuracy(log: Path, targets: np.ndarray) -> Share:
    """Top-1 from LoadGen's log of answers: one JSON list of {qsl_idx, data (hexadecimal)}."""
    answers = {
        entry["qsl_idx"]: _ANSWER.unpack(bytes.fromhex(entry["data"]))[0] for entry in json.loads(log.read_text())
    }
    return Share(sum(int(targets[number] == answer) for number, answer in answers.items()), len(answers))


def _import_loadgen() -> Any:
    try:
        import mlperf_loadgen
    except ImportError:
        raise BenchmarkError("mlcommons-loadgen is not installed; pip install 'mlcommons-loadgen'") from None
    return mlperf_loadgen


def _make_settings(lg: Any, load: LoadSettings, system: _System) -> Any:
    settings = lg.TestSettings()
    settings.scenario = getattr(lg.TestScenario, load.scenario)
    settings.mode = lg.TestMode.AccuracyOnly if load.is_accuracy else lg.TestMode.PerformanceOnly
    settings.min_duration_ms = round(load.seconds * 1e3)
    seconds = system.seconds_a_picture()
    # Server: at two thirds of what one picture after the other would allow, queues stay short.
    rate = load.queries_a_second or (1 / seconds if load.scenario != "Server" else 2 / 3 / seconds)
    settings.single_stream_expected_latency_ns = round(seconds * 1e9)
    settings.multi_stream_expected_latency_ns = round(seconds * 8e9)
    settings.offline_expected_qps = settings.server_target_qps = rate
    settings.server_target_latency_ns = round(load.latency_seconds * 1e9)
    return settings


def _make_log_settings(lg: Any, out: Path) -> Any:
    output = lg.LogOutputSettings()
    output.outdir = str(out)
    settings = lg.LogSettings()
    settings.log_output = output
    settings.enable_trace = False
    return settings
