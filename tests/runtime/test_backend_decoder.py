"""Values of an output tensor as scores."""

from __future__ import annotations

import numpy as np
import pytest

from runtime.backends.backend import TensorInfo, make_decoder


@pytest.mark.parametrize("dtype, zero_point", [(np.uint8, 0), (np.uint8, 3), (np.int8, -128), (np.int16, 0)])
def test_every_level_is_what_scale_and_zero_point_say(dtype: type, zero_point: int) -> None:
    limits = np.iinfo(dtype)
    levels = np.arange(limits.min, limits.max + 1, dtype=dtype)
    scores = make_decoder(TensorInfo("scores", (1, len(levels)), np.dtype(dtype), 1 / 256, zero_point))(levels[None])
    assert scores.dtype == np.float32
    np.testing.assert_array_equal(scores, (levels.astype(float) - zero_point) / 256)


def test_what_is_not_quantized_stays_as_it_is() -> None:
    values = np.float32([[0.25, np.nan]])
    np.testing.assert_array_equal(make_decoder(TensorInfo("scores", (1, 2), np.dtype(np.float32)))(values), values[0])
