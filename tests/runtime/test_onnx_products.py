"""Where onnxruntime's integer products overflow, exact ones are asked for.

Seen with an EfficientNet-Lite0 of 8-bit weights in qemu's Haswell, which has no VNNI: without them 2 of 4 photos are
answered otherwise than on a processor that has it; with them the scores are the same.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.backends.onnx import may_overflow


@pytest.mark.parametrize(
    ("machine", "flags", "expected"),
    [
        ("x86_64", "flags\t\t: fpu sse4_1 avx2 avx512f", True),
        ("AMD64", "flags\t\t: fpu sse4_1 avx2", True),
        ("x86_64", "flags\t\t: fpu avx2 avx512f avx512_vnni", False),
        ("x86_64", "flags\t\t: fpu avx2 avx_vnni", False),
        ("aarch64", "Features\t: fp asimd", False),
    ],
)
def test_products_may_overflow_on_x86_without_vnni(tmp_path: Path, machine: str, flags: str, expected: bool) -> None:
    processors = tmp_path / "cpuinfo"
    processors.write_text(f"processor\t: 0\n{flags}\n", encoding="utf-8")
    assert may_overflow(machine, processors) is expected


def test_an_x86_that_does_not_tell_is_taken_to_have_none(tmp_path: Path) -> None:
    assert may_overflow("AMD64", tmp_path / "nothing")
    assert not may_overflow("arm64", tmp_path / "nothing")
