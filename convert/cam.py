"""Class activation maps without gradients: where on the picture a network saw the class that it names.

Where a network ends in global average pooling and a dense layer, the score of a class is the mean over the cells of
the last feature map of (features x weights of the class), plus a bias (Zhou et al. 2016,
https://arxiv.org/abs/1512.04150). The map is that product, cell by cell, for the class with the highest score: for
all classes it would cost as many multiplications more as there are cells times classes. One sigmoid output scores the
second of two classes; the weights of the first are the same with the other sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from convert.network import Network
from runtime.errors import ConversionError

# What may stand between the pooling and the dense layer, as it changes no number, and between that and the scores.
_PASSING = ("Dropout", "Flatten", "Reshape")
_SCORING = (*_PASSING, "Activation", "Softmax")


@dataclass(frozen=True)
class CamNetwork(Network):
    """A Network whose files give a second output, `cam`: float32, batch x height x width x 1.

    Its cells are those of the last feature map. Their mean is the score of the first class before the softmax (or
    sigmoid), less its bias.

    seeing: the Keras network from pictures to (scores, feature map). weights: of the dense layer, classes x features.
    """

    seeing: Any = None
    weights: Any = None

    def with_corrected(self, corrected: Any) -> CamNetwork:
        """See Network.with_corrected."""
        return with_cam(Network(self.model, self.card, self.batch, corrected))

    def trace(self, batch: int | None) -> Any:
        """As Network.trace; the function gives two tensors, scores and cam."""
        import tensorflow as tf

        def look(image: Any) -> tuple[Any, Any]:
            scores, cells = self.seeing(image, training=False)
            height, width, features = cells.shape[1:]
            of_class = tf.gather(self.weights, _find_best(scores))
            # One row of features for each cell, times the class's weights.
            rows, column = tf.reshape(cells, (-1, height * width, features)), tf.reshape(of_class, (-1, features, 1))
            products = tf.matmul(rows, column)
            return scores, tf.reshape(products, (-1, height, width, 1))

        return tf.function(look, input_signature=[self.picture_spec(batch)])


def _find_best(scores: Any) -> Any:
    """The numbers (batch,) of the classes with the highest scores, int32, of a tensor batch x classes."""
    import tensorflow as tf

    if scores.shape[-1] == 1:
        return tf.cast(scores[:, 0] > 0.5, tf.int32)
    return tf.argmax(scores, axis=1, output_type=tf.int32)


def with_cam(network: Network) -> CamNetwork:
    """The network with a second output. Raises ConversionError where it does not end as it must."""
    import keras

    dense, cells = _find_ending(network)
    weights = dense.kernel.numpy().reshape(-1, dense.kernel.shape[-1]).T
    if len(weights) == 1:
        weights = np.concatenate([-weights, weights])
    written = network.written
    # Its name is a part of the operators' names: one that Keras counted up would differ from time to time.
    seeing = keras.Model(written.inputs, [written.outputs[0], cells], name=written.name)
    return CamNetwork(network.model, network.card, network.batch, network.corrected, seeing, weights)


def _find_ending(network: Network) -> tuple[Any, Any]:
    """The dense layer (or the 1x1 convolution of what is pooled) and the feature map before the pooling."""
    dense = _layer_before(network.written.outputs[0], _SCORING)
    is_dense = type(dense).__name__ == "Dense" or (type(dense).__name__ == "Conv2D" and dense.kernel_size == (1, 1))
    if not is_dense:
        raise _refusal(network, dense)
    pooling = _layer_before(dense.input, _PASSING)
    if type(pooling).__name__ != "GlobalAveragePooling2D":
        raise _refusal(network, pooling)
    return dense, pooling.input


def _layer_before(tensor: Any, passing: tuple[str, ...]) -> Any:
    """The layer that a tensor comes from, those of `passing` and linear activations left out."""
    while True:
        layer = tensor._keras_history.operation
        is_linear = type(layer).__name__ == "Activation" and layer.get_config()["activation"] == "linear"
        if type(layer).__name__ not in passing and not is_linear:
            return layer
        tensor = layer.input


def _refusal(network: Network, layer: Any) -> ConversionError:
    return ConversionError(
        f"{network.card.name}: ends in {layer.name} ({type(layer).__name__}), so --with-cam has no map to give; "
        "expected global average pooling and one dense layer, as in mobilenet or efficientnet_lite0"
    )
