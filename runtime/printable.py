"""Text from files, networks and strangers, made fit to be shown."""

from __future__ import annotations

import re

# What stands before the host: up to the last @ of the authority. A password that itself holds a `/` is told from a
# port by what follows the colon.
_USER = re.compile(r"(?<=://)(?:[^/?#\s]*|[^/?#@\s\[]*:(?!\d*(?:[/?#]|$))\S*)@")
_SECRET = re.compile(r"(?i)\b(pass|passwd|password|passphrase|pwd|secret|token|auth|api_?key)=[^&;\s]*")


def printable(text: str) -> str:
    """Without control characters (and invisible ones that turn text round), which a terminal or log would obey."""
    return "".join(character if character.isprintable() else "?" for character in text)


def without_credentials(address: str) -> str:
    """An address without the user name, the password and the tokens that it may hold."""
    return _SECRET.sub(r"\1=***", _USER.sub("", address))
