"""The page of a training: one HTML file that loads nothing and runs nothing."""

from __future__ import annotations

from html import escape
from pathlib import Path

from runtime.card import ModelCard
from runtime.whole_file import write_whole_text
from train.report.calibration import draw_calibration
from train.report.confusion import tabulate_classes, tabulate_confusion
from train.report.contents import TrainingReport
from train.report.curves import draw_curves
from train.report.mistakes import show_mistakes
from train.settings import Setting

_STYLE = Path(__file__).with_name("page.css")
_MOST_SKIPPED = 50


def write_report(report: TrainingReport, path: Path) -> None:
    """Write `path` whole or not at all. Raises OSError."""
    write_whole_text(path, render_report(report))


def render_report(report: TrainingReport) -> str:
    """The page as HTML; all that comes from outside is escaped, and its own policy forbids scripts and loading."""
    evaluation = report.evaluation
    sections = [
        ("Curves", draw_curves(report)),
        ("Confusion matrix", tabulate_confusion(evaluation)),
        ("Classes", tabulate_classes(evaluation)),
        ("Worst mistakes", show_mistakes(evaluation)),
        ("Calibration", draw_calibration(evaluation)),
        ("Network", f'<pre class="scroll">{escape(report.summary.strip())}</pre>'),
        ("Settings", _tabulate_settings(report.settings)),
        ("Model card", _tabulate_settings(_card_rows(report.card))),
    ]
    if report.skipped:
        sections.append(("Pictures that could not be read", _list_skipped(report.skipped)))
    body = "\n".join(f"<section><h2>{title}</h2>\n{content}\n</section>" for title, content in sections)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>{escape(report.card.name)}: training report</title>
<style>
{_STYLE.read_text("utf-8")}</style>
</head>
<body>
{_head(report)}
<main>
{body}
</main>
</body>
</html>
"""


def _head(report: TrainingReport) -> str:
    evaluation, card = report.evaluation, report.card
    low, high = evaluation.interval
    figures = [
        ("top-1", f"{evaluation.top1:.1%}", f"95% interval {low:.1%} to {high:.1%}"),
        *([] if evaluation.top5 is None else [("top-5", f"{evaluation.top5:.1%}", "")]),
        ("test pictures", f"{evaluation.count:,}", f"{evaluation.correct:,} right"),
        ("parameters", _in_short(report.parameters), ""),
        ("file", f"{report.file_bytes / 1e6:.1f} MB", ""),
        ("training", _duration(report.seconds), f"best epoch {report.best_epoch} of {report.epochs[-1].number}"),
    ]
    items = "".join(
        f"<div><dt>{name}</dt><dd>{value}{f'<small>{note}</small>' if note else ''}</dd></div>"
        for name, value, note in figures
    )
    made = f" · {escape(card.provenance.date)}" if card.provenance.date else ""
    return f"""<header>
<h1>{escape(card.name)}</h1>
<p>{escape(card.architecture)} · {card.input} · {len(card.labels)} classes{made}</p>
<dl>{items}</dl>
</header>"""


def _card_rows(card: ModelCard) -> tuple[tuple[str, Setting], ...]:
    measured = card.measured
    return (
        ("name", card.name),
        ("architecture", card.architecture),
        ("labels", ", ".join(card.labels)),
        ("input", f"{card.input}, {card.fit}"),
        ("scores", card.scores),
        ("recipe", card.recipe),
        (
            "measured",
            f"{measured.top1:.1%} of {measured.count:,}, {measured.data} ({measured.split})" if measured else "",
        ),
        ("licence", card.licence),
        ("source", card.provenance.source),
        ("source, sha256", card.provenance.source_sha256),
        ("tools", ", ".join(card.provenance.tools)),
        ("date", card.provenance.date),
    )


def _tabulate_settings(settings: tuple[tuple[str, Setting], ...]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(_in_words(value))}</td></tr>' for name, value in settings
    )
    return f'<table class="settings"><tbody>{rows}</tbody></table>'


def _list_skipped(skipped: tuple[str, ...]) -> str:
    items = "".join(f"<li>{escape(reason)}</li>" for reason in skipped[:_MOST_SKIPPED])
    more = len(skipped) - _MOST_SKIPPED
    return f"<ul>{items}</ul>" + (f"<p>and {more:,} more</p>" if more > 0 else "")


def _in_words(value: Setting) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value) or "–"


def _in_short(count: int) -> str:
    """1,234 or 56.7 k or 8.9 M."""
    if count < 10_000:
        return f"{count:,}"
    return f"{count / 1e3:.1f} k" if count < 1e6 else f"{count / 1e6:.2f} M"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"
