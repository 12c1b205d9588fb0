"""Picture files: one, a folder of them, those that a pattern matches, or a list of names that comes line by line."""

from __future__ import annotations

import glob
import os
import sys
import time
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Callable, Optional

from runtime.card import ModelCard
from runtime.errors import PictureError, SourceError, UsageError
from runtime.folders import list_files, natural_order, what_is_at
from runtime.frame import Frame
from runtime.image import least_size
from runtime.picture import PICTURE_SUFFIXES, decode_reduced, open_header
from runtime.sources.fitting import fit_view
from runtime.sources.request import STANDARD_INPUT, OnError, SourceRequest
from runtime.sources.view import View

if TYPE_CHECKING:
    from runtime.sources.jpeg import JpegFitter

_AS_IT_IS = View()
_JPEG_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif")
# Of so many 720p ones, PyAV saves as much time as importing it takes: 95 ms.
_MANY_JPEGS = 16
# Bytes; Linux takes no path of more than 4,096. Without an end to a line one that has none would fill the memory.
_LONGEST_NAME = 10_000
_SUFFIXES = ", ".join(PICTURE_SUFFIXES)


def open_pictures(request: SourceRequest) -> PictureSource:
    """A picture, the pictures of a folder, those that a pattern matches, or those that standard input names (`-`)."""
    request.refuse_camera_mode()
    request.refuse_waiting()
    request.refuse_pace()
    path = Path(request.spec)
    list_paths: Callable[[], Iterable[Path]]
    if request.spec == STANDARD_INPUT:
        if sys.stdin is None:
            raise SourceError("standard input is closed; send the names of pictures, one a line")
        list_paths = lambda: read_names(open(0, "rb", closefd=False))  # noqa: E731, SIM115
    elif (found := what_is_at(path, SourceError)) == "folder":
        list_paths = partial(list_pictures, path, request.on_error)
    elif found != "nothing":
        list_paths = lambda: [path]  # noqa: E731
    else:
        list_paths = partial(match_pictures, request.spec)
    return PictureSource(request.spec, list_paths, request.card, request.options.view, request.on_error)


class PictureSource:
    """Each picture of a list of files; see Source.

    Args:
        name: of the whole, for messages.
        list_paths: gives the files, once for each time that the source is entered; raises SourceError for none.
        card: whose input and fit the pictures are made for.
        view: how they are looked at.
        on_error: told of each picture that cannot be read; without it the first one raises.
    """

    is_video = is_live = False

    def __init__(
        self,
        name: str,
        list_paths: Callable[[], Iterable[Path]],
        card: ModelCard,
        view: View = _AS_IT_IS,
        on_error: Optional[OnError] = None,
    ) -> None:
        self.name = name
        self.paths: Iterable[Path] = ()
        self._list_paths = list_paths
        self._card = card
        self._view = view
        self._on_error = on_error

    def __enter__(self) -> PictureSource:
        self.paths = self._list_paths()
        return self

    def __exit__(self, *exception: object) -> None:
        self.paths = ()

    def refit(self, card: ModelCard) -> None:
        self._card = card

    @property
    def is_single(self) -> bool:
        """It is one picture, for which nothing need be set up."""
        return isinstance(self.paths, list) and len(self.paths) == 1

    def __iter__(self) -> Iterator[Frame]:
        jpegs = make_jpeg_fitter([self])
        for index, path in enumerate(self.paths):
            try:
                yield self.read(index, path, jpegs)
            except PictureError as error:
                if self._on_error is None:
                    raise
                self._on_error(error)

    def read(self, index: int, path: Path, jpegs: JpegFitter | None = None) -> Frame:
        """One of the source's `paths` as a frame; any thread may. Raises PictureError.

        jpegs: what may be quicker than Pillow.
        """
        started = time.monotonic()
        size, fit, view = self._card.input, self._card.fit, self._view
        # What a crop leaves may be small: then every pixel is wanted, and the crop counts in those of the whole file.
        least = None if view.crop else least_size(size, fit)
        try:
            with open_header(path) as header:
                image = jpegs.fit(header, size, fit, view, least) if jpegs else None
                if image is None:
                    image = fit_view(decode_reduced(header, least), size, fit, view)
        except UsageError as error:
            raise PictureError(f"{path}: {error}") from None
        return Frame(image, started, index, str(path), is_fitted=True, prepare=time.monotonic() - started)


def make_jpeg_fitter(sources: Iterable[PictureSource]) -> JpegFitter | None:
    """What is quicker than Pillow for the JPEGs among the pictures of sources that are entered, where there are so
    many that it pays to import PyAV, or nobody knows how many; None otherwise, and where there is no PyAV."""
    paths = chain.from_iterable(source.paths for source in sources if isinstance(source.paths, list))
    jpegs = (path for path in paths if path.suffix.lower() in _JPEG_SUFFIXES)
    is_endless = not all(isinstance(source.paths, list) for source in sources)
    if not is_endless and len(list(islice(jpegs, _MANY_JPEGS))) < _MANY_JPEGS:
        return None
    try:
        from runtime.sources.jpeg import JpegFitter
    except ImportError:
        return None
    return JpegFitter()


def list_pictures(folder: Path, on_error: Optional[OnError]) -> list[Path]:
    """The picture files in a folder and below it, in natural order; hidden ones are left out.

    on_error: told of each folder below it that cannot be listed. Raises SourceError where there are no pictures, and
    where a folder cannot be listed that nobody else is told of.
    """

    def tell(error: OSError) -> None:
        told = f"{error.filename}: {error.strerror}; this folder cannot be listed by this user"
        if on_error is None or Path(error.filename) == folder:
            raise SourceError(told)
        on_error(PictureError(told))

    found = [folder / name for name in list_files(folder, tell) if name.lower().endswith(PICTURE_SUFFIXES)]
    if not found:
        raise SourceError(f"{folder}: no pictures in this folder (looked for {_SUFFIXES})")
    return found


def match_pictures(pattern: str) -> list[Path]:
    """The picture files that a pattern matches (`**`: folders below, too), in natural order.

    Raises SourceError where there are none.
    """
    # pathlib's takes no pattern that begins at the root.
    matched = sorted(glob.glob(pattern, recursive=True), key=natural_order)  # noqa: PTH207
    found = [Path(name) for name in matched if name.lower().endswith(PICTURE_SUFFIXES)]
    if not found:
        raise SourceError(f"{pattern}: matches no pictures (looked for {_SUFFIXES}; name videos one by one)")
    return found


def read_names(stream: BinaryIO) -> Iterator[Path]:
    """The files of a list, one name a line and empty lines left out, as the lines come.

    Raises SourceError for what is no list: a picture's own bytes, or names as `find -print0` divides them.
    """
    while line := stream.readline(_LONGEST_NAME):
        if b"\0" in line:
            raise SourceError(
                "standard input has zero bytes: expected the names of pictures, one a line (find -print, not -print0); "
                "save a picture that comes in a pipe and name it; of frames tell --raw WxH:FORMAT"
            )
        if name := line.rstrip(b"\r\n"):
            yield Path(os.fsdecode(name))
