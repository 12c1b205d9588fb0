"""Letters that matplotlib's own font lacks, such as those of Korean or Japanese file names."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def fonts_for(text: str) -> Iterator[None]:
    """Within it figures have, for what their font lacks of `text`, the font of this machine that has most of it.

    Where none has it, boxes stand in the PNGs; the page's letters are the browser's.
    """
    from matplotlib import rc_context, rcParams
    from matplotlib.font_manager import FontProperties, findfont

    lacking = {ord(letter) for letter in text} - _letters(findfont(FontProperties()))
    other = _family_with_most(lacking) if lacking else None
    families = [*rcParams["font.family"], *([other] if other else [])]
    with rc_context({"font.family": families}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        yield


def _family_with_most(lacking: set[int]) -> str | None:
    """Looked for on the disk: matplotlib's own list of fonts is as old as its first start."""
    from matplotlib.font_manager import findSystemFonts, fontManager, get_font

    had = {path: len(lacking & _letters(path)) for path in sorted(findSystemFonts())}
    best = max(had, key=lambda path: (had[path], "regular" in path.lower()), default=None)
    if best is None or not had[best]:
        return None
    fontManager.addfont(best)
    return get_font(best).family_name


def _letters(path: str) -> set[int]:
    """The characters' numbers; none of what is no outline font, as coloured ones."""
    from matplotlib.font_manager import get_font

    try:
        return set(get_font(path).get_charmap())
    except (OSError, RuntimeError):
        return set()
