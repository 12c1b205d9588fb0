"""The model card: all that is needed to use a model, carried inside the model's own file."""

from __future__ import annotations

import base64
import dataclasses
import json
import sys
from dataclasses import dataclass
from reprlib import repr as shortened
from typing import Any

from runtime.errors import ModelError
from runtime.printable import is_printable, printable

CARD_VERSION = 1
SCORES = ("softmax", "sigmoid", "logits")
FIT_MODES = ("crop", "squash", "letterbox")
MAX_LABELS = 100_000
MAX_LABEL_LENGTH = 200
MAX_TEXT_LENGTH = 10_000
MAX_SIDE = 8192


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ModelError(f"model card: {message}")


def _check_text(name: str, text: object, longest: int = MAX_TEXT_LENGTH) -> None:
    _require(isinstance(text, str), f"{name} is {type(text).__name__}, expected text")
    assert isinstance(text, str)
    _require(len(text) <= longest, f"{name} has {len(text)} characters, at most {longest} are allowed")
    _require(is_printable(text), f"{name} has control characters: {text[:40]!r}")


def _check_version(card_version: object) -> None:
    _require(
        card_version == CARD_VERSION,
        f"version {shortened(card_version)}, this edgeframe reads {CARD_VERSION}; upgrade it: pip install -U edgeframe",
    )


def _is_finite(value: object) -> bool:
    # Compared, as an integer of JSON may be too large to become a float.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


@dataclass(frozen=True)
class InputSize:
    """The picture that the network takes: height and width in pixels, 3 channels (RGB) or 1 (gray)."""

    height: int
    width: int
    channels: int = 3

    def __post_init__(self) -> None:
        for name in ("height", "width"):
            side = getattr(self, name)
            _require(
                type(side) is int and 1 <= side <= MAX_SIDE,
                f"input {name} is {shortened(side)}, expected 1..{MAX_SIDE}",
            )
        _require(
            type(self.channels) is int and self.channels in (1, 3),
            f"input has {shortened(self.channels)} channels, expected 1 (gray) or 3 (RGB)",
        )

    def __str__(self) -> str:
        return f"{self.width}x{self.height} {'RGB' if self.channels == 3 else 'gray'}"


@dataclass(frozen=True)
class Fit:
    """How a picture of any shape becomes the network's input.

    crop: the largest centred rectangle of the input's shape, times `fraction` of its side.
    squash: the whole picture, its aspect ratio lost. letterbox: the whole picture between black bars.
    """

    mode: str = "crop"
    fraction: float = 1.0

    def __post_init__(self) -> None:
        _require(self.mode in FIT_MODES, f"fit is {shortened(self.mode)}, expected one of {', '.join(FIT_MODES)}")
        _require(
            _is_finite(self.fraction) and 0 < self.fraction <= 1,
            f"fit fraction is {shortened(self.fraction)}, expected above 0 and at most 1",
        )
        _require(self.mode == "crop" or self.fraction == 1, f"fit {self.mode} takes no fraction")

    @classmethod
    def parse(cls, text: str) -> Fit:
        """`crop`, `crop:0.875`, `squash` or `letterbox`."""
        mode, _, fraction = text.partition(":")
        try:
            return cls(mode, float(fraction) if fraction else 1.0)
        except ValueError:
            raise ModelError(f"fit {text!r}: {fraction!r} is no number; write for example crop:0.875") from None

    def __str__(self) -> str:
        return self.mode if self.fraction == 1 else f"{self.mode}:{self.fraction:g}"


@dataclass(frozen=True)
class Normalisation:
    """What an adopted network expects of a channel: (value - mean) / std, in levels of 0..255.

    One number for all channels or one for each. The identity (0, 1) for every network that edgeframe
    makes: there it is a layer.
    """

    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        for name in ("mean", "std"):
            values = getattr(self, name)
            _require(
                isinstance(values, tuple) and len(values) in (1, 3) and all(map(_is_finite, values)),
                f"normalisation {name} is {shortened(values)}, expected a tuple of 1 or 3 numbers",
            )
        _require(all(value > 0 for value in self.std), f"normalisation std is {shortened(self.std)}, expected above 0")

    @property
    def is_identity(self) -> bool:
        return set(self.mean) == {0.0} and set(self.std) == {1.0}


def _check_channels(size: InputSize, normalisation: Normalisation) -> None:
    for name, values in (("mean", normalisation.mean), ("std", normalisation.std)):
        _require(
            len(values) in (1, size.channels),
            f"normalisation {name} has {len(values)} numbers, the input {size} takes 1 for each channel, or 1 for all",
        )


@dataclass(frozen=True)
class Measured:
    """What the conversion measured: top-1 (0..1) of the float original and of this file, on `count` pictures."""

    data: str
    split: str
    count: int
    top1_float: float
    top1: float

    def __post_init__(self) -> None:
        _check_text("measured data", self.data)
        _check_text("measured split", self.split)
        _require(
            type(self.count) is int and self.count > 0, f"measured count is {shortened(self.count)}, expected above 0"
        )
        for name in ("top1_float", "top1"):
            value = getattr(self, name)
            _require(_is_finite(value) and 0 <= value <= 1, f"measured {name} is {shortened(value)}, expected 0..1")


@dataclass(frozen=True)
class GoldenSample:
    """A tiny picture (PNG bytes) with the answer expected of this file, for a self-test on the device."""

    png: bytes
    label: str
    score: float

    def __post_init__(self) -> None:
        _check_text("golden label", self.label, MAX_LABEL_LENGTH)
        _require(_is_finite(self.score), f"golden score is {shortened(self.score)}, expected a number")
        _require(isinstance(self.png, bytes) and len(self.png) <= 200_000, "golden png is larger than 200 kB")


@dataclass(frozen=True)
class Provenance:
    """Where a model came from: what it was made of and with, and the ISO date of its training."""

    source: str = ""
    source_sha256: str = ""
    tools: tuple[str, ...] = ()
    date: str = ""

    def __post_init__(self) -> None:
        for name in ("source", "source_sha256", "date"):
            _check_text(f"provenance {name}", getattr(self, name))
        _require(isinstance(self.tools, tuple), "provenance tools is not a list")
        for tool in self.tools:
            _check_text("provenance tool", tool, MAX_LABEL_LENGTH)


@dataclass(frozen=True)
class ModelCard:
    """All that is needed to use a model. `labels[i]` names output i; `scores` says what the outputs are.

    Raises ModelError when a field is not as described, so that a card that exists is valid.
    """

    name: str
    architecture: str
    labels: tuple[str, ...]
    input: InputSize
    fit: Fit = Fit()
    scores: str = "softmax"
    normalisation: Normalisation = Normalisation()
    recipe: str = "float32"
    licence: str = ""
    measured: Measured | None = None
    golden: tuple[GoldenSample, ...] = ()
    provenance: Provenance = Provenance()
    card_version: int = CARD_VERSION

    def __post_init__(self) -> None:
        for name in ("name", "architecture", "recipe", "licence"):
            _check_text(name, getattr(self, name))
        _require(
            isinstance(self.labels, tuple) and 1 < len(self.labels) <= MAX_LABELS,
            f"{len(self.labels)} labels, expected 2 to {MAX_LABELS}",
        )
        for label in self.labels:
            _check_text("a label", label, MAX_LABEL_LENGTH)
        _check_channels(self.input, self.normalisation)
        _require(self.scores in SCORES, f"scores is {shortened(self.scores)}, expected one of {', '.join(SCORES)}")
        _check_version(self.card_version)

    def to_json(self) -> str:
        """The card as it stands in a file: JSON, UTF-8, keys in the order of the fields."""
        return json.dumps(dataclasses.asdict(self), indent=1, ensure_ascii=False, default=_encode_bytes)

    @classmethod
    def from_json(cls, text: str | bytes) -> ModelCard:
        """Read `to_json`'s form. Raises ModelError for anything else."""
        try:
            fields = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ModelError(f"model card: not JSON ({printable(str(error)[:80])})") from None
        _require(isinstance(fields, dict), f"a JSON {type(fields).__name__}, expected an object")
        _check_version(fields.get("card_version"))  # first, as the fields of another one are others
        try:
            return cls(**{name: _READERS.get(name, _same)(value) for name, value in fields.items()})
        except (TypeError, ValueError, AttributeError, KeyError) as error:
            raise ModelError(f"model card: {printable(str(error)[:120])}") from None


def _encode_bytes(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} has no place in a card")


def _same(value: Any) -> Any:
    return value


def _read_labels(labels: Any) -> tuple[Any, ...]:
    # A text, or the keys of an object, would be taken for labels.
    _require(isinstance(labels, list), f"labels is a JSON {type(labels).__name__}, expected a list of texts")
    return tuple(labels)


def _read_golden(samples: list[dict[str, Any]]) -> tuple[GoldenSample, ...]:
    return tuple(GoldenSample(base64.b64decode(s["png"], validate=True), s["label"], s["score"]) for s in samples)


def _read_provenance(fields: dict[str, Any]) -> Provenance:
    return Provenance(**{**fields, "tools": tuple(fields.get("tools", ()))})


_READERS: dict[str, Any] = {
    "labels": _read_labels,
    "input": lambda fields: InputSize(**fields),
    "fit": lambda fields: Fit(**fields),
    "normalisation": lambda fields: Normalisation(tuple(fields["mean"]), tuple(fields["std"])),
    "measured": lambda fields: None if fields is None else Measured(**fields),
    "golden": _read_golden,
    "provenance": _read_provenance,
}
