"""A training as its user would write it by hand, to compare with: `python bare_fit.py MODEL DATA EPOCHS BATCH POLICY`.

Takes the network of a .keras, and prints the seconds of each epoch of a plain `model.fit` over arrays in memory, with
validation, AdamW and a line of JSON at the end.
"""

from __future__ import annotations

import json
import sys
import time

import keras
import numpy as np

from runtime.card_file import read_card
from runtime.dataset import open_dataset
from runtime.image import fit_image


class _Clock(keras.callbacks.Callback):  # type: ignore[misc]  # Keras has no types
    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self._began = 0.0

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        self._began = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        self.seconds.append(time.monotonic() - self._began)


def _read(data: str, split: str, model: str) -> tuple[np.ndarray, np.ndarray]:
    card = read_card(model)
    assert card is not None
    found = open_dataset(data, split)
    pictures = np.stack([fit_image(picture, card.input, card.fit) for _, picture in found.pictures(print)])
    return pictures, np.eye(len(card.labels), dtype=np.float32)[found.targets]


def main() -> None:
    model_file, data, epochs, batch, policy = sys.argv[1:]

    def in_policy(layer: keras.layers.Layer) -> keras.layers.Layer:
        dtype = "float32" if layer.name == "scores" else policy
        return type(layer).from_config({**layer.get_config(), "dtype": dtype})

    model = keras.models.clone_model(keras.models.load_model(model_file), clone_function=in_policy)
    model.compile(keras.optimizers.AdamW(), keras.losses.CategoricalCrossentropy(), metrics=["accuracy"])
    clock = _Clock()
    pictures, targets = _read(data, "train", model_file)
    validation = _read(data, "validation", model_file)
    model.fit(
        *(pictures, targets, int(batch), int(epochs)), verbose=0, validation_data=validation, callbacks=[clock],
        validation_batch_size=256,
    )  # fmt: skip
    print(json.dumps(clock.seconds))


if __name__ == "__main__":
    main()
