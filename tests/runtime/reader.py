"""Reading a camera while something is done to it: from Python, and by the command `runtime classify`."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from typing import Any, Callable

from runtime.card import ModelCard
from runtime.errors import SourceError
from runtime.events import SourceEvent
from runtime.frame import Frame
from runtime.sources import SourceOptions, open_camera
from tests.conftest import MODELS, ROOT

# The longest wait for a state: several times the longest delay that can lie before it in a test.
PATIENCE_SECONDS = 120
# FFmpeg's warnings go to stderr then.
_CLASSIFY = """
import sys, av
from runtime.cli import main
av.logging.set_level(av.logging.WARNING)
av.logging.set_skip_repeated(False)
sys.exit(main(sys.argv[1:]))
"""


_WITHOUT_PYAV = """
import sys
sys.modules["av"] = None  # what an import of it makes an ImportError
from runtime.cli import main
sys.exit(main(sys.argv[1:]))
"""


class EventLog:
    """What became of a source, and a way to wait for it. `error`: why it ended."""

    def __init__(self) -> None:
        self.events: list[SourceEvent] = []
        self.error = ""
        self._changed = threading.Condition()

    def note(self, event: SourceEvent) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def wait_for(self, state: str, count: int = 1) -> SourceEvent:
        """The event with which this state came for the `count`th time."""
        return self._wait(lambda: [event for event in self.events if event.state == state], count)

    def wait_for_reason(self, part: str) -> SourceEvent:
        """The first event whose reason holds this."""
        return self._wait(lambda: [event for event in self.events if part in event.reason], 1)

    def _wait(self, find: Callable[[], list[SourceEvent]], count: int) -> SourceEvent:
        with self._changed:
            found = self._changed.wait_for(lambda: len(find()) >= count, PATIENCE_SECONDS)
        assert found, f"not within {PATIENCE_SECONDS} s: {self.events}, {self.error}"
        return find()[count - 1]


class Reader(EventLog):
    """Reads a source in a thread."""

    def __init__(self, spec: str, card: ModelCard, options: SourceOptions) -> None:
        super().__init__()
        self.frames: list[Frame] = []
        self._stopped = False
        self._source = open_camera(spec, card, options=options, on_event=self.note)
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Reader:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._stopped = True
        if kind is None:
            self._thread.join(PATIENCE_SECONDS)
            assert not self._thread.is_alive()

    def _read(self) -> None:
        try:
            with self._source as source:
                for frame in source:
                    self.frames.append(frame)
                    if self._stopped:
                        return
        except SourceError as error:
            self.error = str(error)


class Classifying(EventLog):
    """`runtime classify --camera SPEC --json` in a process of its own. status, error: how it ended when terminated."""

    def __init__(self, *arguments: str, pyav: bool = True) -> None:
        super().__init__()
        self.results: list[dict[str, Any]] = []
        self.status: int | None = None
        command = [sys.executable, "-c", _CLASSIFY if pyav else _WITHOUT_PYAV, "classify", "--json", *arguments]
        command += ["--model", str(MODELS / "rgb_int8.tflite")]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self._threads = [threading.Thread(target=read, daemon=True) for read in (self._read, self._read_error)]

    def __enter__(self) -> Classifying:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.terminate()
        self.status = self._process.wait(PATIENCE_SECONDS)
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            fields = json.loads(line)
            if "event" in fields:
                self.note(SourceEvent(fields["source"], fields["event"], fields["reason"], 0.0, fields["reopenings"]))
            else:
                self.results.append(fields)

    def _read_error(self) -> None:
        assert self._process.stderr is not None
        self.error = self._process.stderr.read()
