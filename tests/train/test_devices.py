"""Other backends, and more devices than one: virtual ones, on which the same code runs as on several GPUs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from runtime.card_file import read_card
from tests.conftest import ROOT

_TWO_OF_TENSORFLOW = """
import sys, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from train.cli import main
sys.exit(main(sys.argv[1:]))
"""
_JAX = {"KERAS_BACKEND": "jax"}
_TWO_OF_JAX = {**_JAX, "XLA_FLAGS": "--xla_force_host_platform_device_count=2"}


def _top1(
    start: list[str], data: Path, out: Path, env: dict[str, str], options: tuple[str, ...] = ("--devices", "all")
) -> float:
    given = [str(data), "--model", "mlp", "--epochs", "3", "--augment", "none", *options, "--out", str(out)]
    done = subprocess.run([*start, *given], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    card = read_card(out)
    assert card is not None and card.measured is not None
    return card.measured.top1


def test_jax_trains_the_same_network(part_of_sample: Path, offline: dict[str, str], tmp_path: Path) -> None:
    pytest.importorskip("jax")
    start = [sys.executable, "-m", "train"]
    assert _top1(start, part_of_sample, tmp_path / "jax.keras", {**offline, **_JAX}, ()) > 0.6  # by chance 0.1


def test_jax_shares_a_batch_among_two_devices(part_of_sample: Path, offline: dict[str, str], tmp_path: Path) -> None:
    pytest.importorskip("jax")
    start = [sys.executable, "-m", "train"]
    assert _top1(start, part_of_sample, tmp_path / "jax.keras", {**offline, **_TWO_OF_JAX}) > 0.6


def test_tensorflow_shares_a_batch_among_two_devices(
    part_of_sample: Path, offline: dict[str, str], tmp_path: Path
) -> None:
    start = [sys.executable, "-c", _TWO_OF_TENSORFLOW]
    assert _top1(start, part_of_sample, tmp_path / "tensorflow.keras", offline) > 0.6
