"""The arguments by which `classify` exchanges its model while frames flow, and what they set going."""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runtime.command_line import seconds
from runtime.errors import UsageError

if TYPE_CHECKING:
    from runtime.classifier import Classifier
    from runtime.reload import HotModel, Stamp, Terms
    from runtime.sinks.fan_out import Sinks
    from runtime.sources import Source


@dataclass(frozen=True)
class ReloadOrder:
    """loaded: the stamp of the file before it was loaded; the others are as HotModel describes them."""

    path: Path
    loaded: Stamp | None
    terms: Terms
    is_watched: bool


def add_reload_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("a new model file while a camera, stream or video runs")
    group.add_argument(
        "--watch",
        action="store_true",
        help="use a new model file as soon as it is there, if it is good; so does the signal SIGHUP",
    )
    group.add_argument("--allow-new-labels", action="store_true", help="accept one with other labels than the old one")
    group.add_argument(
        "--max-latency", type=seconds, metavar="TIME", help="refuse one that takes longer for a frame: 20ms"
    )


def read_reload(args: argparse.Namespace) -> ReloadOrder | None:
    """What is to be exchanged, asked for before the model is loaded; None where nothing is. Raises UsageError.

    Without --watch, SIGHUP still is the wish of whoever runs a service; in a terminal it means that this closes.
    """
    if args.watch and args.model is None:
        raise UsageError("--watch without --model FILE: the model that comes along does not change; name yours")
    if args.camera is None and not args.watch and (args.allow_new_labels or args.max_latency is not None):
        raise UsageError("--allow-new-labels and --max-latency are for a new model file; give --watch, too")
    if args.model is None or not (args.watch or (args.camera is not None and not _has_terminal())):
        return None
    from runtime.reload import Terms, read_stamp

    path = Path(args.model)
    return ReloadOrder(path, read_stamp(path), Terms(args.allow_new_labels, args.max_latency), args.watch)


@contextmanager
def exchange_model(
    order: ReloadOrder, classifier: Classifier, load: Callable[[], Classifier], sources: Sequence[Source], sinks: Sinks
) -> Iterator[HotModel]:
    """The model, exchanged as ordered until the context is left. Raises UsageError for sources of still pictures."""
    from runtime.events import MODEL_SWAPPED, SourceEvent
    from runtime.reload import HotModel
    from runtime.sinks.health import tell_on_stderr

    for source in sources:
        if order.is_watched and not source.is_video:
            raise UsageError(f"{source.name}: --watch is for cameras, streams and videos; leave it out for pictures")
    labels = classifier.card.labels

    def swapped(new: Classifier) -> None:
        nonlocal labels
        if new.card.labels != labels:
            labels = new.card.labels
            sinks.relabel(labels)
        for source in sources:
            source.refit(new.card)

    def tell(event: SourceEvent) -> None:
        outcome = "now in use" if event.state == MODEL_SWAPPED else "refused, the one before goes on"
        tell_on_stderr(f"{event.source}: {outcome} ({event.reason})")
        sinks.write_event(event)

    hot = HotModel(
        order.path,
        order.loaded,
        classifier,
        load,
        terms=order.terms,
        is_watched=order.is_watched,
        check=lambda new: sinks.check_labels(new.card.labels),
        swapped=swapped,
        tell=tell,
    )
    with hot, _on_hangup(hot.reload):
        yield hot


@contextmanager
def _on_hangup(call: Callable[[], None]) -> Iterator[None]:
    if not hasattr(signal, "SIGHUP"):
        yield
        return
    before = signal.signal(signal.SIGHUP, lambda number, frame: call())
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY))
    except OSError:
        return False
    return True
