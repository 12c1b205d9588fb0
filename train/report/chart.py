"""What charts in SVG are made of. Colours and type are the page's (page.css), so that they follow light and dark."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

_WIDTH, _HEIGHT = 400, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 388, 12, 214


@dataclass(frozen=True)
class Axis:
    """A scale from values to pixels: `low` lies at `start`, `high` at `end`.

    ticks: values between them. write: what is said at a tick.
    """

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]
    write: Callable[[float], str]

    def place(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def write_number(value: float) -> str:
    return f"{value:g}"


def write_percent(value: float) -> str:
    return f"{value:.4g}%"


def across(low: float, high: float, ticks: Iterable[float], write: Callable[[float], str]) -> Axis:
    """The horizontal axis of a chart."""
    return Axis(low, high, _LEFT, _RIGHT, tuple(ticks), write)


def upright(ticks: tuple[float, ...], write: Callable[[float], str]) -> Axis:
    """The vertical axis of a chart, from its first tick to its last."""
    return Axis(ticks[0], ticks[-1], _BOTTOM, _TOP, ticks, write)


def round_ticks(low: float, high: float, count: int = 5) -> tuple[float, ...]:
    """About `count` round values (steps of 1, 2 or 5 times a power of ten) whose ends enclose `low`..`high`."""
    step = _round_step((high - low) / count)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(number * step for number in range(first, max(last, first + 1) + 1))


def draw_chart(name: str, x: Axis, y: Axis, content: str, x_title: str) -> str:
    """An SVG: the grid, what the axes say, and `content` upon them."""
    rows = "".join(
        f'<line class="grid" x1="{_LEFT}" x2="{_RIGHT}" y1="{y.place(tick):.1f}" y2="{y.place(tick):.1f}"/>'
        f'<text class="end" x="{_LEFT - 7}" y="{y.place(tick) + 4:.1f}">{y.write(tick)}</text>'
        for tick in y.ticks
    )
    columns = "".join(
        f'<text class="middle" x="{x.place(tick):.1f}" y="{_BOTTOM + 17}">{x.write(tick)}</text>' for tick in x.ticks
    )
    title = f'<text class="middle" x="{(_LEFT + _RIGHT) / 2}" y="{_HEIGHT - 4}">{x_title}</text>'
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{name}">{rows}{columns}{title}{content}</svg>'


def draw_rule(x: Axis, value: float, kind: str) -> str:
    """A line from top to bottom at `value`."""
    place = f"{x.place(value):.1f}"
    return f'<line class="{kind}" x1="{place}" x2="{place}" y1="{_TOP}" y2="{_BOTTOM}"/>'


def _round_step(step: float) -> float:
    """The smallest of 1, 2, 5, 10 times a power of ten that is no smaller; 1 where there is no extent."""
    if not step > 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9))
