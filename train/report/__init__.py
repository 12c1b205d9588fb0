"""What a training leaves beside its model: a page to read, its figures as JSON, and TensorBoard's event files.

    flowers.keras
    flowers.report.html     curves, confusion, mistakes, calibration: one file, no script, nothing from a network
    flowers.metrics.json    the same figures for programs

Everything is made from one TrainingReport (train/report/contents.py).
"""

from train.report.contents import TrainingReport, report_paths
from train.report.events import tensorboard_writer
from train.report.metrics import write_metrics
from train.report.page import write_report

__all__ = ["TrainingReport", "report_paths", "tensorboard_writer", "write_metrics", "write_report"]
