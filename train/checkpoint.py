"""What a training leaves behind while it runs, so that `--resume` goes on where a kill ended it.

One file beside the model, `flowers.keras.resume`: an uncompressed .npz, replaced as a whole after an epoch, removed
when the model is written.
"""

from __future__ import annotations

import json
import time
import zipfile
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from runtime.errors import TrainingError
from runtime.whole_file import write_whole
from train.history import EpochMetrics
from train.settings import Setting

_VERSION = 3
_ARRAYS = ("best", "now", "begin")
# An epoch's saving is left out where it would take longer than this share of the time since the last one.
_SHARE = 0.03


@dataclass(frozen=True)
class State:
    """Where a training is between two epochs: enough to end as if it had never stopped.

    phase: index in the plan. epochs: of all phases; this one began after `first` of them.
    best: the weights of what this phase learns, after `best_epoch` (a number in `epochs`, 0 before the first; it may be
        one of the phase before).
    now: all that changes, the learner's and the optimizer's variables in their order; empty before the first epoch.
    begin: the whole network's weights when this phase began; empty for the first.
    """

    phase: int = 0
    first: int = 0
    epochs: tuple[EpochMetrics, ...] = ()
    best_epoch: int = 0
    best: tuple[np.ndarray, ...] = ()
    now: tuple[np.ndarray, ...] = ()
    begin: tuple[np.ndarray, ...] = ()

    @property
    def done(self) -> int:
        """Epochs of this phase."""
        return len(self.epochs) - self.first

    @property
    def best_loss(self) -> float:
        """The validation loss of the best epoch, infinite before the first."""
        return self.epochs[self.best_epoch - 1].validation_loss if self.best_epoch else float("inf")


def checkpoint_path(out: Path) -> Path:
    """Beside the model."""
    return out.with_name(out.name + ".resume")


class Checkpoint:
    """The file beside `out` that a training with these settings may go on from."""

    def __init__(self, out: Path, settings: tuple[tuple[str, Setting], ...]) -> None:
        self.path = checkpoint_path(out)
        self._settings = settings
        self._saved_at = time.monotonic()
        self._cost = 0.0  # seconds, of the last saving

    def read(self) -> State:
        """The state in the file. Raises TrainingError: there is none, it is damaged, or of other settings."""
        if not self.path.exists():
            raise TrainingError(f"--resume: there is no {self.path}; leave out --resume to train from the start")
        try:
            with np.load(self.path, allow_pickle=False) as saved:
                meta = json.loads(str(saved["meta"]))
                self._check_same(dict(meta["settings"]), meta["version"])
                arrays = {part: tuple(saved[f"{part}{i}"] for i in range(meta[part])) for part in _ARRAYS}
            epochs = tuple(EpochMetrics(**epoch) for epoch in meta["epochs"])
            return State(meta["phase"], meta["first"], epochs, meta["best_epoch"], **arrays)
        except (OSError, ValueError, TypeError, LookupError, EOFError, zipfile.BadZipFile, zlib.error):
            raise TrainingError(f"{self.path}: is damaged; remove it, and train from the start") from None

    def keep(self, state: State) -> None:
        """Write the state, unless that would take long against the time since the last writing."""
        began = time.monotonic()
        if self._cost > _SHARE * (began - self._saved_at):
            return
        meta = {
            "version": _VERSION,
            "settings": self._settings,
            "phase": state.phase,
            "epochs": [asdict(epoch) for epoch in state.epochs],
            "first": state.first,
            "best_epoch": state.best_epoch,
            **{part: len(getattr(state, part)) for part in _ARRAYS},
        }
        arrays = {f"{part}{i}": value for part in _ARRAYS for i, value in enumerate(getattr(state, part))}

        def write(new: Path) -> None:
            with new.open("wb") as file:
                np.savez(file, meta=np.array(json.dumps(meta)), **arrays)  # type: ignore[arg-type]  # by name

        write_whole(self.path, write)
        self._saved_at = time.monotonic()
        self._cost = self._saved_at - began

    def remove(self) -> None:
        """Once the model is written there is nothing to go on with."""
        self.path.unlink(missing_ok=True)

    def _check_same(self, saved: dict[str, Setting], version: int) -> None:
        if version != _VERSION:
            raise TrainingError(f"{self.path}: is of another version of edgeframe; remove it, and train from the start")
        # A phase that one of them lacks needs no word: its strategy differs, too.
        same = {name: saved.get(name, value) for name, value in self._settings}
        differing = [f"{name} {same[name]!r}, not {value!r}" for name, value in self._settings if same[name] != value]
        if differing:
            raise TrainingError(
                f"{self.path}: was begun with {'; '.join(differing)}; give the same data and arguments, or leave out "
                "--resume to train from the start"
            )
