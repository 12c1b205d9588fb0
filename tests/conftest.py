"""What tests of several rooms share: the commands as a user runs them, models, photos and data."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODELS = ROOT / "tests" / "models"

# A shell starts background jobs with Ctrl-C ignored, and what they start inherits it; tests send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# So does nohup with SIGHUP. What handles a signal is not inherited: the tests themselves go on.
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)

# TensorFlow Lite imports JAX where there is one, which asks TensorFlow, through the environment that the commands under
# test inherit, to say more.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Before any test imports onnxruntime, which would report its use and write to this user's home.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session", autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What commands remember of models (runtime.state) stays out of this user's home."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="session")
def run() -> Run:
    """Runs `python -m ROOM arguments...` in the checkout, as a user would; gives exit status, stdout, stderr."""

    def run_room(room: str, *arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", room, *(str(argument) for argument in arguments)]
        settings = {"cwd": ROOT, "capture_output": True, "text": True, "timeout": 300, **options}
        return subprocess.run(command, check=False, **settings)  # type: ignore[call-overload,no-any-return]

    return run_room


@pytest.fixture(scope="session")
def models() -> Path:
    """The folder of the conformance models: red, green and blue."""
    return MODELS


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Real data that is not part of the project; see CONTRIBUTING.md. Tests skip where it is missing."""
    folder = Path(os.environ.get("EDGEFRAME_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "mnist.npz").exists():
        pytest.skip(f"no data sets in {folder}; name their folder by EDGEFRAME_DATA")
    return folder


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of real photos from scikit-image (CC0 or public domain): cat.jpg, coffee.jpg, rocket.jpg."""
    skimage_data = pytest.importorskip("skimage.data", reason="scikit-image is not installed: make install")
    from PIL import Image

    folder = tmp_path_factory.mktemp("photos")
    for name, load in (("cat", skimage_data.chelsea), ("coffee", skimage_data.coffee), ("rocket", skimage_data.rocket)):
        Image.fromarray(load()).save(folder / f"{name}.jpg", quality=95)
    return folder
