"""A diagnosis for people: the table, the plot, and what to try."""

from __future__ import annotations

from pathlib import Path

from convert.diagnose import Diagnosis, StepError

# A layer that loses less than a hundredth of its signal's power (20 dB) seldom changes an answer.
_NOTABLE = 0.01


def format_errors(found: Diagnosis) -> str:
    """A line for each step, the one where the most is lost first."""
    rows = [("layer", "operator", "SQNR", "lost here")]
    rows += [
        (error.step.name, error.step.operator, f"{error.sqnr:.1f} dB", f"{error.added:.2%}")
        for error in found.worst_first()
    ]
    wide, wider = (max(len(row[column]) for row in rows) for column in (0, 1))
    return "\n".join(f"{row[0]:<{wide}}  {row[1]:<{wider}}  {row[2]:>8}  {row[3]:>9}" for row in rows)


def advise(found: Diagnosis) -> str:
    """What to try, in a line."""
    notable = [error.step.layers[0] for error in found.worst_first() if error.added >= _NOTABLE and error.step.layers]
    if not notable:
        return "no layer stands out: more --calibration-images, or --recipe int16x8 (tflite)"
    around = ",".join(layer for layer in found.suspects() if layer in _touching(found, notable[0]))
    return f"--auto; or --keep-float {around} for what touches {notable[0]}; or --calibration percentile"


def _touching(found: Diagnosis, layer: str) -> set[str]:
    """The layer and those that take what it gives."""
    places = {place for place, error in enumerate(found.errors) if layer in error.step.layers}
    readers = [error.step for error in found.errors if places.intersection(error.step.reads)]
    return {layer, *(name for step in readers for name in step.layers[:1])}


def draw_plot(found: Diagnosis, title: str, path: Path) -> None:
    """Signal to noise along the network as a PNG; where it drops, something is lost."""
    from matplotlib.figure import Figure

    errors = found.errors
    figure = Figure(figsize=(max(6.0, 0.25 * len(errors) + 2), 4.5), layout="constrained")
    axes = figure.subplots()
    places = range(len(errors))
    axes.plot(places, [error.sqnr for error in errors], marker="o", color="tab:blue")
    worst = max(places, key=lambda place: errors[place].added)
    axes.plot([worst], [errors[worst].sqnr], marker="o", markersize=10, color="tab:red")
    axes.annotate(_caption(errors[worst]), (worst, errors[worst].sqnr), (8, 8), textcoords="offset points", color="red")
    axes.set_xticks(places, [error.step.name for error in errors], rotation=90, fontsize=8)
    axes.set_ylabel("signal to quantization noise (dB)")
    axes.set_title(title)
    axes.grid(axis="y", alpha=0.3)
    figure.savefig(path, format="png", dpi=120)


def _caption(error: StepError) -> str:
    return f"{error.step.name} loses {error.added:.0%}"
