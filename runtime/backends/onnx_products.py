"""Integer products by onnxruntime on x86 without VNNI, where its usual ones of 8-bit weights overflow 16 bits."""

from __future__ import annotations

import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from runtime.errors import ModelError
from runtime.operators.onnx import read_links

# In onnxruntime_session_options_config_keys.h: slower products of uint8 by uint8 in place of uint8 by int8, and what
# stands between DequantizeLinear and QuantizeLinear computed as it stands there, in float32.
_EXACT_PRODUCTS, _IN_FLOAT = {"session.x64quantprecision": "1"}, {"session.disable_quant_qdq": "1"}
_PROCESSORS = Path("/proc/cpuinfo")
# Operators of integers: QuantizeLinear, DequantizeLinear, QLinearConv, DynamicQuantizeLinear, ConvInteger, ...
_INTEGER_KINDS = ("Linear", "Integer", "QGemm")


def open_exact(path: Path, make_session: Callable[[dict[str, str]], Any]) -> Any:
    """An onnxruntime session whose integer products do not overflow here.

    onnxruntime (1.31) cannot load with exact products a file in which two layers have one tensor of zero points, and
    cannot run some in which they have none. Such files are computed in float32, which takes as long there.

    make_session: makes a session of the file with these entries of its configuration; what it raises for one that
    cannot be loaded at all is raised.
    """
    if not (may_overflow(platform.machine(), _PROCESSORS) and has_integers(path)):
        return make_session({})
    try:
        session = make_session(_EXACT_PRODUCTS)
        session.run(None, {taken.name: _blank(taken) for taken in session.get_inputs()})
    except Exception:  # onnxruntime's exceptions have no common base of their own
        return make_session(_IN_FLOAT)
    return session


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


def _blank(taken: Any) -> np.ndarray:
    """A value of zeros for an input of a session; of open sides each is 1."""
    dtypes = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(int8)": np.int8}
    shape = [side if isinstance(side, int) else 1 for side in taken.shape]
    return np.zeros(shape, dtypes.get(taken.type, np.uint8))
