"""Labelled pictures, read lazily: what training, calibration, the agreement check and benchmarks go through.

Accepted as data (`open_dataset`):
  a folder      class folders of pictures, or train/ validation/ test/ of them (the latter two may lack) with no
                other pictures beside; or pictures with a `labels.csv` (columns `file` and `label` or `class_index`);
                or pictures only
  a tar or zip  of such a folder (.tar, .tar.gz, .tgz, .zip)
  an .npz       in the Keras layout: x_train, y_train, x_test, y_test, and optionally `labels` (names)
  a name        mnist, fashion_mnist or cifar10, from `data_dir` or the Keras cache
"""

from runtime.dataset.dataset import SPLITS, DataSet, Reader
from runtime.dataset.open import NAMED, open_dataset

__all__ = ["NAMED", "SPLITS", "DataSet", "Reader", "open_dataset"]
