"""What edgeframe raises. Each message says what was received, what was expected and the remedy.

EdgeframeError
├── UsageError        the call contradicts itself (exit 2; the others exit 1)
├── ModelError        a model file that cannot be read, or is not one image classifier
├── PictureError      a picture that cannot be decoded
├── SourceError       a camera, stream or folder that gives no frames
├── BackendError      nothing installed here runs the model
├── OutputError       a file, broker, port or command that takes no results
├── DataError         a data set that cannot be found or used
├── TrainingError     raised by train/
└── ConversionError   raised by convert/
"""


class EdgeframeError(Exception):
    """Base of every error that edgeframe raises on purpose; its text is for the user."""


class UsageError(EdgeframeError):
    """Arguments that cannot go together."""


class ModelError(EdgeframeError):
    """A model file that cannot be read, or that is not one image classifier."""


class PictureError(EdgeframeError):
    """A picture that cannot be decoded."""


class SourceError(EdgeframeError):
    """A camera, stream, file or folder that gives no frames."""


class BackendError(EdgeframeError):
    """Nothing that is installed here can run the model."""


class OutputError(EdgeframeError):
    """A file, broker, port or command that takes no results."""


class DataError(EdgeframeError):
    """A data set that cannot be found or used."""


class TrainingError(EdgeframeError):
    """A training that cannot be done as asked."""


class ConversionError(EdgeframeError):
    """A conversion that failed, or whose result does not answer as the original does."""
