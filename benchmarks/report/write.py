"""All forms of the report, beside each other in a folder."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.measurement import Results
from benchmarks.report.fonts import fonts_for
from benchmarks.report.limits import NO_LIMITS, Limits
from benchmarks.report.markdown import format_markdown
from benchmarks.report.rows import make_rows
from benchmarks.report.table_file import format_class_csv, format_csv
from runtime.whole_file import write_whole, write_whole_text


def write_report(results: Results, folder: Path, limits: Limits = NO_LIMITS) -> list[Path]:
    """Write report.html, results.md, results.csv, classes.csv and a PNG of each plot into a folder, which is made where
    it is not there; returns the files.

    A plot that there is nothing for is left out. Raises BenchmarkError where the folder cannot be written.
    """
    from benchmarks.report.page import format_page
    from benchmarks.report.plot_names import names_of
    from benchmarks.report.plots import PLOTS, save_png

    rows, files = make_rows(results), []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with fonts_for("".join(names_of(rows))):
            for name, text in (
                ("report.html", format_page(results, limits)),
                ("results.md", format_markdown(results, limits)),
                ("results.csv", format_csv(results)),
                ("classes.csv", format_class_csv(results)),
            ):
                write_whole_text(folder / name, text)
                files.append(folder / name)
            for plot in PLOTS:
                file = folder / f"{plot.name}.png"
                file.unlink(missing_ok=True)  # One of an earlier run would not be what the table shows.
                figure = plot.draw(rows)
                if figure is not None:
                    write_whole(file, partial(save_png, figure))
                    files.append(file)
    except OSError as error:
        raise BenchmarkError(
            f"{error.filename}: cannot be written ({error.strerror}); name another folder: "
            "python -m benchmarks report RESULTS.json --out DIR"
        ) from None
    return files
