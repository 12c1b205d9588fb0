"""`python -m train pretrained`: a network with its published ImageNet weights as one file with its card."""

from __future__ import annotations

from pathlib import Path

from runtime.card import ModelCard
from train.classifier import build_published
from train.imagenet import read_labels
from train.model_file import made_now, write_model
from train.models import Architecture, Variant


def write_published(architecture: Architecture, variant: Variant, out: Path, data_dir: Path | None) -> ModelCard:
    """Build it as it was published and write it to `out`; gives the card in the file.

    `variant` is pretrained, has its top, and is one that train.plan.check_variant lets pass. Raises TrainingError
    or DataError where weights or class names (`data_dir`, see train.imagenet) are not to be had.
    """
    assert architecture.weights is not None
    card = ModelCard(
        name=out.stem,
        architecture=architecture.name,
        labels=read_labels(data_dir),
        input=variant.size,
        fit=architecture.fit,
        licence=architecture.weights.licence,
        provenance=made_now(architecture.weights.source, architecture.weights.sha256),
    )
    write_model(build_published(architecture, variant), card, out)
    return card
