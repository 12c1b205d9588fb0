"""A diagnosis for people: the table, the plot, and what to try."""

from __future__ import annotations

import math
from pathlib import Path

from convert.diagnose import Diagnosis, StepError
from convert.formats import Format
from convert.recipes import RECIPES, Recipe

# A layer that loses less than a hundredth of its signal's power (20 dB) seldom changes an answer.
_NOTABLE = 0.01
# Of a plot: with more steps than this those that lose little are not all named, and it gets no wider.
_MOST_NAMES = 60
_INCHES_A_NAME = 0.25


def format_errors(found: Diagnosis) -> str:
    """A line for each step, the one where the most is lost first."""
    rows = [("layer", "operator", "SQNR", "lost here")]
    rows += [
        (error.step.name, error.step.operator, f"{error.sqnr:.1f} dB", f"{error.added:.2%}")
        for error in found.worst_first()
    ]
    wide, wider = (max(len(row[column]) for row in rows) for column in (0, 1))
    return "\n".join(f"{row[0]:<{wide}}  {row[1]:<{wider}}  {row[2]:>8}  {row[3]:>9}" for row in rows)


def advise(found: Diagnosis, form: Format, recipe: Recipe) -> str:
    """What to try, in a line: only what is to be had of a file of this format and recipe."""
    if recipe.is_lossless:
        return "nothing: the file is float32, as the original is"
    notable = [error.step.layers[0] for error in found.worst_first() if error.added >= _NOTABLE and error.step.layers]
    ways = _ways_to_round(form, recipe) if recipe.is_integer else []
    if notable and recipe.activations == "int8":
        around = ",".join(layer for layer in found.suspects() if layer in _touching(found, notable[0]))
        ways = ["--auto", f"--keep-float {around} for what touches {notable[0]}", *ways]
    if not notable:
        return f"no layer stands out: {' or '.join([*ways, '--recipe float32'])}"
    return "; or ".join([*ways, "--recipe float32"])


def _ways_to_round(form: Format, recipe: Recipe) -> list[str]:
    """Other ways to make the same integers, and finer ones."""
    ways = ["more --calibration-images"]
    ways += [f"--calibration {ranges}" for ranges in form.ranges if ranges == "percentile"]
    finer = RECIPES["int16x8"]
    if recipe.activations != finer.activations and form.name in finer.formats:
        ways.append(f"--recipe {finer.name}")
    return ways


def _touching(found: Diagnosis, layer: str) -> set[str]:
    """The layer and those that take what it gives."""
    places = {place for place, error in enumerate(found.errors) if layer in error.step.layers}
    readers = [error.step for error in found.errors if places.intersection(error.step.reads)]
    return {layer, *(name for step in readers for name in step.layers[:1])}


def draw_plot(found: Diagnosis, title: str, path: Path) -> None:
    """Signal to noise along the network as a PNG; where it drops, something is lost."""
    from matplotlib.figure import Figure

    errors = found.errors
    width = _INCHES_A_NAME * min(len(errors), _MOST_NAMES) + 2
    figure = Figure(figsize=(max(6.0, width), 4.5), layout="constrained")
    axes = figure.subplots()
    places = range(len(errors))
    axes.plot(places, [error.sqnr for error in errors], marker=".", color="tab:blue")
    worst = max(places, key=lambda place: errors[place].added)
    axes.plot([worst], [errors[worst].sqnr], marker="o", markersize=9, color="tab:red")
    to_the_right = worst < len(errors) / 2
    axes.annotate(
        _caption(errors[worst]),
        (worst, errors[worst].sqnr),
        (9 if to_the_right else -9, 0),
        textcoords="offset points",
        color="tab:red",
        va="center",
        ha="left" if to_the_right else "right",
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5},
    )
    named = _choose_named(found)
    axes.set_xticks(named, [errors[place].step.name for place in named], rotation=90, fontsize=8)
    axes.set_ylabel("signal to quantization noise (dB)")
    axes.set_title(title)
    axes.grid(axis="y", alpha=0.3)
    figure.savefig(path, format="png", dpi=120)


def _choose_named(found: Diagnosis) -> list[int]:
    """The places of the steps that a plot has room to name, those where the most is lost before others."""
    places = range(len(found.errors))
    apart = math.ceil(len(places) / _MOST_NAMES)
    named: list[int] = []
    for place in sorted(places, key=lambda place: -found.errors[place].added):
        if all(abs(place - other) >= apart for other in named):
            named.append(place)
    return sorted(named)


def _caption(error: StepError) -> str:
    return f"{error.step.name} loses {error.added:.0%}"
