"""Networks of keras.applications, with the weights from the Keras cache or its download.

Each family's weights want the picture normalised in their own way; these layers do what its `preprocess_input` does.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial

import keras
from keras import KerasTensor, layers

from train.download import downloading_weights
from train.models import Variant

# Of the ImageNet pictures, red, green and blue: as Keras has them for the weights that came from PyTorch and Caffe.
_TORCH_MEAN, _TORCH_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_CAFFE_MEAN = (123.68, 116.779, 103.939)

Normalise = Callable[[KerasTensor], KerasTensor]


def use_rgb(network: keras.Model) -> None:
    """Have a network whose weights were learnt on BGR pictures take RGB ones, in place.

    Its first kernel's input channels are reversed, which gives the same numbers as reversing each picture's, costs
    a device nothing and adds no layer that a converter could trip over.
    """
    first = next(layer for layer in network.layers if isinstance(layer, layers.Conv2D))
    kernel, *others = first.get_weights()
    first.set_weights([kernel[:, :, ::-1], *others])


def _build(name: str, normalise: Normalise, picture: KerasTensor, variant: Variant) -> KerasTensor:
    widths = {} if variant.alpha == 1 else {"alpha": variant.alpha}  # only some families take it
    with downloading_weights(name), warnings.catch_warnings():
        # At sizes without weights of their own Keras warns that it takes those for 224.
        warnings.simplefilter("ignore")
        base = getattr(keras.applications, name)(
            input_tensor=normalise(picture),
            input_shape=picture.shape[1:],
            include_top=variant.top,
            weights="imagenet" if variant.pretrained else None,
            pooling="avg",
            **widths,
        )
    if variant.pretrained and normalise is _caffe:
        use_rgb(base)
    return base.output


def _to_one(picture: KerasTensor) -> KerasTensor:
    """To -1..1."""
    return layers.Rescaling(1 / 127.5, offset=-1)(picture)


def _torch(picture: KerasTensor) -> KerasTensor:
    """Each colour to mean 0 and deviation 1, as one step: int8 has no level to lose between two."""
    return layers.Normalization(
        mean=[255 * mean for mean in _TORCH_MEAN], variance=[(255 * std) ** 2 for std in _TORCH_STD]
    )(picture)


def _caffe(picture: KerasTensor) -> KerasTensor:
    """Each colour to mean 0, not scaled; `use_rgb` does the rest."""
    return layers.Rescaling(1.0, offset=[-mean for mean in _CAFFE_MEAN])(picture)


def _itself(picture: KerasTensor) -> KerasTensor:
    """The network of Keras begins with its normalisation."""
    return picture


mobilenet = partial(_build, "MobileNet", _to_one)
mobilenet_v2 = partial(_build, "MobileNetV2", _to_one)
mobilenet_v3_small = partial(_build, "MobileNetV3Small", _itself)
mobilenet_v3_large = partial(_build, "MobileNetV3Large", _itself)
nasnet_mobile = partial(_build, "NASNetMobile", _to_one)
efficientnet_b0 = partial(_build, "EfficientNetB0", _itself)
efficientnet_b1 = partial(_build, "EfficientNetB1", _itself)
efficientnet_b2 = partial(_build, "EfficientNetB2", _itself)
efficientnet_b3 = partial(_build, "EfficientNetB3", _itself)
efficientnet_b4 = partial(_build, "EfficientNetB4", _itself)
efficientnet_b5 = partial(_build, "EfficientNetB5", _itself)
efficientnet_b6 = partial(_build, "EfficientNetB6", _itself)
efficientnet_b7 = partial(_build, "EfficientNetB7", _itself)
efficientnet_v2_b0 = partial(_build, "EfficientNetV2B0", _itself)
efficientnet_v2_b1 = partial(_build, "EfficientNetV2B1", _itself)
efficientnet_v2_b2 = partial(_build, "EfficientNetV2B2", _itself)
efficientnet_v2_b3 = partial(_build, "EfficientNetV2B3", _itself)
densenet121 = partial(_build, "DenseNet121", _torch)
densenet169 = partial(_build, "DenseNet169", _torch)
densenet201 = partial(_build, "DenseNet201", _torch)
resnet50 = partial(_build, "ResNet50", _caffe)
resnet101 = partial(_build, "ResNet101", _caffe)
resnet152 = partial(_build, "ResNet152", _caffe)
resnet50_v2 = partial(_build, "ResNet50V2", _to_one)
resnet101_v2 = partial(_build, "ResNet101V2", _to_one)
resnet152_v2 = partial(_build, "ResNet152V2", _to_one)
inception_v3 = partial(_build, "InceptionV3", _to_one)
inception_resnet_v2 = partial(_build, "InceptionResNetV2", _to_one)
xception = partial(_build, "Xception", _to_one)
vgg16 = partial(_build, "VGG16", _caffe)
vgg19 = partial(_build, "VGG19", _caffe)
