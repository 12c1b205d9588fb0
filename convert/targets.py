"""Which files to make, from what the user gave: --to, --recipe, --out, --calibration, --batch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from convert.float_layers import FloatLayers
from convert.formats import FORMATS, Format
from convert.order import Target
from convert.recipes import RECIPES, Recipe
from runtime.errors import UsageError

ALL = "all"
OPEN_BATCH = "dynamic"


def choose_targets(
    model: Path,
    to: str | None,
    recipes: str,
    out: Path | None,
    *,
    ranges: str = "minmax",
    batch: str | None = None,
) -> tuple[Target, ...]:
    """A target for each recipe of each format. Raises UsageError where what was given contradicts itself.

    to, recipes: names between commas; `all` are the recipes that a format has. out: a file for a single
    target, else a folder. ranges: one of recipes.RANGES. batch: `1` or OPEN_BATCH, None for what is usual.
    """
    pairs = [(form, recipe) for form in choose_formats(to, out) for recipe in choose_recipes(recipes, form)]
    single = _single_file(out, [form for form, _ in pairs])
    folder = model.parent if out is None else out
    return tuple(
        Target(
            path=single or folder / f"{model.stem}_{recipe.name}{form.suffix}",
            form=form,
            recipe=_measure_by(ranges, recipe, form),
            batch=_choose_batch(batch, form),
        )
        for form, recipe in pairs
    )


def _single_file(out: Path | None, forms: list[Format]) -> Path | None:
    """`--out` where it names the one file to make, None where it is a folder. Raises UsageError for neither."""
    if out is None or out.is_dir() or not (out.suffix or out.exists()):
        return None
    if len(forms) == 1:
        if out.suffix != forms[0].suffix:
            raise UsageError(
                f"--out {out} contradicts --to; expected a name that ends in {forms[0].suffix}, or a folder"
            )
        return out
    if out.is_file() or out.suffix.removeprefix(".") in FORMATS:
        raise UsageError(f"--out {out} is one file, but --to and --recipe ask for {len(forms)}; expected a folder")
    return None


def keep_float(targets: tuple[Target, ...], chosen: FloatLayers) -> tuple[Target, ...]:
    """The targets, with the layers chosen for float32 in those that are int8. Raises UsageError where none is."""
    if not chosen.is_none and not any(target.recipe.activations == "int8" for target in targets):
        raise UsageError("--keep-float and --auto are for int8 activations; choose --recipe int8, or leave them out")
    return tuple(
        replace(target, float_layers=chosen) if target.recipe.activations == "int8" else target for target in targets
    )


def choose_formats(names: str | None, out: Path | None) -> tuple[Format, ...]:
    """The formats named by `--to`, or else by the suffix of `--out`. Raises UsageError for others."""
    by_suffix = "" if out is None or out.is_dir() else out.suffix.removeprefix(".")
    if names is None and by_suffix not in FORMATS:
        raise UsageError(f"--to is missing; expected one of {', '.join(FORMATS)}, or an --out that ends so")
    return tuple(FORMATS[name] for name in _split(names or by_suffix, "--to", tuple(FORMATS)))


def choose_recipes(names: str, form: Format) -> tuple[Recipe, ...]:
    """The recipes named by `--recipe`. Raises UsageError where the format lacks one."""
    had = {name: recipe for name, recipe in RECIPES.items() if form.name in recipe.formats}
    if names == ALL:
        return tuple(had.values())
    chosen = _split(names, "--recipe", (*RECIPES, ALL))
    for name in chosen:
        if name not in had:
            raise UsageError(
                f"--recipe {name} is not to be had as {form.name}, which has {', '.join(had)}; "
                "choose another recipe or format"
            )
    return tuple(had[name] for name in chosen)


def _split(names: str, option: str, known: tuple[str, ...]) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(name.strip() for name in names.split(",")))
    unknown = [name for name in chosen if name not in known]
    if unknown:
        raise UsageError(f"{option} {names}: {unknown[0]!r} is not among {', '.join(known)}")
    return chosen


def _measure_by(ranges: str, recipe: Recipe, form: Format) -> Recipe:
    if not recipe.needs_calibration:
        return recipe
    if ranges not in form.ranges:
        raise UsageError(f"--calibration {ranges} is not to be had as {form.name}, only {', '.join(form.ranges)}")
    return replace(recipe, ranges=ranges)


def _choose_batch(batch: str | None, form: Format) -> int | None:
    if batch == OPEN_BATCH and not form.has_open_batch:
        raise UsageError(f"--batch {batch} is not to be had as {form.name}, whose files take one picture at a time")
    return None if form.has_open_batch and batch != "1" else 1
