"""Damage for a file: what a disk, a network or an attacker does to its bytes, the same for the same random numbers."""

from __future__ import annotations

import json
from copy import deepcopy
from random import Random
from typing import Any

# Numbers at the edges of what fields hold: lengths, sizes, offsets.
_EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_MOST_BLOCK = 64
_MOST_STEPS = 4
# What no field of a card expects.
_VALUES = (
    *(None, True, -1, 0, 1e308, float("nan"), float("inf"), 10**400, "", [], {}, [[]], {"a": {}}),
    *("x" * 100_000, "\x1b[31m", "a\nb", "\u202egnp", "\ud800", "../../etc/passwd", "%s%n", "crop", "1"),
)


def mutate(content: bytes, other: bytes, random: Random) -> bytes:
    """A file with one to four damages; `other` is one of which a part may come into it."""
    damaged = bytearray(content)
    for _ in range(random.randint(1, _MOST_STEPS)):
        random.choice(_DAMAGES)(damaged, other, random)
    return bytes(damaged)


def mutate_json(content: bytes, other: bytes, random: Random) -> bytes:
    """A JSON document with one to four of its values, or names of fields, replaced by others."""
    document = json.loads(content)
    for _ in range(random.randint(1, _MOST_STEPS)):
        _replace(document, random)
    return json.dumps(document).encode()


def _replace(node: Any, random: Random) -> None:
    keys = list(node) if isinstance(node, dict) else list(range(len(node)))
    if not keys:
        return
    key = random.choice(keys)
    if isinstance(node[key], (dict, list)) and random.random() < 0.7:
        _replace(node[key], random)
    elif isinstance(node, dict) and random.random() < 0.1:
        node[random.choice(("", "surprise", "self", "\x1b[2J", key))] = node.pop(key)
    else:
        node[key] = deepcopy(random.choice(_VALUES))


def _flip_bit(damaged: bytearray, other: bytes, random: Random) -> None:
    if damaged:
        damaged[random.randrange(len(damaged))] ^= 1 << random.randrange(8)


def _write_edge(damaged: bytearray, other: bytes, random: Random) -> None:
    width = random.choice((1, 2, 4))
    number = random.choice(_EDGES) % 256**width
    start = random.randrange(len(damaged) + 1)
    damaged[start : start + width] = number.to_bytes(width, random.choice(("little", "big")))


def _cut_off(damaged: bytearray, other: bytes, random: Random) -> None:
    del damaged[random.randrange(len(damaged) + 1) :]


def _take_out(damaged: bytearray, other: bytes, random: Random) -> None:
    start = random.randrange(len(damaged) + 1)
    del damaged[start : start + random.randint(1, _MOST_BLOCK)]


def _put_in(damaged: bytearray, other: bytes, random: Random) -> None:
    """A part of another file, or of the same one, between what is there or over it."""
    giver = random.choice((other, bytes(damaged)))
    start, end = random.randrange(len(giver) + 1), random.randrange(len(damaged) + 1)
    block = giver[start : start + random.randint(1, _MOST_BLOCK)]
    damaged[end : end + random.choice((0, len(block)))] = block


def _follow_with(damaged: bytearray, other: bytes, random: Random) -> None:
    """A file that is two at once."""
    damaged += other


_DAMAGES = (_flip_bit, _flip_bit, _write_edge, _write_edge, _cut_off, _take_out, _put_in, _follow_with)
