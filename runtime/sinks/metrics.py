"""Figures for Prometheus: http://HOST:PORT/metrics."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from runtime.errors import OutputError
from runtime.events import MODEL_STATES, STATES, SourceEvent
from runtime.printable import printable
from runtime.result import Result
from runtime.temperature import read_temperatures

try:
    import prometheus_client as prometheus
    from prometheus_client.core import GaugeMetricFamily
except ImportError as error:
    raise OutputError(
        f"--metrics needs prometheus-client, which is not installed ({error}); pip install 'edgeframe[serve]'"
    ) from None

# Seconds: from a small network on a GPU host to a large one on a Pi Zero.
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """A sink that sees every frame and is read over HTTP.

        edgeframe_frames_total, edgeframe_frames_dropped_total     classified, and passed over for newer ones
        edgeframe_frame_age_seconds                                since the capture of the newest classified frame
        edgeframe_latency_seconds{stage}                           histogram of prepare, invoke, total and age
        edgeframe_source_state{source}, edgeframe_source_events_total{source, state},
        edgeframe_source_reopenings_total{source}                  what becomes of the camera
        edgeframe_models_total{outcome}                            new model files: swapped (in), refused
        edgeframe_temperature_celsius{zone}                        where the kernel tells

    port: 0 for any free one; the attribute `port` says which. Raises OutputError when it cannot be had.
    """

    def __init__(
        self,
        port: int,
        clock: Callable[[], float] = time.monotonic,
        temperatures: Callable[[], tuple[tuple[str, float], ...]] = read_temperatures,
    ) -> None:
        self._clock = clock
        self._captured_at: float | None = None
        self._last: tuple[str, int] | None = None
        self._reopenings: dict[str, int] = {}
        self._registry = prometheus.CollectorRegistry()
        self._make_figures()
        self._registry.register(_Temperatures(temperatures))
        try:
            self._server = make_server("0.0.0.0", port, prometheus.make_wsgi_app(self._registry), _Server, _Request)
        except OSError as error:
            raise OutputError(f"--metrics {port}: {error.strerror}; give another port") from None
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True)
        self._thread.start()

    def write(self, result: Result) -> None:
        frame, timings = result.frame, result.timings
        self._frames.inc()
        if self._last is not None and self._last[0] == frame.source:
            self._dropped.inc(max(0, frame.index - self._last[1] - 1))
        self._last = (frame.source, frame.index)
        self._captured_at = frame.captured_at
        for stage, histogram in self._latency.items():
            histogram.observe(getattr(timings, stage))

    def write_event(self, event: SourceEvent) -> None:
        if event.state in MODEL_STATES:
            self._models.labels(event.state.partition("_")[2]).inc()
            return
        source = printable(event.source)  # what is sent is UTF-8, which not every file's name is
        self._state.labels(source).state(event.state)
        self._events.labels(source, event.state).inc()
        more = event.reopenings - self._reopenings.get(source, 0)
        self._source_reopenings.labels(source).inc(max(0, more))
        self._reopenings[source] = event.reopenings

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _make_figures(self) -> None:
        def make(kind: Any, name: str, about: str, labels: tuple[str, ...] = (), **options: Any) -> Any:
            return kind(f"edgeframe_{name}", about, labels, registry=self._registry, **options)

        counter, seconds = prometheus.Counter, prometheus.Histogram
        self._frames = make(counter, "frames", "Frames classified")
        self._dropped = make(counter, "frames_dropped", "Frames passed over for newer ones")
        age = make(prometheus.Gauge, "frame_age_seconds", "Time since the capture of the newest classified frame")
        age.set_function(self._age)
        latency = make(seconds, "latency_seconds", "Time that a frame takes, by stage", ("stage",), buckets=_BUCKETS)
        self._latency = {stage: latency.labels(stage) for stage in ("prepare", "invoke", "total", "age")}
        self._state = make(prometheus.Enum, "source_state", "What the source is now", ("source",), states=list(STATES))
        self._events = make(counter, "source_events", "Changes of the source's state", ("source", "state"))
        self._models = make(counter, "models", "New model files, swapped in or refused", ("outcome",))
        self._source_reopenings = make(counter, "source_reopenings", "How often the source was reopened", ("source",))

    def _age(self) -> float:
        """Grows while no frames come; not a number before the first."""
        return math.nan if self._captured_at is None else self._clock() - self._captured_at


class _Server(ThreadingMixIn, WSGIServer):
    """Each client has a thread."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has gone, as each probe of the port does, is no news; socketserver would print a traceback."""


class _Request(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Who reads the figures is no news, either."""


class _Temperatures:
    """Read when asked for."""

    def __init__(self, read: Callable[[], tuple[tuple[str, float], ...]]) -> None:
        self._read = read

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily("edgeframe_temperature_celsius", "Of the kernel's thermal zones", labels=["zone"])
        for zone, celsius in self._read():
            family.add_metric([zone], celsius)
        yield family
