"""`python -m train` as its user meets it: one process, its files, its two streams and its exit code."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from runtime.card import InputSize, ModelCard
from runtime.card_file import read_card
from runtime.dataset import open_dataset
from runtime.image import fit_image
from tests.conftest import ROOT, Run
from tests.train.conftest import SAMPLE
from train.models import ARCHITECTURES

Done = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def trained(
    run: Run, offline: dict[str, str], part_of_sample: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Done, Path]:
    """Three epochs of deep_cnn: the finished command, and its file."""
    out = tmp_path_factory.mktemp("out") / "clothes.keras"
    done = run("train", part_of_sample, "--model", "deep_cnn", "--epochs", 3, "--out", out, env=offline)
    return done, out


@pytest.fixture(scope="module")
def card(trained: tuple[Done, Path]) -> ModelCard:
    found = read_card(trained[1])
    assert found is not None
    return found


def test_three_epochs_learn(trained: tuple[Done, Path], card: ModelCard) -> None:
    assert trained[0].returncode == 0, trained[0].stderr
    assert card.measured is not None
    assert card.measured.top1 > 0.6  # 0.7 here after 3 x 57 steps; by chance 0.1


def test_a_training_in_a_pipe_says_a_line_an_epoch_and_what_came_out(trained: tuple[Done, Path]) -> None:
    lines = trained[0].stdout.splitlines()
    assert [line[:9] for line in lines[:3]] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert lines[3].endswith("of 500 test pictures right")
    assert lines[4].startswith(f"{trained[1]}: deep_cnn, 28x28 gray, 10 labels, ")
    assert lines[5] == f"{trained[1].with_suffix('.report.html')}: curves, confusion, mistakes"
    assert len(lines) == 6
    assert trained[0].stderr == ""


def test_the_file_carries_its_card(card: ModelCard) -> None:
    assert (card.name, card.architecture, card.recipe, card.scores) == ("clothes", "deep_cnn", "float32", "softmax")
    assert card.labels[0] == "T-shirt/top"
    assert card.input == InputSize(28, 28, 1)
    assert card.provenance.source == "clothes.npz"
    assert card.provenance.date == "1970-01-02"  # of SOURCE_DATE_EPOCH
    assert card.provenance.tools[0] == f"keras {keras.__version__}"


def test_the_file_with_its_card_is_still_one_that_keras_loads(
    trained: tuple[Done, Path], card: ModelCard, part_of_sample: Path
) -> None:
    """And it gets right as many test pictures as the card says, counted here anew."""
    model = keras.models.load_model(trained[1])
    test = open_dataset(part_of_sample, "test")
    pictures = np.stack([fit_image(test.read(number), card.input, card.fit) for number in range(len(test))])
    correct = int((model.predict(pictures, verbose=0).argmax(axis=1) == test.targets).sum())
    assert card.measured is not None
    assert (correct / len(test), len(test)) == (card.measured.top1, card.measured.count)


def test_the_file_holds_no_optimizer(trained: tuple[Done, Path]) -> None:
    assert trained[1].stat().st_size < 1.1 * 4 * 329_962


def test_what_lies_beside_the_file_agrees_with_its_card(trained: tuple[Done, Path], card: ModelCard) -> None:
    beside = {path.name for path in trained[1].parent.iterdir()}
    assert beside == {"clothes.keras", "clothes.report.html", "clothes.metrics.json"}
    figures = json.loads(trained[1].with_suffix(".metrics.json").read_text(encoding="utf-8"))
    assert card.measured is not None
    assert (figures["top1"], figures["count"]) == (card.measured.top1, 500)
    assert sum(map(sum, figures["confusion"])) == 500
    assert sum(row[number] for number, row in enumerate(figures["confusion"])) == figures["correct"]
    assert [epoch["number"] for epoch in figures["epochs"]] == [1, 2, 3]


def test_the_report_tells_each_layer_and_its_parameters(trained: tuple[Done, Path]) -> None:
    """Also of a training in a pipe, which is no terminal of any width."""
    page = trained[1].with_suffix(".report.html").read_text("utf-8")
    head, *lines = re.search(r"<pre[^>]*>([^<]*)</pre>", page)[1].splitlines()  # type: ignore[index]
    assert head.split() == ["layer", "kind", "gives", "parameters"]
    assert lines[0].split() == ["picture", "InputLayer", "28x28x1", "0"]
    assert lines[-1].split() == ["scores", "Dense", "10", f"{(256 + 1) * 10:,}"]
    assert sum(int(line.split()[3].replace(",", "")) for line in lines) == 329_962


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_an_interrupted_training_keeps_the_best_so_far(
    offline: dict[str, str], tmp_path: Path, sent: signal.Signals, code: int
) -> None:
    """And --resume could go on from there."""
    out = tmp_path / "clothes.keras"
    command = [sys.executable, "-m", "train", str(SAMPLE), "--model", "mlp", "--epochs", "1000", "--augment", "none"]
    with subprocess.Popen(
        [*command, "--out", str(out)], cwd=ROOT, env=offline, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline().startswith("epoch 1/1000")
        process.send_signal(sent)
        process.stdout.read()
        said = process.stderr.read()
        assert process.wait() == code
    assert said.startswith("train: stopped after epoch ") and said.endswith("; --resume goes on\n")
    assert {path.name for path in tmp_path.iterdir()} == {
        "clothes.keras", "clothes.report.html", "clothes.metrics.json", "clothes.keras.resume",
    }  # fmt: skip
    card = read_card(out)
    assert card is not None and card.measured is not None and card.measured.top1 > 0.6


def test_a_training_whose_lines_nobody_reads_any_more_still_ends_with_a_model(
    offline: dict[str, str], part_of_sample: Path, tmp_path: Path
) -> None:
    """`python -m train ... | head -1`"""
    out = tmp_path / "m.keras"
    command = [sys.executable, "-m", "train", str(part_of_sample), "--model", "mlp", "--epochs", "3", "--out", str(out)]
    with subprocess.Popen(
        command, cwd=ROOT, env=offline, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline().startswith("epoch 1/3")
        process.stdout.close()
        assert (process.stderr.read(), process.wait()) == ("", 0)
    figures = json.loads(out.with_suffix(".metrics.json").read_text(encoding="utf-8"))
    assert [epoch["number"] for epoch in figures["epochs"]] == [1, 2, 3]
    assert read_card(out) is not None


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ("", 2, "the following arguments are required: DATA, --model, --out"),
        ("SAMPLE --model deep_cnn --out OUT/m.keras --epochs 0", 2, "'0', expected a whole number from 1"),
        ("SAMPLE --model deep_cnn --out OUT/m.keras --fit oval", 2, "'oval', expected crop"),
        ("SAMPLE --model deep_cnn --out OUT/m.keras --alpha 0.5", 2, "has one width; leave out --alpha 0.5"),
        ("SAMPLE --model deep_cnn --out OUT/m.keras --strategy head", 2, "has no published weights"),
        ("SAMPLE --model mobilenet --out OUT/m.keras --alpha 0.3", 2, "published weights at --alpha 0.25, 0.5,"),
        ("SAMPLE --model resnet --out OUT/m.keras", 2, "'resnet': there is none of that name"),
        ("SAMPLE --model cnn --out OUT/m.keras --size 8", 1, "cnn: cannot be built for 8x8 gray ("),
        ("SAMPLE --model cnn --out OUT/m.keras --size 8", 1, "); its own size is 28x28 gray"),
        ("SAMPLE --model deep_cnn --out OUT/m.h5", 2, "expected a name that ends in .keras"),
        ("SAMPLE --model deep_cnn --out OUT/m.keras --unfreeze 3", 2, "--unfreeze: is for --strategy partial"),
        ("SAMPLE --model mobilenet --out OUT/m.keras --recipe lesson", 2, "is of no lesson"),
        ("SAMPLE --model mlp --out OUT/m.keras --resume", 1, "there is no OUT/m.keras.resume; leave out --resume"),
        ("SAMPLE --model mlp --out OUT/m.keras --distill OUT/t.keras", 1, "t.keras: no such file"),
        ("pretrained deep_cnn --out OUT/m.keras", 2, "deep_cnn: has no published weights"),
        ("SAMPLE --model deep_cnn --out OUT/none/m.keras", 1, "none; make it first"),
        ("OUT/none --model deep_cnn --out OUT/m.keras", 1, "none: no such file or folder"),
        ("mnist --model deep_cnn --out OUT/m.keras --data-dir OUT", 1, "none of mnist.npz in"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_an_exit_code(
    run: Run, offline: dict[str, str], tmp_path: Path, arguments: str, code: int, message: str
) -> None:
    words = [word.replace("SAMPLE", str(SAMPLE)).replace("OUT", str(tmp_path)) for word in arguments.split()]
    done = run("train", *words, env=offline)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith("train: ") and done.stderr.count("\n") == 1
    assert message.replace("OUT", str(tmp_path)) in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_network_that_names_one_class_whatever_it_sees_is_told(
    run: Run, offline: dict[str, str], tmp_path: Path
) -> None:
    """Of 23 pictures 22 are of it: 95 % right, and nothing learnt."""
    noise = np.random.default_rng(0).integers(0, 256, (506, 28, 28), np.uint8)
    classes = (np.arange(506) % 23 == 0).astype(np.int64)
    data, out = tmp_path / "noise.npz", tmp_path / "m.keras"
    np.savez(data, x_train=noise[:276], y_train=classes[:276], x_test=noise[276:], y_test=classes[276:])
    done = run("train", data, "--model", "cnn", "--epochs", 1, "--out", out, env=offline)
    assert done.returncode == 0
    assert "95.7% top-1: 220 of 230 test pictures right" in done.stdout
    assert done.stderr == (
        f"train: {out} names 0 on all 230 test pictures, whatever they show: give it about as many pictures of each "
        "class, or more --epochs\n"
    )


@pytest.mark.parametrize("backend", ["numpy", "tensorflo"])
def test_a_backend_that_does_not_train_is_one_line(
    run: Run, offline: dict[str, str], tmp_path: Path, backend: str
) -> None:
    given = {**offline, "KERAS_BACKEND": backend}
    done = run("train", SAMPLE, "--model", "mlp", "--out", tmp_path / "m.keras", env=given)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert backend in done.stderr and "set KERAS_BACKEND to one of tensorflow, jax, torch" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("mnist --model deep_cnn", "put mnist.npz there, or name the folder that has it with --data-dir"),
        ("SAMPLE --model mobilenet", "mobilenet_1_0_224_tf_no_top.h5 is not in"),
    ],
)
def test_what_cannot_be_downloaded_is_named_with_the_place_for_it(
    run: Run, offline: dict[str, str], tmp_path: Path, arguments: str, message: str
) -> None:
    words = [word.replace("SAMPLE", str(SAMPLE)) for word in arguments.split()]
    done = run("train", *words, "--out", tmp_path / "m.keras", env=offline)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("train: ") and done.stderr.count("\n") == 1
    assert message in done.stderr and offline["KERAS_HOME"] in done.stderr


def test_a_network_that_memory_has_no_room_for_is_one_line(
    run: Run, offline: dict[str, str], photo_folder: Path, tmp_path: Path
) -> None:
    """Its dense layer alone has 270 GB."""
    words = [photo_folder, "--model", "deep_cnn", "--size", 8192, "--out", tmp_path / "m.keras"]
    done = run("train", *words, env=offline)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
    assert done.stderr.startswith("train: not enough memory (")
    assert done.stderr.endswith("; take a smaller --batch, --size or --model\n")


def test_weights_that_a_download_left_incomplete_are_told_with_the_place(
    run: Run, offline: dict[str, str], tmp_path: Path
) -> None:
    models = tmp_path / "keras" / "models"
    models.mkdir(parents=True)
    with h5py.File(models / "mobilenet_1_0_224_tf_no_top.h5", "w") as file:
        file["weights"] = np.zeros(1000)
    with (models / "mobilenet_1_0_224_tf_no_top.h5").open("r+b") as file:
        file.truncate(3000)
    given = {**offline, "KERAS_HOME": str(tmp_path / "keras")}
    done = run("train", SAMPLE, "--model", "mobilenet", "--out", tmp_path / "m.keras", env=given)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert f"MobileNet: its file in {models} cannot be read (" in done.stderr
    assert "truncated" in done.stderr and done.stderr.endswith("remove it there, and it is downloaded again\n")


def test_a_disk_that_is_full_is_told_with_the_file_that_lacks_room(
    offline: dict[str, str], part_of_sample: Path, tmp_path: Path
) -> None:
    """By the limit on the size of a file, which fails at the same call."""
    command = f"ulimit -f 1000; exec {sys.executable} -m train {part_of_sample} --model mlp --epochs 1 --out m.keras"
    given = {**offline, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=given, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "m.keras.resume: cannot be written (File too large); see that you may" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["pretrained", "--help"]])
def test_help_and_list_load_no_keras(arguments: list[str]) -> None:
    code = f"import sys\nfrom train.cli import main\ntry: main({arguments})\nfinally: print('keras' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_list_names_every_network(run: Run) -> None:
    named = {line.split()[0] for line in run("train", "list").stdout.splitlines() if line}
    assert {row.name for row in ARCHITECTURES} <= named
