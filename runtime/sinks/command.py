"""A program that is run when the label changes."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import threading
from dataclasses import dataclass
from reprlib import repr as shortened

from runtime.errors import OutputError, UsageError
from runtime.events import SourceEvent
from runtime.result import Result
from runtime.sinks.background import Background, only_changes
from runtime.sinks.health import Tell, tell_on_stderr

LIMIT_SECONDS = 10.0
_SLACK_SECONDS = 1.0
_PLACE = re.compile(r"\{(label|score)\}")
_END_OF_OPTIONS = "--"
_STDERR = 2


@dataclass(frozen=True)
class CommandTemplate:
    """The words of a command; `{label}` and `{score}` (0..1) in them are filled in. The first word is the program."""

    words: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.words:
            raise UsageError("--exec: the command is empty; for example --exec 'notify-send {label} {score}'")
        if _PLACE.search(self.words[0]):
            raise UsageError(f"--exec {self.words[0]}: the program cannot be the label; name a program before it")

    @classmethod
    def parse(cls, text: str) -> CommandTemplate:
        """Split as a shell would, quotes and all; nothing else that a shell does is done."""
        try:
            return cls(tuple(shlex.split(text)))
        except ValueError as error:
            raise UsageError(f"--exec {text}: {str(error).lower()}; check its quotes") from None

    def fill(self, label: str, score: float) -> list[str]:
        """A label stays within its word whatever it holds, and is not looked into for places.

        Raises OutputError for one that the program would take for an option: it may come from a stranger's model.
        """
        values = {"label": label, "score": f"{score:.4f}"}
        words = [_PLACE.sub(lambda place: values[place[1]], word) for word in self.words]
        for word, template in zip(words, self.words):
            if template == _END_OF_OPTIONS:
                break
            if word.startswith("-") and _PLACE.match(template):
                told = f"the label {shortened(label)} would be taken for an option"
                raise OutputError(f"{told}; write -- before {{label}}, or some text in its word: 'a {{label}}'")
        return words


def open_command(template: CommandTemplate) -> Background:
    """For changes: one program runs at a time, and only the newest change waits. Raises OutputError as Command."""
    name = f"--exec {template.words[0]}"
    patience = 2 * LIMIT_SECONDS + _SLACK_SECONDS  # for the one that runs and the one that waits
    return Background(Command(template), name, bound=1, keep=only_changes(), takes_events=False, patience=patience)


class Command:
    """Runs the command for each result, waits for its end and kills it, with what it started, after `limit` seconds.

    Without a shell and without input; what it prints goes to stderr. Raises OutputError when it fails.
    """

    def __init__(self, template: CommandTemplate, limit: float = LIMIT_SECONDS, tell: Tell = tell_on_stderr) -> None:
        if shutil.which(template.words[0]) is None:
            raise OutputError(f"--exec {template.words[0]}: no such program; install it or give its whole path")
        self._template = template
        self._limit = limit
        self._tell = tell
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_closed = False

    def write(self, result: Result) -> None:
        process = self._start(self._template.fill(result.label, result.score))
        if process is None:
            return
        try:
            status = process.wait(self._limit)
        except subprocess.TimeoutExpired:
            _kill(process)
            raise OutputError(f"took longer than {self._limit:g} s and was killed") from None
        if status and not self._is_closed:
            raise OutputError(f"ended with status {status}")

    def write_event(self, event: SourceEvent) -> None:
        return

    def close(self) -> None:
        """A command that still runs is killed, and that told, which ends a `write` that waits for it."""
        with self._lock:
            self._is_closed = True
            if self._process is not None and self._process.poll() is None:
                _kill(self._process)
                self._tell(f"--exec {self._template.words[0]}: still ran at the end and was killed")

    def _start(self, words: list[str]) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._is_closed:
                return None
            self._process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=_STDERR, start_new_session=True)
            return self._process


def _kill(process: subprocess.Popen[bytes]) -> None:
    """With everything that it has started: it leads a process group of its own."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
