"""The report as one HTML page: plots inside it, nothing from the network, light and dark."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template

from benchmarks.answers import Share
from benchmarks.measurement import Results
from benchmarks.report.cautions import find_cautions
from benchmarks.report.columns import Column, used_columns
from benchmarks.report.limits import NO_LIMITS, Limits, recommend
from benchmarks.report.markdown import describe_how
from benchmarks.report.matrix import device_matrix
from benchmarks.report.plots import COLOUR_NAMES, PLOTS, to_svg
from benchmarks.report.rows import Row, host_name, make_rows

_TEMPLATE = Path(__file__).with_name("page.html")
# Classes of more than this are too many to read one by one; classes.csv has them.
_MOST_CLASSES = 30


def format_page(results: Results, limits: Limits = NO_LIMITS) -> str:
    """The whole page."""
    rows = make_rows(results)
    hosts = " \u00b7 ".join(dict.fromkeys(str(m.host) for m in results.measurements))
    return Template(_TEMPLATE.read_text("utf-8")).substitute(
        subtitle=escape(hosts or "nothing was measured"),
        recommendation=escape(recommend(rows, limits)),
        plots="\n".join(_plot_sections(rows)),
        table=_figures_table(rows),
        devices=_section("Devices", _table(matrix)) if (matrix := device_matrix(rows)) else "",
        classes=_section("Class by class", _table(table)) if (table := _class_table(results)) else "",
        failures=_list_section(
            "Could not be measured", [f"{results.title_of(f)}: {f.message}" for f in results.failures], "failure"
        ),
        warnings=_list_section("Warnings", find_cautions(results), "warning"),
        how=_list_section("How it was measured", describe_how(results) if rows else [], "how"),
    )


def _plot_sections(rows: Sequence[Row]) -> list[str]:
    figures = [(plot, plot.draw(rows)) for plot in PLOTS]
    return [
        f'<figure id="plot-{plot.name}"><figcaption>{escape(plot.title)}</figcaption>'
        f"{_in_page_colours(to_svg(figure), plot.name)}</figure>"
        for plot, figure in figures
        if figure is not None
    ]


def _in_page_colours(svg: str, name: str) -> str:
    """Colours become the style sheet's, and ids its own, since several drawings share the page."""
    for colour, variable in COLOUR_NAMES.items():
        svg = svg.replace(colour, f"var(--{variable})")
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r"url\(#", f"url(#{name}-", svg)
    svg = re.sub(r'href="#', f'href="#{name}-', svg)
    head, end, rest = svg.partition(">")  # its size is the page's
    return re.sub(r' (width|height)="[^"]*"', "", head) + end + rest


def _figures_table(rows: Sequence[Row]) -> str:
    columns = used_columns(rows)
    head = "".join(f'<th aria-sort="none"><button type="button">{escape(c.title)}</button></th>' for c in columns)
    body = "\n".join(_figures_row(row, columns) for row in rows)
    return f'<table id="figures"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _figures_row(row: Row, columns: Sequence[Column]) -> str:
    cells = "".join(
        f'<td data-value="{"" if (value := column.value(row)) is None else escape(str(value))}"'
        f"{'' if isinstance(value, str) else ' class=number'}>{escape(column.text(row))}</td>"
        for column in columns
    )
    return f"<tr{' class=best' if row.is_best else ''}>{cells}</tr>"


def _class_table(results: Results) -> list[list[str]]:
    """Top-1 of each class, a column for each that answered; empty where they have different or too many classes."""
    measured = {(m.subject.model, m.subject.host): m for m in results.measurements}
    shown = [(a, m) for a in results.answers if (m := measured.get((a.model, a.host)))]
    # The same classes may stand in another order in each model, as in one from elsewhere.
    if len({tuple(sorted(m.card.labels)) for _, m in shown}) != 1:
        return []
    classes = shown[0][1].card.labels
    if len(classes) > _MOST_CLASSES:
        return []
    titles = _tell_apart([(results.names[m.subject.model], a.backend, host_name(m)) for a, m in shown])
    return [
        ["class", *titles],
        *([label, *(_class_cell(a.top1_of_class(m.card.labels.index(label))) for a, m in shown)] for label in classes),
    ]


def _tell_apart(names: Sequence[tuple[str, ...]]) -> list[str]:
    """Of each its first part, with those of the others that are not the same in all."""
    varied = [at for at, parts in enumerate(zip(*names)) if at == 0 or len(set(parts)) > 1]
    return [", ".join(name[at] for at in varied) for name in names]


def _class_cell(share: Share | None) -> str:
    if share is None:
        return "-"
    low, high = share.interval
    return f"{share.value * 100:.0f} % ({low * 100:.0f} to {high * 100:.0f})"


def _table(cells: Sequence[Sequence[str]]) -> str:
    head, *body = cells
    lines = ["<tr>" + "".join(f"<th>{escape(cell)}</th>" for cell in head) + "</tr>"]
    lines += ["<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in line) + "</tr>" for line in body]
    return f'<div class="wide"><table>{"".join(lines)}</table></div>'


def _section(title: str, content: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{content}</section>"


def _list_section(title: str, lines: Sequence[str], kind: str) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return _section(title, f'<ul class="{kind}">{items}</ul>') if lines else ""
