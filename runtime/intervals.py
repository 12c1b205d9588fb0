"""How far a share that was counted on some pictures can be trusted."""

from __future__ import annotations

import math

# The standard normal's quantile at 0.975: two-sided 95 %.
_Z_95 = 1.959963984540054


def wilson_interval(correct: int, total: int) -> tuple[float, float]:
    """The 95 % interval (0..1) of a share of which `correct` of `total` were seen.

    Wilson's score interval (JASA 22, 1927, p. 209): unlike the normal approximation it stays within 0..1 and
    is honest near both ends and for few pictures. Raises ValueError unless 0 <= correct <= total and total > 0.
    """
    if not 0 <= correct <= total or total == 0:
        raise ValueError(f"{correct} correct of {total}; expected 0 <= correct <= total, and a total above 0")
    share, z_squared = correct / total, _Z_95**2
    centre = share + z_squared / (2 * total)
    reach = _Z_95 * math.sqrt(share * (1 - share) / total + z_squared / (4 * total**2))
    scale = 1 + z_squared / total
    # At the very ends rounding would leave 1e-17 where the formula gives 0 and 1.
    low = 0.0 if correct == 0 else (centre - reach) / scale
    high = 1.0 if correct == total else (centre + reach) / scale
    return low, high
