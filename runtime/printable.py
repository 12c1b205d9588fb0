"""Text from files, networks and strangers, made fit to be shown."""

from __future__ import annotations

import re
from unicodedata import category, east_asian_width

# What stands before the host: up to the last @ of the authority. A password that itself holds a `/` is told from a
# port by what follows the colon. For a text that ends with an @, so that the second way never looks in vain.
_USER = re.compile(r"(?<=://)(?:[^/?#\s]*|[^/?#@\s\[:]*:(?!\d*(?:[/?#]|$)).*)@", re.DOTALL)
# What follows `password=`, `authToken=`, `X-Amz-Signature=`: any name that holds one of these words. Recorders that
# write user=NAME_password=WORD_channel=1 end it with a `_`. That a `=` ends the name is looked up first, so that the
# time stays in proportion to the length.
_NAME = r"[^=&;?/#\s]"
_SECRET = re.compile(
    rf"(?i)(?<!{_NAME})(?={_NAME}+=)({_NAME}*(?:pas|psw|pw|secret|token|jwt|auth|key|sig|cred){_NAME}*)="
    r"[^&;\s]*?(?=_(?:channel|stream)=|[&;\s]|$)"
)

# Zero-width, but part of how Persian, Indic languages and emoji are spelt.
_JOINERS = "\u200c\u200d"


def printable(text: str) -> str:
    """Without control characters (and invisible ones that turn text round), which a terminal or log would obey."""
    if is_printable(text):
        return text
    return "".join(character if is_printable(character) else "?" for character in text)


def is_printable(text: str) -> bool:
    """Whether `printable` leaves it as it is. Spaces of any width are, and what joins letters, unlike for Python's."""
    return text.isprintable() or all(
        letter.isprintable() or letter in _JOINERS or category(letter) == "Zs" for letter in text
    )


def columns_of(text: str) -> int:
    """How many columns of a terminal it takes: a Chinese, Japanese or Korean letter takes two."""
    return sum(1 + (east_asian_width(letter) in "WF") for letter in text)


def fill_columns(text: str, columns: int) -> str:
    """With spaces behind it, so that it takes as many."""
    return text + " " * (columns - columns_of(text))


def cut_columns(text: str, columns: int) -> str:
    """The beginning of it that takes no more."""
    for end, letter in enumerate(text):
        columns -= columns_of(letter)
        if columns < 0:
            return text[:end]
    return text


def without_credentials(address: str) -> str:
    """An address without the user name, the password and the tokens that it may hold."""
    before, at, behind = address.rpartition("@")
    return _SECRET.sub(r"\1=***", _USER.sub("", before + at) + behind)
