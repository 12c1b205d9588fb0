"""Where a converted file goes wrong: what each of its operators gives, compared with the float original."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from convert.observer import Observer

# Noise below this share of the signal is not told from none: 90 dB, far below what 8 bits can do.
_LEAST_NOISE = 1e-9


@dataclass(frozen=True)
class Step:
    """An operator that both files have.

    layers: of Keras, that it was made of, the one that computes first; none where the converter made it up.
    operator: what the format calls it. reads: the places of the steps whose results it takes.
    channel_axis: of its result.
    """

    layers: tuple[str, ...]
    operator: str
    reads: tuple[int, ...]
    channel_axis: int = -1

    @property
    def name(self) -> str:
        return self.layers[0] if self.layers else f"({self.operator})"


class Activations(Protocol):
    """What the operators of an original and of the file made of it give for the same picture."""

    steps: tuple[Step, ...]

    def read(self, picture: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each step what the original gives, and what the file gives, both as real numbers."""
        ...


@dataclass(frozen=True)
class StepError:
    """How far a step's result is from the original's.

    noise: power of the difference as a share of the signal's, the mean over channels, 0..1 (a channel that is all
    noise counts as 1). Whole tensors would not do: one huge channel would hide that the others are lost.
    added: by how much it is above the noise of what the step reads: what is lost at this step itself.
    """

    step: Step
    noise: float
    added: float

    @property
    def sqnr(self) -> float:
        """Signal to quantization noise, in dB."""
        return -10 * math.log10(max(self.noise, _LEAST_NOISE))


@dataclass(frozen=True)
class Diagnosis:
    """Every step's error, in the order of the network."""

    errors: tuple[StepError, ...]

    def worst_first(self) -> list[StepError]:
        """By what is lost at the step itself: after one bad step, all that follow are bad too."""
        return sorted(self.errors, key=lambda error: -error.added)

    def suspects(self) -> tuple[str, ...]:
        """Layers, the most worth keeping in float32 first.

        A tensor is float32 only where what makes it and what takes it are: so a layer is as suspect as the worst
        of what it gives and what it takes. Of equals, the first in the network comes first.
        """
        suspicion: dict[str, float] = {}
        for error in self.errors:
            found = max([error.added, *(self.errors[place].added for place in error.step.reads)])
            for layer in error.step.layers[:1]:
                suspicion[layer] = max(found, suspicion.get(layer, 0))
        return tuple(sorted(suspicion, key=lambda layer: -suspicion[layer]))


def diagnose(activations: Activations, pictures: np.ndarray, observer: Observer) -> Diagnosis:
    """Compare over uint8 pictures, count x height x width x channels, fitted to the network's input."""
    signals: list[np.ndarray | float] = [0.0] * len(activations.steps)
    noises: list[np.ndarray | float] = [0.0] * len(activations.steps)
    for picture in observer.track(pictures, "comparing layers", len(pictures)):
        for place, (original, converted) in enumerate(activations.read(picture)):
            axis = activations.steps[place].channel_axis
            signals[place] += _power(original, axis)
            noises[place] += _power(original - converted, axis)
    shares = [_noise_share(np.asarray(signal), np.asarray(noise)) for signal, noise in zip(signals, noises)]
    errors = [
        StepError(step, share, max(0.0, share - max([shares[place] for place in step.reads], default=0.0)))
        for step, share in zip(activations.steps, shares)
    ]
    return Diagnosis(tuple(errors))


def _power(values: np.ndarray, channel_axis: int) -> np.ndarray:
    """The sum of squares of each channel; a single number is one."""
    values = np.atleast_1d(values)
    channels: np.ndarray = np.moveaxis(values, channel_axis, -1).reshape(-1, values.shape[channel_axis])
    squares: np.ndarray = np.square(channels.astype(np.float64)).sum(axis=0)
    return squares


def _noise_share(signal: np.ndarray, noise: np.ndarray) -> float:
    """Channels that are 0 on all pictures have nothing to lose."""
    alive = signal > 0
    return float(np.minimum(noise[alive] / signal[alive], 1).mean()) if alive.any() else 0.0
