"""All outputs of a run, and the decisions before them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from runtime.decisions import Decisions
from runtime.errors import OutputError
from runtime.events import SourceEvent
from runtime.result import Result
from runtime.sinks.background import Background, close_together
from runtime.sinks.live_screen import LiveScreen
from runtime.sinks.sink import CLOSE_SECONDS, Sink


class Sinks:
    """Gives each result to every output; a context manager that closes them all.

    At the sources' own end each output may take its time (`Background.patience`); after Ctrl-C, SIGTERM or an error
    what still waits is written within CLOSE_SECONDS.

    Results come from one thread, events from any. What the standard output raises comes through: BrokenPipeError
    when its reader has gone, OutputError when it cannot be written. No other output raises anything.

    Args:
        decisions: what of the results is reported.
        make_screen: makes the sink on the standard output; whether for a video, and whether for a live one.
        watching: see every frame, judged but not thinned out (metrics, systemd); they return at once.
        reported: see what is reported.
    """

    def __init__(
        self,
        decisions: Decisions,
        make_screen: Callable[[bool, bool], Sink],
        watching: Sequence[Sink] = (),
        reported: Sequence[Background] = (),
    ) -> None:
        self._decisions = decisions
        self._make_screen = make_screen
        self._screen = make_screen(False, False)
        self._watching = watching
        self._reported = reported
        self._lock = threading.Lock()
        self._ended_at: float | None = None

    def __enter__(self) -> Sinks:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close(is_hurried=exception[0] is not None)

    def begin(self, is_video: bool, is_live: bool = False) -> None:
        """Results of another source come next. is_live: it does not wait, so the standard output may not hold it up."""
        self._show(self._screen.close)
        self._screen = self._make_screen(is_video, is_live)

    def relabel(self, labels: tuple[str, ...]) -> None:
        """Results of another model come next. Raises UsageError when `--labels-only` names none of its labels."""
        self._decisions = self._decisions.for_labels(labels)

    def check_labels(self, labels: tuple[str, ...]) -> None:
        """Raises UsageError where `relabel` would; from any thread."""
        self._decisions.for_labels(labels)

    def write(self, result: Result) -> None:
        judged = self._decisions.judge(result)
        for sink in self._watching:
            sink.write(judged)
        reported = self._decisions.report(judged)
        if reported is None:
            return
        for background in self._reported:
            background.write(reported)
        self._show(self._screen.write, reported)

    def write_event(self, event: SourceEvent) -> None:
        for sink in (*self._watching, *self._reported):
            sink.write_event(event)
        self._show(self._screen.write_event, event)

    def end(self) -> None:
        """No results come any more: the outputs' time to write what waits begins, while the source is let go of."""
        self._ended_at = time.monotonic()

    def close(self, is_hurried: bool = False) -> None:
        ended_at = time.monotonic() if self._ended_at is None else self._ended_at
        live = [self._screen] if isinstance(self._screen, LiveScreen) else []
        backgrounds = [*self._reported, *live]
        seconds = [CLOSE_SECONDS if is_hurried else background.patience for background in backgrounds]
        for sink in self._watching:
            sink.close()
        close_together(backgrounds, [ended_at + patience for patience in seconds])
        self._show(live[0].raise_error if live else self._screen.close)

    def _show(self, call: Callable[..., None], *arguments: object) -> None:
        try:
            with self._lock:
                call(*arguments)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(f"the standard output cannot be written ({error.strerror})") from None
