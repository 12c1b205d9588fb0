"""Epochs as TensorBoard's event files.

By tensorboardX, which loads no framework: Keras' own callback, and TensorBoard's own writer where it finds TensorFlow,
load TensorFlow whatever the backend is (11 s on a busy machine, for a training with jax).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from runtime.errors import TrainingError
from train.history import EpochMetrics


@contextmanager
def tensorboard_writer(folder: Path) -> Iterator[Callable[[EpochMetrics], None]]:
    """Gives what writes an epoch to `folder`/train and `folder`/validation, for `tensorboard --logdir FOLDER`.

    Scalars `loss` and `accuracy` (0..1) in both, so that TensorBoard draws them in one plot, and `learning_rate` in
    train; the step is the epoch's number. What was written can be seen at once.

    Raises TrainingError when tensorboardX is not installed or `folder` cannot be written.
    """
    try:
        from tensorboardX import SummaryWriter
    except ModuleNotFoundError:
        raise TrainingError(
            "--tensorboard: tensorboardX is not installed; pip install tensorboardX tensorboard"
        ) from None
    try:
        train, validation = (SummaryWriter(str(folder / part)) for part in ("train", "validation"))
    except OSError as error:
        raise TrainingError(
            f"--tensorboard {folder}: cannot be written ({error.strerror}); name a folder of yours"
        ) from None

    def write(epoch: EpochMetrics) -> None:
        train.add_scalar("loss", epoch.loss, epoch.number)
        train.add_scalar("accuracy", epoch.accuracy, epoch.number)
        train.add_scalar("learning_rate", epoch.rate, epoch.number)
        validation.add_scalar("loss", epoch.validation_loss, epoch.number)
        validation.add_scalar("accuracy", epoch.validation_accuracy, epoch.number)
        train.flush()
        validation.flush()

    with closing(train), closing(validation):
        yield write
