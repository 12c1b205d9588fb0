"""`python -m convert diagnose`: which layers of a converted file lose the most, and what to try."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from convert.cam import with_cam
from convert.diagnose import Diagnosis
from convert.diagnose_files import PICTURES, diagnose_file
from convert.diagnose_report import advise, draw_plot, format_errors
from convert.failure import explain_disk, explain_failure
from convert.formats import FORMATS, Format
from convert.keras_file import KerasFile, read_keras_file
from convert.network import load_network
from convert.observer import Observer
from convert.pictures import fit_pictures, open_whole
from convert.quiet import quiet_libraries
from convert.recipes import RECIPES, Recipe
from convert.scratch import own_scratch
from runtime.backends import open_backend
from runtime.card_file import check_model_path, read_card
from runtime.command_line import Parser
from runtime.errors import ConversionError, UsageError
from runtime.whole_file import write_whole

_DESCRIPTION = """Compare what every layer of a converted .tflite or .onnx gives with what the float original gives,
on the same pictures: a table, a plot, and what to try."""
_EXAMPLES = """examples:
  python -m convert diagnose flowers.keras flowers_int8.tflite --data flowers/
  python -m convert diagnose flowers.keras flowers_int8.onnx \\
      --data flowers/ --out plots/"""


@dataclass(frozen=True)
class Question:
    """original: the `.keras`. converted: a `.tflite` or `.onnx` made of it. plots: the folder for the plot.

    data, data_dir: as runtime.dataset.open_dataset takes them.
    """

    original: Path
    converted: Path
    data: str
    data_dir: str | None
    plots: Path

    @property
    def plot(self) -> Path:
        return self.plots / f"{self.converted.stem}_{self.converted.suffix[1:]}_layers.png"


def run_diagnose(arguments: Sequence[str]) -> int:
    """Print the table and what to try, save the plot; the exit code comes back. Raises EdgeframeError."""
    question = _parse(arguments)
    with quiet_libraries(), explain_disk(question.plot), own_scratch():
        found = _answer(question)
        write_whole(question.plot, lambda path: draw_plot(found, question.converted.name, path))
    print(format_errors(found))
    print(f"\nplot  {question.plot}")
    print(f"try   {advise(found, *_kind_of(question.converted))}", flush=True)
    return 0


def _parse(arguments: Sequence[str]) -> Question:
    parser = Parser(
        prog="python -m convert diagnose",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
    )
    add = parser.add_argument
    add("model", metavar="MODEL.keras", type=Path, help="the float original")
    add("file", metavar="FILE", type=Path, help="the .tflite or .onnx that was made of it")
    add("--data", metavar="DATA", required=True, help=f"pictures to compare on; {PICTURES} are enough")
    add("--data-dir", metavar="DIR", help="where a data set given by name lies (default: the Keras cache)")
    add("--out", metavar="DIR", type=Path, help="a folder for the plot (default: beside FILE)")
    given = parser.parse_args(arguments)
    if given.file.suffix.removeprefix(".") not in FORMATS:
        raise UsageError(f"{given.file}: expected a .tflite or .onnx that python -m convert made of {given.model}")
    return Question(given.model, given.file, given.data, given.data_dir, given.out or given.file.parent)


def _answer(question: Question) -> Diagnosis:
    source = read_keras_file(question.original)
    _check_origin(question, source)
    if not question.plots.is_dir():
        raise ConversionError(f"{question.plot}: there is no folder {question.plots}; make it first")
    observer = Observer()
    pictures = open_whole(question.data, "test", question.data_dir).sample(PICTURES)
    fitted = fit_pictures(pictures, source.card, observer, "reading")
    network = load_network(source)
    # The operators of a file with a map have names of their own.
    if open_backend(question.converted).cam is not None:
        network = with_cam(network)
    expected = f"{question.original}; expected a file that python -m convert made of it"
    with explain_failure(f"{question.converted}: cannot be compared with {expected}"):
        found = diagnose_file(network, question.converted, fitted.pictures, observer)
    if not found.errors:
        raise ConversionError(f"{question.converted}: has no layer in common with {expected}")
    return found


def _kind_of(converted: Path) -> tuple[Format, Recipe]:
    """A file without a card was made to have something lost, most likely to integers."""
    card = read_card(converted)
    name = "" if card is None else card.recipe
    return FORMATS[converted.suffix[1:]], RECIPES.get(name, RECIPES["int8"])


def _check_origin(question: Question, source: KerasFile) -> None:
    card = read_card(check_model_path(question.converted))
    if card is not None and card.provenance.source_sha256 not in ("", source.sha256):
        raise ConversionError(
            f"{question.converted}: was made of another file than {question.original} (their sha256 differ); "
            "name the .keras that it was made of"
        )
