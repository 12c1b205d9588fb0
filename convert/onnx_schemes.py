"""The ways in which onnxruntime can round a network to integers, and the choice of one.

On x86 without VNNI onnxruntime adds products of 8-bit weights in 16 bits, which overflow, whether the activations are
signed or not: it computes both as unsigned. runtime.backends.onnx asks for exact products there; another program may
not. An EfficientNet-Lite0 in qemu's Haswell answers 2 of 4 photos otherwise without them, none with them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from convert.agreement import Agreement


@dataclass(frozen=True)
class Scheme:
    """signed: int8 activations (S8S8), else uint8 (U8S8). per_channel: a scale for each channel of the weights, else
    one for all. bits: of the weights.

    Products of 7-bit weights never overflow.
    """

    signed: bool
    per_channel: bool
    bits: int = 8

    def __str__(self) -> str:
        types = "S8S8" if self.signed else "U8S8"
        weights = "" if self.bits == 8 else f" with {self.bits}-bit weights"
        return f"{types}{weights}, {'per-channel' if self.per_channel else 'per-tensor'}"


# The fastest first: on x86 with VNNI an EfficientNet-Lite0 takes half as long in U8S8 as in S8S8 or float32.
SCHEMES = (
    Scheme(signed=False, per_channel=True),
    Scheme(signed=False, per_channel=True, bits=7),
    Scheme(signed=False, per_channel=False),
    Scheme(signed=False, per_channel=False, bits=7),
    Scheme(signed=True, per_channel=True),
    Scheme(signed=True, per_channel=False),
)
# Mean differences of scores, over some 200 pictures, that are further apart than this ratio are no chance.
_SAME_DIFFERENCE = 1.2


def choose_scheme(tried: Mapping[Scheme, Agreement]) -> Scheme:
    """The fastest of those that answer as well as the best one, as far as the calibration pictures can tell.

    tried: the fastest first. The best agrees on the most pictures; of equals, the one whose scores differ least.
    """
    best = max(tried.values(), key=lambda agreement: (agreement.agreeing, -agreement.mean_difference))
    # The standard error of a count of rare events is its root.
    enough = best.agreeing - math.sqrt(best.count - best.agreeing)
    return next(
        scheme
        for scheme, agreement in tried.items()
        if agreement.agreeing >= enough and agreement.mean_difference <= _SAME_DIFFERENCE * best.mean_difference
    )
