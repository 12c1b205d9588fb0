"""What benchmarks raises besides the errors of runtime."""

from runtime.errors import EdgeframeError


class BenchmarkError(EdgeframeError):
    """A measurement that could not be made, or results that cannot be read; its text is for the user."""
