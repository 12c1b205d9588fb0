"""Downloads by Keras: its messages out of the results, and its failures in words that help."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import PurePosixPath

from runtime.dataset.open import keras_cache
from runtime.errors import TrainingError


@contextmanager
def downloading_weights(name: str) -> Iterator[None]:
    """Around a call that may download to the Keras cache, and reads it: TrainingError names the file and where to put
    it, or what is damaged there. name: of what is downloaded.
    """
    folder = keras_cache().parent / "models"
    try:
        with redirect_stdout(sys.stderr):
            yield
    except OSError as error:
        raise TrainingError(
            f"{name}: its file in {folder} cannot be read ({' '.join(str(error).split())[:200]}); remove it there, "
            "and it is downloaded again"
        ) from None
    except Exception as error:
        url, reason = explain_failure(error)
        if not url:
            raise
        raise TrainingError(
            f"{PurePosixPath(url).name} is not in {folder} and cannot be downloaded "
            f"({reason}); put it there, it is at {url}"
        ) from None


def explain_failure(error: Exception) -> tuple[str, str]:
    """The URL that could not be had and why; the URL is empty where the error is of another kind."""
    # keras.utils.get_file raises a bare Exception with this text.
    failure = re.match(r"URL fetch failure on (\S+): (?:None -- )?(.*)", str(error))
    return (failure[1], failure[2]) if failure else ("", " ".join(str(error).split())[:200])
