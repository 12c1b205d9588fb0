"""Which models no other one beats."""

from __future__ import annotations

from collections.abc import Sequence


def find_frontier(points: Sequence[tuple[float, float]]) -> list[int]:
    """Of points (cost, gain) the numbers of those that no other beats, cheapest first.

    One point beats another that costs no less and gains no more, unless both are equal.
    """
    frontier: list[int] = []
    for number in sorted(range(len(points)), key=lambda number: (points[number][0], -points[number][1])):
        if not frontier or points[number][1] > points[frontier[-1]][1] or points[number] == points[frontier[-1]]:
            frontier.append(number)
    return frontier
