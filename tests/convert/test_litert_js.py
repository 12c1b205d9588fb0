"""The TFLite files in a web page: LiteRT.js (npm's @litertjs/core) in a real browser answers as the runtime does."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from convert.cli import main
from runtime.classifier import Classifier
from tests.convert.conftest import Trained
from tests.convert.networks import SIDE

PACKAGES = Path(os.environ.get("EDGEFRAME_PARTS", Path.home() / ".cache/edgeframe-tests"), "litertjs", "node_modules")
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
PAGE = """<!doctype html>
<script type="importmap">{"imports": {"@litertjs/wasm-utils": "/packages/@litertjs/wasm-utils/dist/index.js"}}</script>
<script type="module">
const answer = (found) => fetch("/", {method: "POST", body: JSON.stringify(found)});
try {
  const {loadLiteRt, loadAndCompile, Tensor} = await import("/packages/@litertjs/core/dist/index.js");
  await loadLiteRt("/packages/@litertjs/core/wasm/");
  const model = await loadAndCompile("/model.tflite", {accelerator: "wasm"});
  const bytes = new Uint8Array(await (await fetch("/picture")).arrayBuffer());
  const [input] = model.getInputDetails();
  const values = input.dtype === "uint8" ? bytes : Float32Array.from(bytes);
  const [scores] = await model.run(new Tensor(values, [...input.shape]));
  await answer({taken: input.dtype, scores: [...scores.toTypedArray()]});
} catch (error) {
  await answer({error: String(error)});
}
</script>"""


class Site(SimpleHTTPRequestHandler):
    """Serves a folder, and puts what the page sends back into a queue."""

    def __init__(self, *given: object, answers: queue.Queue[bytes], directory: str) -> None:
        self._answers = answers
        super().__init__(*given, directory=directory)  # type: ignore[arg-type]

    def do_POST(self) -> None:
        self._answers.put(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@contextmanager
def serve(folder: Path, answers: queue.Queue[bytes]) -> Iterator[str]:
    """The address of a folder."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Site, answers=answers, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.browser
@pytest.mark.parametrize(("recipe", "dtype"), [("float32", "float32"), ("int8", "uint8")])
def test_litert_js_answers_as_the_runtime_does(colours: Trained, tmp_path: Path, recipe: str, dtype: str) -> None:
    if BROWSER is None or not PACKAGES.is_dir():
        pytest.skip("no chromium, or no LiteRT.js: tests/install_parts.sh browser")
    site = tmp_path / "site"
    site.mkdir()
    few = ("--calibration-images", "30", "--check-images", "30", "--golden", "none")
    given = (str(colours.model), "--calibrate", str(colours.data), "--recipe", recipe, *few)
    assert main([*given, "--out", str(site / "model.tflite")]) == 0
    picture = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    (site / "picture").write_bytes(picture.tobytes())
    (site / "index.html").write_text(PAGE, encoding="utf-8")
    (site / "packages").symlink_to(PACKAGES)

    answers: queue.Queue[bytes] = queue.Queue()
    with serve(site, answers) as address:
        command = [BROWSER, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--remote-debugging-port=0", address]
        browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            found = json.loads(answers.get(timeout=120))
        finally:
            browser.terminate()
            browser.wait()
    assert found.get("error") is None
    assert found["taken"] == dtype
    scores = np.asarray(found["scores"]) / (256 if dtype == "uint8" else 1)
    # Other kernels than this machine's: an int8 score may round to the next of 256 levels.
    assert scores == pytest.approx(Classifier.load(site / "model.tflite").score(picture), abs=0.01)
