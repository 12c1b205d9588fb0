"""Which JPEGs libav may decode in place of Pillow, and that their pictures get the same answers."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from PIL import Image

from runtime.classifier import Classifier
from runtime.dataset import open_dataset
from runtime.image import fit_image, least_size
from runtime.picture import open_header, open_picture
from runtime.sources.jpeg import JpegFitter
from runtime.sources.plain_jpeg import strip_jpeg
from runtime.sources.view import View
from tests.runtime.test_sources_jpeg import FITS, SIZE, TOLERANCE, fit_by_libav, photo, save

__all__ = ["photo"]


def test_what_is_cut_off_or_not_alone_in_its_file_is_left_to_pillow(photo: Image.Image) -> None:
    content = save(photo)
    assert strip_jpeg(content) is not None
    for end in range(0, len(content), 97):
        assert strip_jpeg(content[:end]) is None
    half = content[: len(content) // 2] + b"\xff\xd9"
    assert strip_jpeg(half) is not None
    assert fit_by_libav(half) is None, "the end is there, but not what comes before it"
    for odd in (content + b"\0", content + content, content[:-2], b"GIF89a" + content, b"", b"\xff\xd8\xff\xd9"):
        assert strip_jpeg(odd) is None


def test_a_jpeg_without_its_tables_gets_none_of_the_one_before(photo: Image.Image) -> None:
    content = save(photo)
    fitter = JpegFitter()
    for marker in (b"\xff\xdb", b"\xff\xc4"):
        at = content.index(marker)
        without = content[:at] + content[at + 2 + int.from_bytes(content[at + 2 : at + 4], "big") :]
        for one, is_fitted in ((content, True), (without, False), (content, True)):
            with open_header(one) as header:
                assert (fitter.fit(header, SIZE, FITS[0], View(), None) is not None) is is_fitted


def test_jpegs_of_real_photos_get_the_answers_of_the_photos(data_dir: Path) -> None:
    """Photos enlarged to 720 pixels and more."""
    classifier, fitter = Classifier.load(), JpegFitter()
    size, fit = classifier.card.input, classifier.card.fit
    data = open_dataset(data_dir / "imagenet_sample_even.tar", "all")
    differences, same = [], 0
    for number in range(len(data)):
        small = data.read(number).convert("RGB")  # type: ignore[union-attr]
        factor = math.ceil(720 / min(small.size))
        content = save(small.resize((small.width * factor, small.height * factor)))
        with open_header(content) as header:
            by_libav = fitter.fit(header, size, fit, View(), least_size(size, fit))
        assert by_libav is not None
        by_pillow = fit_image(open_picture(content), size, fit)
        differences.append(np.abs(by_libav.astype(int) - by_pillow).mean())
        same += classifier.score(by_libav).argmax() == classifier.score(by_pillow).argmax()
    told = f"mean difference {np.mean(differences):.2f}, largest {max(differences):.2f}"
    print(f"{told}, same top-1 on {same / len(data):.1%}")
    assert np.mean(differences) <= TOLERANCE
    assert same / len(data) >= 0.98
