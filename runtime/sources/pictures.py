"""Picture files, one or a folder of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from runtime.card import ModelCard
from runtime.errors import PictureError, SourceError
from runtime.folders import list_files
from runtime.frame import Frame
from runtime.image import fit_image, least_size
from runtime.picture import PICTURE_SUFFIXES, open_picture


class PictureSource:
    """Each picture of a folder and the folders in it, in natural order (photo2 before photo10); see Source."""

    is_video = False

    def __init__(self, path: Path, card: ModelCard, on_error: Callable[[PictureError], None] | None = None) -> None:
        self.name = str(path)
        self._path = path
        self._card = card
        self._on_error = on_error
        self._files: list[Path] = []

    def __enter__(self) -> PictureSource:
        self._files = list_pictures(self._path) if self._path.is_dir() else [self._path]
        if not self._files:
            raise SourceError(f"{self.name}: no pictures in this folder (looked for {', '.join(PICTURE_SUFFIXES)})")
        return self

    def __exit__(self, *exception: object) -> None:
        self._files = []

    def __iter__(self) -> Iterator[Frame]:
        least = least_size(self._card.input, self._card.fit)
        for index, path in enumerate(self._files):
            started = time.monotonic()
            try:
                picture = open_picture(path, least)
            except PictureError as error:
                if self._on_error is None:
                    raise
                self._on_error(error)
                continue
            image = fit_image(picture, self._card.input, self._card.fit)
            yield Frame(image, started, index, str(path), is_fitted=True, prepare=time.monotonic() - started)


def list_pictures(folder: Path) -> list[Path]:
    """The picture files in a folder and below it, in natural order; hidden ones are left out."""
    return [folder / name for name in list_files(folder) if name.lower().endswith(PICTURE_SUFFIXES)]
