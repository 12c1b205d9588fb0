"""Integer products by onnxruntime on x86 without VNNI, where its usual ones of 8-bit weights overflow 16 bits."""

from __future__ import annotations

import platform
from pathlib import Path

from runtime.errors import ModelError
from runtime.operators.onnx import read_links

# In onnxruntime_session_options_config_keys.h: slower products of uint8 by uint8 in place of uint8 by int8, and what
# stands between DequantizeLinear and QuantizeLinear computed as it stands there, in float32.
_EXACT_PRODUCTS, _IN_FLOAT = {"session.x64quantprecision": "1"}, {"session.disable_quant_qdq": "1"}
_PROCESSORS = Path("/proc/cpuinfo")
# Operators of integers: QuantizeLinear, DequantizeLinear, QLinearConv, DynamicQuantizeLinear, ConvInteger, ...
_INTEGER_KINDS = ("Linear", "Integer", "QGemm")


def list_settings(path: Path) -> tuple[dict[str, str], ...]:
    """Entries of a session's configuration by which integer products do not overflow here, the best ones first.

    onnxruntime (1.31) cannot load with exact products a file in which two layers have one tensor of zero points, and
    cannot run some in which they have none. Such files are computed in float32, which takes as long there.
    """
    if may_overflow(platform.machine(), _PROCESSORS) and has_integers(path):
        return _EXACT_PRODUCTS, _IN_FLOAT
    return ({},)


def may_overflow(machine: str, processors: Path) -> bool:
    """Whether onnxruntime's integer products may overflow 16 bits: on x86-64, unless it is seen to have VNNI.

    machine: as platform.machine() has it. processors: what Linux tells of them, /proc/cpuinfo. With VNNI the exact
    products would only be slower.
    """
    if machine.lower() not in ("x86_64", "amd64"):
        return False
    try:
        flags = processors.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True
    return "avx512_vnni" not in flags and "avx_vnni" not in flags


def has_integers(path: Path) -> bool:
    """Whether an `.onnx` has operators of integers, as far as one can tell: damaged ones may have some."""
    try:
        operators, _ = read_links(path)
    except (ModelError, OSError):
        return True
    return any(kind in operator.kind for operator in operators for kind in _INTEGER_KINDS)
