"""Label files as they are found in the wild."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.card import InputSize, ModelCard
from runtime.errors import ModelError
from runtime.labels import match_labels, read_labels
from runtime.printable import printable


@pytest.mark.parametrize(
    "text",
    [
        "cat\ndog\nsea lion\n",
        "\ufeffcat\r\ndog\r\nsea lion",
        "0 cat\n1 dog\n2 sea lion\n",
        "0: cat\n1: dog\n2: sea lion",
        "1 cat\n2 dog\n3 sea lion\n",
        "2 sea lion\n0 cat\n1 dog\n",
        '["cat", "dog", "sea lion"]',
        '{\n"0": "cat",\n"2": "sea lion",\n"1": "dog"}',
        '{"0": ["n02123045", "cat"], "1": ["n02084071", "dog"], "2": ["n02077923", "sea lion"]}',
        '{"dog": 1, "cat": 0, "sea lion": 2}',
        "{0: 'cat',\n 1: 'dog',\n 2: 'sea lion',}",
        '{"hidden_size": 192, "id2label": {"0": "cat", "1": "dog", "2": "sea lion"}, "label2id": {"cat": 0}}',
    ],
)
def test_labels_are_read_in_the_order_of_their_numbers_in_whatever_form_they_come(tmp_path: Path, text: str) -> None:
    (tmp_path / "labels.txt").write_text(text, encoding="utf-8")
    assert read_labels(tmp_path / "labels.txt") == ("cat", "dog", "sea lion")


def test_labels_that_only_look_numbered_stay(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("3 wheeler\n4 wheeler\n")
    assert read_labels(tmp_path / "labels.txt") == ("3 wheeler", "4 wheeler")


@pytest.mark.parametrize(
    "text",
    ['{"0": "cat", "2": "dog"}', '{"id2label": "cat"}', "[[1], [2]]", "[]", '{"cat": 0, "dog": 0}', "{cat", "[" * 9999],
)
def test_a_table_that_does_not_name_each_class_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "labels.json").write_text(text)
    with pytest.raises(ModelError, match="expected one label a line, a list"):
        read_labels(tmp_path / "labels.json")


def test_a_python_table_of_no_network_is_not_parsed(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    (tmp_path / "labels.txt").write_text("{" + "1:1," * 1_000_000 + "}")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ModelError, match="expected one label a line, a list"):
        read_labels(tmp_path / "labels.txt")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000  # KiB; it took 2 GB


def test_a_number_of_thousands_of_digits_is_none(tmp_path: Path) -> None:
    digits = "9" * 5000
    (tmp_path / "labels.txt").write_text(f"{digits} cat\n1 dog\n")
    with pytest.raises(ModelError, match="label 1 is '999"):
        read_labels(tmp_path / "labels.txt")
    for table in (f'{{"{digits}": "cat", "1": "dog"}}', f'{{"cat": {digits}, "dog": 1}}'):
        (tmp_path / "labels.json").write_text(table)
        with pytest.raises(ModelError, match="expected one label a line, a list"):
            read_labels(tmp_path / "labels.json")


def test_empty_lines_are_left_out_only_where_the_count_asks_for_it() -> None:
    assert match_labels(("cat", "", "dog"), 3, "m") == ("cat", "", "dog")
    assert match_labels(("cat", "", "dog"), 2, "m") == ("cat", "dog")


def test_the_background_class_is_added_or_dropped_by_the_count() -> None:
    imagenet = tuple(f"class {number}" for number in range(1000))
    assert match_labels(imagenet, 1001, "m") == ("background", *imagenet)
    assert match_labels(("background", *imagenet), 1000, "m") == imagenet
    assert match_labels(("background", *imagenet), 1001, "m") == ("background", *imagenet)
    assert match_labels(("cats", "dogs"), 1, "m") == ("cats", "dogs")
    for labels, outputs in ((imagenet, 999), (imagenet[:10], 11), (imagenet[:11], 10)):
        with pytest.raises(ModelError, match=f"{len(labels)} labels"):
            match_labels(labels, outputs, "m")


@pytest.mark.parametrize(
    "label", ["\u06af\u0631\u0628\u0647\u200c\u0647\u0627", "猫\u3000犬", "chat\xa0noir", "👩\u200d🚀"]
)
def test_a_label_is_spelt_as_its_language_has_it(tmp_path: Path, label: str) -> None:
    """Persian joins no letters at some places, Japanese has a wide space, French one that does not break."""
    path = tmp_path / "labels.txt"
    path.write_text(f"{label}\nother\n", "utf-8")
    labels = read_labels(path)
    assert labels == (label, "other")
    card = ModelCard("n", "a", labels, InputSize(8, 8))
    assert ModelCard.from_json(card.to_json()) == card
    assert printable(label) == label


def test_a_file_without_labels_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("\n\n")
    (tmp_path / "binary.txt").write_bytes(bytes(range(256)))
    for name, told in (("empty.txt", "is empty"), ("binary.txt", "no text in UTF-8"), ("missing.txt", "No such file")):
        with pytest.raises(ModelError, match=told):
            read_labels(tmp_path / name)


@pytest.mark.parametrize("label", ["dog\x1b[31m", "d" * 201, "dog\u202egod"])
def test_a_label_that_no_card_takes_is_told_with_the_name_of_its_file(tmp_path: Path, label: str) -> None:
    (tmp_path / "labels.txt").write_text(f"cat\n{label}\n")
    with pytest.raises(ModelError, match=r"labels\.txt: label 2 is .*; expected at most 200, and no control"):
        read_labels(tmp_path / "labels.txt")
