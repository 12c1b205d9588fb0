"""Which layers of an integer file stay float32: those that the user names, the worst, or as few as are needed."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.errors import UsageError

_WORST = "worst:"


@dataclass(frozen=True)
class FloatLayers:
    """layers: by name. worst: so many that the diagnosis names first. auto: as few as the bounds allow."""

    layers: tuple[str, ...] = ()
    worst: int = 0
    auto: bool = False

    @classmethod
    def parse(cls, text: str | None, auto: bool) -> FloatLayers:
        """`worst:3` or names between commas, of --keep-float; and --auto. Raises UsageError."""
        if text is None:
            return cls(auto=auto)
        if auto:
            raise UsageError("--auto chooses the layers itself; leave out --keep-float")
        if text.startswith(_WORST):
            count = text[len(_WORST) :]
            if not count.isdecimal() or int(count) == 0:
                raise UsageError(f"--keep-float {text}: {count!r} is not a whole number above 0")
            return cls(worst=int(count))
        names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
        if not names:
            raise UsageError(f"--keep-float {text!r}: expected worst:N or names of layers between commas")
        return cls(names)

    @property
    def is_none(self) -> bool:
        return self == FloatLayers()
