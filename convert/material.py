"""What the files of an order are made of and checked by, all of it read before the first one is made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from convert.agreement import ask_original
from convert.bounds import require_labels, require_numbers
from convert.cam import with_cam
from convert.keras_file import KerasFile, read_keras_file
from convert.network import Network, load_network
from convert.observer import Observer
from convert.order import Order
from convert.pictures import FittedPictures, choose_pictures, fit_pictures, open_whole
from runtime.dataset import DataSet


@dataclass(frozen=True)
class Material:
    """original: what the network says of the pictures that check, float32, count x classes. golden: whose answers
    become the card's samples, None where it gets none.
    """

    source: KerasFile
    network: Network
    calibration: FittedPictures
    check: FittedPictures
    original: np.ndarray
    golden: DataSet | None


def gather_material(order: Order, observer: Observer) -> Material:
    """Read everything; the network, whose libraries take seconds to load, last.

    Raises ModelError, DataError or ConversionError: there is nothing that any file could be made of.
    """
    source = read_keras_file(order.model)
    choice = choose_pictures(order.data, order.calibration_images, order.check_images, order.data_dir)
    require_labels(order, choice.check.is_labelled)
    golden = None if order.golden is None else choice.calibration
    if order.golden not in (None, order.data):
        golden = open_whole(order.golden, "test", order.data_dir)
    calibration = fit_pictures(choice.calibration, source.card, observer, "reading for calibration")
    check = fit_pictures(choice.check, source.card, observer, "reading for the check")
    network = load_network(source)
    if order.with_cam:
        network = with_cam(network)
    original = ask_original(network, check, observer)
    require_numbers(order.model, original)
    return Material(source, network, calibration, check, original, golden)
