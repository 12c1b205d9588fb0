"""EfficientNet-Lite0 with its published weights, and the command that writes it."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from skimage import data as skimage_data

from runtime.card import Fit
from runtime.card_file import read_card
from runtime.image import fit_image
from tests.conftest import Run
from train.classifier import build_published
from train.models import LITE0_SHA256, Variant, find_architecture

ROW = find_architecture("efficientnet_lite0")
CATS = range(281, 286)  # tabby, tiger cat, Persian, Siamese, Egyptian
ESPRESSO, CUP = 967, 968


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return build_published(ROW, Variant(ROW.input, pretrained=True, top=True))


def _classify(network: keras.Model, photo: np.ndarray) -> int:
    return int(np.asarray(network(fit_image(photo, ROW.input, ROW.fit)[np.newaxis])).argmax())


def test_chelsea_is_a_cat(network: keras.Model) -> None:
    assert _classify(network, skimage_data.chelsea()) in CATS


def test_coffee_is_an_espresso_or_its_cup(network: keras.Model) -> None:
    assert _classify(network, skimage_data.coffee()) in (ESPRESSO, CUP)


def test_batch_normalisation_is_left_to_the_converters_as_layers(network: keras.Model) -> None:
    normalising = [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]
    assert len(normalising) == 49
    assert all(layer.epsilon == 1e-3 for layer in normalising)


def test_the_command_writes_it_with_its_thousand_labels(
    run: Run, offline: dict[str, str], data_dir: Path, tmp_path: Path
) -> None:
    out = tmp_path / "imagenet.keras"
    done = run("train", "pretrained", ROW.name, "--out", out, "--data-dir", data_dir, env=offline)
    assert (done.returncode, done.stderr) == (0, "")
    card = read_card(out)
    assert card is not None
    assert len(set(card.labels)) == 1000
    assert card.labels[285] == "Egyptian cat"
    assert (card.labels[134], card.labels[517]) == ("crane (bird)", "crane (machine)")
    assert (card.labels[638], card.labels[639]) == ("maillot", "maillot (tank suit)")
    assert (card.fit, card.scores, card.licence) == (Fit("crop", 0.875), "softmax", "Apache-2.0")
    assert card.provenance.source_sha256 == LITE0_SHA256
    assert _classify(keras.models.load_model(out), skimage_data.chelsea()) in CATS
