"""A training that is killed and resumed ends as one that never was."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

from runtime.errors import TrainingError
from tests.conftest import ROOT, Run
from train.checkpoint import Checkpoint, State


def _arguments(data: Path, out: Path) -> list[str]:
    # With dropout, augmentation and mixing: all that draws at random must go on where it was.
    given = ["--model", "deep_cnn", "--epochs", "4", "--augment", "strong", "--seed", "3"]
    return [str(data), *given, "--out", str(out)]


@pytest.fixture(scope="module")
def whole(
    run: Run, offline: dict[str, str], part_of_sample: Path, tmp_path_factory: pytest.TempPathFactory
) -> keras.Model:
    """Trained in one go."""
    out = tmp_path_factory.mktemp("whole") / "clothes.keras"
    done = run("train", *_arguments(part_of_sample, out), env=offline)
    assert done.returncode == 0, done.stderr
    return keras.models.load_model(out)


@pytest.fixture
def killed(offline: dict[str, str], part_of_sample: Path, tmp_path: Path) -> Path:
    """Where a training that was killed after its second epoch was to write."""
    return _kill(_arguments(part_of_sample, tmp_path / "clothes.keras"), offline)


def _kill(arguments: list[str], environment: dict[str, str]) -> Path:
    """Have a training killed after the second of its four epochs; where it was to write."""
    out = Path(arguments[-1])
    command = [sys.executable, "-m", "train", *arguments]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("epoch 2/4"):
                process.kill()
        assert process.wait() == -signal.SIGKILL
    assert not out.exists()
    return out


def test_a_killed_training_resumes_to_the_same_weights(
    run: Run, offline: dict[str, str], part_of_sample: Path, killed: Path, whole: keras.Model
) -> None:
    done = run("train", *_arguments(part_of_sample, killed), "--resume", env=offline)
    assert done.returncode == 0, done.stderr
    assert [line[:9] for line in done.stdout.splitlines()[:2]] == ["epoch 3/4", "epoch 4/4"]
    for one, other in zip(keras.models.load_model(killed).get_weights(), whole.get_weights()):
        np.testing.assert_array_equal(one, other)
    assert not killed.with_name("clothes.keras.resume").exists()


def test_the_seconds_of_a_resumed_training_are_those_of_all_its_epochs(
    run: Run, offline: dict[str, str], part_of_sample: Path, killed: Path
) -> None:
    checkpoint = killed.with_name("clothes.keras.resume")
    with np.load(checkpoint) as file:
        saved = dict(file)
    meta = json.loads(str(saved["meta"]))
    meta["epochs"][0]["seconds"] = 5000.0  # as of a slower machine
    with checkpoint.open("wb") as file:
        np.savez(file, **{**saved, "meta": np.array(json.dumps(meta))})
    done = run("train", *_arguments(part_of_sample, killed), "--resume", env=offline)
    assert done.returncode == 0, done.stderr
    figures = json.loads(killed.with_name("clothes.metrics.json").read_text())
    assert figures["train_seconds"] > sum(epoch["train_seconds"] for epoch in figures["epochs"]) > 5000


def test_a_killed_training_of_jax_resumes_to_the_same_weights(
    run: Run, offline: dict[str, str], part_of_sample: Path, tmp_path: Path
) -> None:
    """Its batches come another way; the last one of an epoch is smaller, which tells where each one began."""
    pytest.importorskip("jax")
    of_jax = {**offline, "KERAS_BACKEND": "jax"}
    arguments = [str(part_of_sample), "--model", "mlp", "--epochs", "4", "--batch", "48", "--out"]
    whole, killed = tmp_path / "whole.keras", tmp_path / "killed.keras"
    assert run("train", *arguments, whole, env=of_jax).returncode == 0
    _kill([*arguments, str(killed)], of_jax)
    assert run("train", *arguments, killed, "--resume", env=of_jax).returncode == 0
    one, other = (keras.models.load_model(path).get_weights() for path in (whole, killed))
    for mine, its in zip(one, other):
        np.testing.assert_array_equal(mine, its)


def test_a_training_that_begins_anew_where_another_has_not_ended_tells_of_it(
    run: Run, offline: dict[str, str], part_of_sample: Path, tmp_path: Path
) -> None:
    """Before it is lost: it was killed and --resume forgotten, or it is still going on with the same --out."""
    out = tmp_path / "clothes.keras"
    begun = out.with_name("clothes.keras.resume")
    begun.write_bytes(b"of another training")
    done = run("train", part_of_sample, "--model", "mlp", "--epochs", 1, "--out", out, env=offline)
    assert (done.returncode, done.stderr) == (
        0,
        f"train: {begun} is of a training that has not ended, and is written over; --resume would go on with it\n",
    )
    assert not begun.exists()


def test_other_arguments_cannot_go_on_with_it(
    run: Run, offline: dict[str, str], part_of_sample: Path, killed: Path
) -> None:
    done = run("train", *_arguments(part_of_sample, killed), "--resume", "--seed", "4", env=offline)
    assert done.returncode == 1
    assert "was begun with seed 3, not 4" in done.stderr
    done = run("train", *_arguments(part_of_sample, killed), "--resume", "--batch", "16", env=offline)
    assert done.returncode == 1
    assert re.search(r"was begun with phase 1 batch \d+, not 16; give the same", done.stderr)


def test_other_pictures_cannot_go_on_with_it(
    run: Run, offline: dict[str, str], part_of_sample: Path, killed: Path, tmp_path: Path
) -> None:
    fewer = tmp_path / "fewer" / part_of_sample.name
    fewer.parent.mkdir()
    with np.load(part_of_sample) as whole:
        np.savez(fewer, **{name: whole[name][:400] for name in whole.files})
    done = run("train", *_arguments(fewer, killed), "--resume", env=offline)
    assert done.returncode == 1
    assert "was begun with pictures '1," in done.stderr
    assert "not '356 train, 44 validation, 400 test'" in done.stderr
    with np.load(part_of_sample) as whole:
        np.savez(fewer, **{**whole, "x_train": 255 - whole["x_train"]})
    done = run("train", *_arguments(fewer, killed), "--resume", env=offline)
    assert done.returncode == 1
    assert "was begun with pictures' sha256 '" in done.stderr


def test_another_backend_cannot_go_on_with_it(
    run: Run, offline: dict[str, str], part_of_sample: Path, killed: Path
) -> None:
    pytest.importorskip("jax")
    env = {**offline, "KERAS_BACKEND": "jax"}
    done = run("train", *_arguments(part_of_sample, killed), "--resume", env=env)
    assert done.returncode == 1
    assert "was begun with backend 'tensorflow', not 'jax'" in done.stderr


@pytest.mark.parametrize(
    "meta",
    [
        "null",
        "{}",
        '{"settings": [], "version": 3}',
        '{"settings": 1, "version": 3}',
        '{"settings": [], "version": []}',
    ],
)
def test_a_file_that_lacks_something_is_damaged(meta: str, tmp_path: Path) -> None:
    with (tmp_path / "m.keras.resume").open("wb") as file:
        np.savez(file, meta=np.array(meta))
    with pytest.raises(TrainingError, match=r"m.keras.resume: is (damaged|of another version)"):
        Checkpoint(tmp_path / "m.keras", ()).read()


def test_a_damaged_file_is_named(run: Run, offline: dict[str, str], part_of_sample: Path, tmp_path: Path) -> None:
    out = tmp_path / "clothes.keras"
    out.with_name("clothes.keras.resume").write_bytes(b"PK\3\4 and then nothing")
    done = run("train", *_arguments(part_of_sample, out), "--resume", env=offline)
    assert done.returncode == 1
    assert "clothes.keras.resume: is damaged; remove it" in done.stderr and done.stderr.count("\n") == 1


def test_a_state_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "m.keras", (("seed", 1),))
    state = State(phase=1, now=(np.arange(3), np.float32(2.5)), begin=(np.ones((2, 2), np.float32),))
    checkpoint.keep(state)
    back = Checkpoint(tmp_path / "m.keras", (("seed", 1),)).read()
    assert (back.phase, back.epochs, back.best) == (1, (), ())
    for one, other in zip((*back.now, *back.begin), (*state.now, *state.begin)):
        np.testing.assert_array_equal(one, other)
    assert [path.name for path in tmp_path.iterdir()] == ["m.keras.resume"]


def test_an_epoch_is_not_saved_where_that_would_take_more_than_a_small_part_of_the_time(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "m.keras", ())
    weights = (np.zeros(8_000_000, np.float32),)
    began = time.monotonic()
    checkpoint.keep(State(phase=0, now=weights))
    cost = time.monotonic() - began
    time.sleep(15 * cost)  # of which it is more than 3 %
    checkpoint.keep(State(phase=1, now=weights))
    assert checkpoint.read().phase == 0
    time.sleep(30 * cost)
    checkpoint.keep(State(phase=2, now=weights))
    assert checkpoint.read().phase == 2
