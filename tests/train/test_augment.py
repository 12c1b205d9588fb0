"""What a network is shown instead of a picture while it learns."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from train.augment import RandomMix, RandomTones, build_augmentation

SIDE = 40


def _augment(pictures: np.ndarray, *, training: bool, kind: str = "light") -> np.ndarray:
    """What `kind` makes of them (float32, as they are)."""
    keras.utils.set_random_seed(0)
    given = keras.Input(pictures.shape[1:])
    targets = keras.Input((2,))
    # Keras 3.12 takes no input for an output, nor one that is not used.
    taken = [keras.layers.Identity()(value) for value in (given, targets)]
    model = keras.Model([given, targets], build_augmentation(kind, pictures.shape[-1])(*taken))
    none = np.zeros((len(pictures), 2), np.float32)
    return np.asarray(keras.ops.convert_to_numpy(model([pictures, none], training=training)[0]))


def _dark_left(count: int, channels: int) -> np.ndarray:
    pictures = np.full((count, SIDE, SIDE, channels), 200, np.float32)
    pictures[:, :, : SIDE // 2] = 50
    return pictures


@pytest.mark.parametrize("kind", ["none", "light", "strong"])
def test_nothing_changes_when_the_network_does_not_learn(kind: str) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (4, SIDE, SIDE, 3)).astype(np.float32)
    assert np.array_equal(_augment(pictures, training=False, kind=kind), pictures)


def test_each_picture_gets_a_view_of_its_own() -> None:
    pictures = np.repeat(np.random.default_rng(0).integers(0, 256, (1, SIDE, SIDE, 1)), 8, axis=0).astype(np.float32)
    views = _augment(pictures, training=True)
    assert len({view.tobytes() for view in views}) == 8


def test_half_of_the_colour_pictures_are_mirrored_and_no_gray_one_is() -> None:
    for channels, low, high in ((1, 0, 0), (3, 40, 88)):  # of 128: binomial, beyond four standard deviations
        views = _augment(_dark_left(128, channels), training=True)
        left, right = (view.mean(axis=(1, 2, 3)) for view in np.array_split(views, 2, axis=2))
        assert low <= (left > right).sum() <= high


def test_what_is_in_the_middle_stays_near_it() -> None:
    """Shifts are of at most 8 % of the side; a turn or a zoom leaves the middle where it is."""
    pictures = np.zeros((64, SIDE, SIDE, 1), np.float32)
    pictures[:, 19:21, 19:21] = 255
    views = _augment(pictures, training=True)[..., 0]
    places = np.arange(SIDE)
    total = views.sum(axis=(1, 2))
    for middle in ((views.sum(axis=2) @ places) / total, (views.sum(axis=1) @ places) / total):
        away = np.abs(middle - (SIDE - 1) / 2)
        assert away.max() <= 0.08 * SIDE / 0.9 + 0.5  # zoomed by at most 1 / 0.9; half a pixel of resampling
        assert away.max() > 0.04 * SIDE


def test_gray_pictures_take_strong_augmentation() -> None:
    pictures = np.repeat(np.random.default_rng(0).integers(0, 256, (1, SIDE, SIDE, 1)), 8, axis=0).astype(np.float32)
    assert len({view.tobytes() for view in _augment(pictures, training=True, kind="strong")}) == 8


def test_each_picture_gets_tones_of_its_own_and_none_becomes_a_negative() -> None:
    """Light stays light: over one picture and its changed self, brightness goes the same way."""
    keras.utils.set_random_seed(0)
    ramp = np.linspace(20, 220, SIDE, dtype=np.float32)
    picture = ramp[None, :, None] * np.array([1.0, 0.8, 0.6], np.float32) * np.ones((SIDE, 1, 1), np.float32)
    toned = np.asarray(keras.ops.convert_to_numpy(RandomTones()(np.stack([picture] * 256), training=True)))
    assert len({one.tobytes() for one in toned}) > 128
    assert any(np.array_equal(one, picture) for one in toned)
    brightness = toned.mean(axis=(1, 3))
    assert min(np.corrcoef(one, ramp)[0, 1] for one in brightness) > 0.9
    assert toned.min() >= 0
    assert toned.max() <= 255


def test_targets_are_mixed_as_far_as_the_pictures() -> None:
    """Of white pictures of one class and black ones of the other, what is white tells how much of each is in there."""
    keras.utils.set_random_seed(0)
    mix, kinds = RandomMix(), set()
    targets = np.eye(2, dtype=np.float32)[np.arange(32) % 2]
    pictures = np.ones((32, SIDE, SIDE, 3), np.float32) * 255 * targets[:, 1, None, None, None]
    for _ in range(8):
        mixed, wanted = (np.asarray(keras.ops.convert_to_numpy(part)) for part in mix(pictures, targets, training=True))
        assert np.allclose(wanted.sum(axis=1), 1, atol=1e-5)
        assert np.abs(mixed.mean(axis=(1, 2, 3)) / 255 - wanted[:, 1]).max() < 2.5 / SIDE  # whole pixels
        kinds.add("cut" if set(np.unique(mixed)) == {0, 255} else "faded")
        assert np.abs(wanted - targets).max() > 0.05
    assert kinds == {"cut", "faded"}
