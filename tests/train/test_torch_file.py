"""The reader of legacy torch.save files, on files made by hand from the format's description."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from runtime.errors import ModelError
from train.torch_file import read_state

HEADER = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + pickle.dumps({"little_endian": True}, 2)
VALUES = np.arange(6, dtype="<f4")


def _text(text: str) -> bytes:
    return b"X" + len(text).to_bytes(4, "little") + text.encode()


def _state(offset: int = 0, shape: tuple[int, int] = (2, 3), steps: tuple[int, int] = (3, 1)) -> bytes:
    """The pickle of {"w": a tensor on storage "0" of 6 float32}, in pickle's own opcodes."""
    storage = b"(" + _text("storage") + b"ctorch\nFloatStorage\n" + _text("0") + _text("cpu") + b"K\x06NtQ"
    numbers = [b"K" + bytes([number]) for number in (offset, *shape, *steps)]
    tensor = numbers[0] + b"".join(numbers[1:3]) + b"\x86" + b"".join(numbers[3:]) + b"\x86"
    return b"\x80\x02}" + _text("w") + b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + tensor + b"\x89}tRs."


def _write(path: Path, state: bytes, values: np.ndarray = VALUES) -> Path:
    storages = pickle.dumps(["0"], 2) + (6).to_bytes(8, "little") + values.tobytes()
    path.write_bytes(HEADER + state + storages)
    return path


def test_a_tensor_is_read_in_rows(tmp_path: Path) -> None:
    np.testing.assert_array_equal(read_state(_write(tmp_path / "w.pth", _state()))["w"], [[0, 1, 2], [3, 4, 5]])


def test_a_tensor_that_lies_in_columns_is_read_as_what_it_is(tmp_path: Path) -> None:
    path = _write(tmp_path / "w.pth", _state(shape=(3, 2), steps=(1, 3)))
    np.testing.assert_array_equal(read_state(path)["w"], [[0, 3], [1, 4], [2, 5]])


@pytest.mark.parametrize("state", [_state(offset=1), _state(shape=(3, 3)), _state(steps=(9, 1))])
def test_a_tensor_beyond_its_storage_is_refused(tmp_path: Path, state: bytes) -> None:
    with pytest.raises(ModelError, match="ends after its storage"):
        read_state(_write(tmp_path / "w.pth", state))


def test_code_in_the_file_is_refused_and_not_run(tmp_path: Path) -> None:
    target = tmp_path / "made"
    attack = b"\x80\x02cos\nmkdir\n(" + _text(str(target)) + b"tR."
    with pytest.raises(ModelError, match=r"names os\.mkdir"):
        read_state(_write(tmp_path / "w.pth", attack))
    assert not target.exists()


def test_a_truncated_file_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"storage 0 is not whole.*install its package again"):
        read_state(_write(tmp_path / "w.pth", _state(), VALUES[:4]))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 the newer form", pickle.dumps({"w": 1})])
def test_another_file_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "w.pth").write_bytes(content)
    with pytest.raises(ModelError, match=r"no legacy torch\.save file"):
        read_state(tmp_path / "w.pth")
