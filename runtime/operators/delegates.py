"""Which accelerators of TFLite can take a network whole, and which operators break it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from runtime.operators.cost import count_macs
from runtime.operators.graph import Graph, Operator, Tensor


@dataclass(frozen=True)
class DelegateFit:
    """taken: the number of operators it can take. macs_share: of the multiply-accumulates, 0..1.

    obstacles: the operators that it cannot, `SOFTMAX int8`, each kind once. reason: why it takes none at all.
    """

    delegate: str
    taken: int
    macs_share: float
    obstacles: tuple[str, ...] = ()
    reason: str = ""

    @property
    def is_whole(self) -> bool:
        return not self.obstacles and not self.reason


# Of the XNNPACK delegate: its README, and what LiteRT 2.3 was seen to leave to itself:
# https://github.com/tensorflow/tensorflow/blob/master/tensorflow/lite/delegates/xnnpack/README.md
_XNNPACK_BOTH = frozenset(
    """ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE ELU EXPAND_DIMS
    FULLY_CONNECTED LEAKY_RELU LOGISTIC MAX_POOL_2D MEAN MUL PAD QUANTIZE RELU RELU6 RELU_N1_TO_1 RESHAPE
    RESIZE_BILINEAR SLICE SPLIT STRIDED_SLICE SUB TANH TRANSPOSE TRANSPOSE_CONV""".split()  # noqa: SIM905
)
_XNNPACK_FLOAT = _XNNPACK_BOTH | frozenset(
    """ABS BATCH_MATMUL CEIL DIV EXP FLOOR HARD_SWISH MAXIMUM MINIMUM NEG PRELU ROUND RSQRT SOFTMAX SQRT SQUARE
    SQUARED_DIFFERENCE SUM""".split()  # noqa: SIM905
)
# NewOperationParser of tensorflow/lite/delegates/gpu/common/model_builder.cc, in TensorFlow's repository.
_GPU = frozenset(
    """ABS ADD AVERAGE_POOL_2D BATCH_MATMUL CONCATENATION CONV_2D COS DEPTHWISE_CONV_2D DEQUANTIZE DIV ELU EXP
    FULLY_CONNECTED HARD_SWISH LEAKY_RELU LOG LOGISTIC LSTM MAXIMUM MAX_POOL_2D MEAN MINIMUM MIRROR_PAD MUL NEG PACK
    PAD POW PRELU QUANTIZE REDUCE_MAX REDUCE_MIN REDUCE_PROD RELU RELU6 RESHAPE RESIZE_BILINEAR
    RESIZE_NEAREST_NEIGHBOR RSQRT SIN SLICE SOFTMAX SPACE_TO_DEPTH SPLIT_V SQRT SQUARE SQUARED_DIFFERENCE
    STRIDED_SLICE SUB SUM TANH TRANSPOSE TRANSPOSE_CONV""".split()  # noqa: SIM905
)
# https://coral.ai/docs/edgetpu/models-intro/#supported-operations (edgetpu_compiler 16)
_EDGE_TPU = frozenset(
    """ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D EXPAND_DIMS FULLY_CONNECTED L2_NORMALIZATION
    LOGISTIC MAXIMUM MAX_POOL_2D MEAN MINIMUM MUL PACK PAD PRELU QUANTIZE REDUCE_MAX REDUCE_MIN RELU RELU6
    RELU_N1_TO_1 RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR RSQRT SLICE SOFTMAX SPACE_TO_DEPTH SPLIT
    SQUARED_DIFFERENCE SQUEEZE STRIDED_SLICE SUB SUM TANH TRANSPOSE TRANSPOSE_CONV
    UNIDIRECTIONAL_SEQUENCE_LSTM""".split()  # noqa: SIM905
)
_BYTES = ("int8", "uint8")


def fit_delegates(graph: Graph) -> tuple[DelegateFit, ...]:
    """What XNNPACK (the processor's), a GPU and a Coral Edge TPU can take of a `.tflite`, by its operators and dtypes.

    An estimate: each has conditions on shapes and options that only its own compiler knows.
    """
    floats = sorted({tensor.dtype for tensor in _activations(graph.operators) if tensor.dtype not in _BYTES})
    edge_tpu = _fit("Edge TPU", graph, _fits_edge_tpu)
    if floats:
        edge_tpu = DelegateFit("Edge TPU", 0, 0.0, (), f"needs int8 all through, has {', '.join(floats)}")
    return (_fit("XNNPACK", graph, _fits_xnnpack), _fit("GPU", graph, _fits_gpu), edge_tpu)


def _fit(delegate: str, graph: Graph, fits: Callable[[Operator], bool]) -> DelegateFit:
    taken = [operator for operator in graph.operators if fits(operator)]
    left = [operator for operator in graph.operators if not fits(operator)]
    macs = sum(map(count_macs, graph.operators))
    share = sum(map(count_macs, taken)) / macs if macs else 1.0
    return DelegateFit(delegate, len(taken), share, tuple(dict.fromkeys(map(_name, left))))


def _activations(operators: tuple[Operator, ...]) -> list[Tensor]:
    tensors = [tensor for operator in operators for tensor in (*operator.inputs, *operator.outputs)]
    return [tensor for tensor in tensors if not tensor.is_constant]


def _name(operator: Operator) -> str:
    dtypes = dict.fromkeys(tensor.dtype for tensor in _activations((operator,)))
    return f"{operator.kind} {' to '.join(dtypes)}"


def _fits_xnnpack(operator: Operator) -> bool:
    dtypes = [tensor.dtype for tensor in _activations((operator,))]
    if operator.kind == "DEQUANTIZE":
        return True
    if operator.kind == "QUANTIZE" and set(dtypes) == {"int8", "uint8"}:
        return False
    if "float32" in dtypes:
        return operator.kind in _XNNPACK_FLOAT
    return operator.kind in _XNNPACK_BOTH and set(dtypes) == {"int8"}


def _fits_gpu(operator: Operator) -> bool:
    allowed = ("float32", "float16", *_BYTES)
    return operator.kind in _GPU and all(tensor.dtype in allowed for tensor in _activations((operator,)))


def _fits_edge_tpu(operator: Operator) -> bool:
    return operator.kind in _EDGE_TPU
