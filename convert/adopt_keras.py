"""Adopting a network that was saved by plain Keras: what it expects of its pictures becomes a layer of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from convert.bounds import require_numbers
from convert.failure import explain_disk, explain_failure
from convert.keras_file import NORMALISING, check_layers, list_normalising, require_keras
from convert.network import load_keras
from runtime.bare_model import guess_scores, name_lack, probe_pictures
from runtime.card import Fit, InputSize, ModelCard, Normalisation, Provenance
from runtime.card_file import embed_card
from runtime.errors import ConversionError, UsageError
from runtime.labels import match_labels
from runtime.version import __version__
from runtime.whole_file import file_sha256, write_whole

if TYPE_CHECKING:
    from convert.adopt import Adoption


def adopt_keras(adoption: Adoption) -> ModelCard:
    """Write `adoption.out`, whole or not at all: a network that takes RGB of 0..255, gives probabilities, has a card.

    Raises as `convert.adopt.adopt`; ConversionError, too, for layers that need code.
    """
    path = adoption.model
    require_keras(path)
    check_layers(path)
    network = _unpack(load_keras(path))
    size, outputs = _read_shapes(path, network)
    if not adoption.labels:
        is_known = adoption.normalisation is not None or bool(list_normalising(path))
        raise UsageError(f"{path}: tells no labels; give them: {name_lack(path, outputs, has_values=is_known)}")
    labels = match_labels(adoption.labels, outputs, path)
    with explain_failure(f"{path}: its layers cannot be built anew"):
        whole, scores = _complete(path, network, _normalisation(adoption), adoption.channels == "bgr")
    card = _describe(adoption, ModelCard(path.stem, network.name, labels, size, scores=scores))
    with explain_disk(adoption.out):
        write_whole(adoption.out, lambda new: _write(new, whole, card))
    return card


def _describe(adoption: Adoption, card: ModelCard) -> ModelCard:
    """The card with what the user told, and where the network came from."""
    import keras

    source, tools = adoption.model, (f"keras {keras.__version__}", f"edgeframe {__version__}")
    return replace(
        card,
        name=adoption.name or card.name,
        fit=adoption.fit or Fit(),
        licence=adoption.licence or "",
        provenance=Provenance(source.name, file_sha256(source), tools),
    )


def _write(new: Path, network: Any, card: ModelCard) -> None:
    network.save(new)
    embed_card(new, card)


def _unpack(network: Any) -> Any:
    """A network whose one list of scores has a name, as that list."""
    import keras

    if not isinstance(getattr(network, "output", None), dict) or len(network.outputs) != 1:
        return network
    return keras.Model(network.inputs, network.outputs[0], name=network.name)


def _read_shapes(path: Path, network: Any) -> tuple[InputSize, int]:
    """What pictures it takes, and how many scores it gives."""
    inputs, outputs = (
        [tuple(tensor.shape) for tensor in getattr(network, kind, None) or ()] for kind in ("inputs", "outputs")
    )
    taken, given = inputs[0] if len(inputs) == 1 else (), outputs[0] if len(outputs) == 1 else ()
    if len(taken) == 3:
        taken = (*taken, 1)  # gray, as the first lesson of Keras has it
    if len(taken) != 4 or len(given) != 2 or None in taken[1:] or given[1] is None or taken[3] not in (1, 3):
        raise ConversionError(
            f"{path}: takes {inputs or 'what it was never shown'} and gives {outputs or 'no one knows what'}; expected "
            "an image classifier with a fixed keras.Input((height, width, 3 or 1)) and one list of scores"
        )
    return InputSize(*taken[1:]), given[1]


def _normalisation(adoption: Adoption) -> Normalisation:
    """What the user told, or none for a network that normalises by itself."""
    if adoption.normalisation is not None:
        return adoption.normalisation
    if not list_normalising(adoption.model):
        raise UsageError(
            f"{adoption.model}: has no {' or '.join(NORMALISING)} layer, so the range of values that it takes is not "
            "known; give --scale 1/255 (for 0..1), --mean 127.5 --std 127.5 (for -1..1) or --scale 1 (for 0..255), as "
            "it was trained"
        )
    return Normalisation()


def _complete(path: Path, network: Any, normalisation: Normalisation, is_bgr: bool) -> tuple[Any, str]:
    """The network with what is missing before and behind it, and what it then gives, one of SCORES."""
    import keras

    taken = network.inputs[0].shape[1:]
    picture = values = keras.Input(taken if len(taken) == 3 else (*taken, 1), name="picture")
    if is_bgr:
        # As the int8 TFLite of `flip` has another scale on each side of it.
        values = keras.ops.take(values, [2, 1, 0], axis=-1)
    if not normalisation.is_identity:
        mean, std = (np.asarray(numbers, np.float64) for numbers in (normalisation.mean, normalisation.std))
        values = keras.layers.Rescaling(_plain(1 / std), offset=_plain(-mean / std))(values)
    if len(taken) == 2:
        values = keras.layers.Reshape(taken)(values)
    scores = network(values, training=False)
    answers = np.asarray(keras.Model(picture, scores).predict_on_batch(_batch(picture.shape[1:])), np.float32)
    require_numbers(path, answers)
    kind = guess_scores(answers, is_quantized=False)
    # Logits of a few pictures may all lie in 0..1, but what ends in a plain sum gives no probabilities.
    if kind == "logits" or (kind == "sigmoid" and _ends_in_sum(network)):
        is_single = scores.shape[-1] == 1
        kind = "sigmoid" if is_single else "softmax"
        scores = keras.layers.Activation(kind, dtype="float32")(scores)
    elif values is picture:
        return network, kind
    return keras.Model(picture, scores, name=network.name), kind


def _ends_in_sum(network: Any) -> bool:
    """Whether the layer that gives its scores has no activation."""
    import keras

    layer = network
    while hasattr(layer, "outputs"):
        layer = layer.outputs[0]._keras_history.operation
    return getattr(layer, "activation", None) is keras.activations.linear


def _plain(numbers: np.ndarray) -> float | list[float]:
    return float(numbers[0]) if len(numbers) == 1 else numbers.tolist()


def _batch(shape: tuple[int, ...]) -> np.ndarray:
    height, width, channels = shape
    return np.stack(probe_pictures((height, width, channels))).astype(np.float32)
