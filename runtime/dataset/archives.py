"""Picture files that lie in a tar or a zip."""

from __future__ import annotations

import io
import posixpath
import tarfile
import zipfile
from pathlib import Path

from runtime.dataset.pictures import PictureTree, is_wanted, make_tree
from runtime.errors import DataError, PictureError
from runtime.folders import natural_order

_IS_ENCRYPTED, _NAME_IS_UTF8 = 0x1, 0x800  # of a zip entry's flags


def open_tar(path: Path) -> PictureTree:
    """Files of a plain tar are read from where they lie; a compressed one is kept in memory, still encoded."""
    try:
        with tarfile.open(path) as archive:
            members = {_name_inside(member.name, path): member for member in archive}
            wanted = {name: member for name, member in members.items() if member.isfile() and is_wanted(name)}
            plain = isinstance(archive.fileobj, io.BufferedReader)
            held = {} if plain else {name: _extract(archive, wanted[name]) for name in wanted}
    except (OSError, tarfile.TarError, EOFError) as error:
        raise DataError(f"{path}: cannot be read as a tar ({error}); copy it again") from None

    def fetch(name: str) -> bytes:
        if name in held:
            return held[name]
        with path.open("rb") as file:
            file.seek(wanted[name].offset_data)
            return file.read(wanted[name].size)

    return make_tree(path, sorted(wanted, key=natural_order), fetch)


def open_zip(path: Path) -> PictureTree:
    """Files are read from where they lie. The zip stays open: its list of names, of thousands, is not read for each."""
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise DataError(f"{path}: cannot be read as a zip ({error}); copy it again") from None
    entries = {_name_inside(_decoded_name(entry, path), path): entry for entry in archive.infolist()}
    wanted = {name: entry for name, entry in entries.items() if not entry.filename.endswith("/") and is_wanted(name)}
    if any(entry.flag_bits & _IS_ENCRYPTED for entry in wanted.values()):
        raise DataError(f"{path}: needs a password; unpack it, and name the folder")

    def fetch(name: str) -> bytes:
        try:
            return archive.read(wanted[name])
        except Exception as error:  # each of the four kinds of compression has its own
            raise PictureError(f"{path}/{name}: cannot be unpacked ({error})") from None

    return make_tree(path, sorted(wanted, key=natural_order), fetch)


def _decoded_name(entry: zipfile.ZipInfo, path: Path) -> str:
    """What does not say that it is UTF-8 is so from a Mac, and in the encoding of its own country from Windows."""
    if entry.flag_bits & _NAME_IS_UTF8 or entry.filename.isascii():
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("utf-8")  # zipfile took it for cp437
    except UnicodeError:
        raise DataError(
            f"{path}: does not say in what encoding its names are ({entry.filename}); unpack it, and name the folder"
        ) from None


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    assert file is not None
    return file.read()


def _name_inside(name: str, path: Path) -> str:
    """An archive's name of a file, below its root. Raises DataError where it lies outside."""
    if name.startswith("/") or ".." in name.split("/"):
        raise DataError(f"{path}: holds {name!r}, which lies outside of it; pack the folder of the classes anew")
    return posixpath.normpath(name)
