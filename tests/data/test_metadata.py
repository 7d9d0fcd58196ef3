"""Folders with metadata: classes, numbers, captions, several at once."""

import json

import numpy as np
import pytest

from kerasgen.data import Dataset, hold_out, load
from kerasgen.features import Attributes, ClassLabel, Tensor, Text
from kerasgen.images import save_png

pytestmark = pytest.mark.any_backend

ROWS = [
    ("0.png", "blond", "7", "41.5", "A red circle."),
    ("deep/1.png", "black", "10", "20", "a blue circle"),
    ("deep/deeper/2.png", "blond", "10", "30", 'the "sky", blue'),
    ("3.png", "red", "7", "25", "a green sky"),
]
COLUMNS = ("file_name", "hair", "kind", "age", "text")


def fill(folder, rows=ROWS, ending="csv", columns=COLUMNS):
    for name, *_ in rows:
        image = np.full((4, 4, 3), 10 * int(name.split("/")[-1][0]) + 20, "uint8")
        image[0, 0] = 255
        save_png(folder / name, image)
    if ending == "csv":
        cells = [",".join('"' + c.replace('"', '""') + '"' for c in r) for r in rows]
        text = "\n".join([",".join(columns), *cells]) + "\n"
    else:
        entries = [dict(zip(columns, row, strict=True)) for row in rows]
        for entry in entries:
            entry["kind"], entry["age"] = int(entry["kind"]), float(entry["age"])
        text = "\n".join(map(json.dumps, entries))
    (folder / f"metadata.{ending}").write_text(text)
    return f"folder:{folder}"


def levels(images):
    return ((images[:, 2, 2, 0].astype(int) - 20) // 10).tolist()


def loaded(name, labels, split="all", **options):
    return load(name, split, labels=labels, batch_size=1, **options)


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_column_of_classes_keeps_their_names(tmp_path, ending):
    name = fill(tmp_path, ending=ending)
    x, y = (data := loaded(name, "hair")).arrays()
    assert levels(x) == [0, 3, 1, 2]  # in the order of their paths
    assert data.class_names == ["black", "blond", "red"] and y.tolist() == [1, 2, 0, 1]
    assert data.num_classes == 3 and data.label_field == ClassLabel(3)
    kinds = loaded(name, "kind")
    assert kinds.class_names == ["7", "10"] and kinds.labels.tolist() == [0, 0, 1, 1]
    with pytest.raises(ValueError, match="`hair` must be one of.*Received"):
        loaded(name, "hair", class_names=["black", "blond"])
    other = loaded(name, "hair", class_names=["red", "grey", "blond", "black"])
    assert other.labels.tolist() == [2, 0, 3, 2] and other.num_classes == 4


def test_a_column_of_numbers_or_of_texts(tmp_path):
    name = fill(tmp_path)
    ages = loaded(name, "age")
    assert ages.label_field == Attributes({}, {"age": (20.0, 41.5)})
    np.testing.assert_allclose(ages.arrays()[1]["age"], [41.5, 25, 20, 30])
    kinds = loaded(name, "kind", kinds={"kind": "number"}).label_field
    assert kinds == Attributes({}, {"kind": (7.0, 10.0)})
    data = loaded(name, "text")
    text, (_, tokens) = data.label_field, data.arrays()
    assert isinstance(text, Text) and tokens.shape == (4, text.length)
    assert data.num_classes is None and data.class_names is None
    assert text.decode(tokens)[3] == 'the " sky " , blue'
    assert text.decode(tokens)[1] == "a green sky"


def test_several_columns_are_attributes(tmp_path):
    data = loaded(fill(tmp_path), ["hair", "age", "kind"])
    assert data.label_field == Attributes(
        {"hair": ["black", "blond", "red"], "kind": ["7", "10"]}, {"age": (20.0, 41.5)}
    )
    y = data.arrays()[1]
    data.label_field.check(y, "y", 4)
    assert y["hair"].tolist() == [1, 2, 0, 1] and y["age"].dtype == np.float32
    assert data.label_field.describe(y)[0] == "hair blond, kind 7, age 41.5"
    for part in hold_out(data, 2):
        images, labels = part.arrays()
        hairs = np.array([1, 0, 1, 2])[levels(images)]
        np.testing.assert_array_equal(labels["hair"], hairs)
    some = loaded(f"folder:{tmp_path}", ["hair", "kind"], num_examples=2)
    assert len(some.arrays()[1]["hair"]) == 2


def test_a_text_among_several_is_a_field_of_its_own(tmp_path):
    data = loaded(fill(tmp_path), ["text", "hair", "age"])
    field = data.label_field
    kinds = {"text": Text, "hair": ClassLabel, "age": Tensor}
    assert {name: type(part) for name, part in field.items()} == kinds
    y = data.arrays()[1]
    for name, part in field.items():
        part.check(y[name], name, 4)


def test_splits_have_the_classes_of_all_and_the_words_of_the_training_split(tmp_path):
    fill(tmp_path / "train", ROWS[:2])
    fill(tmp_path / "test", ROWS[2:])
    name = f"folder:{tmp_path}"
    train, test = (loaded(name, "hair", split) for split in ("train", "test"))
    assert train.class_names == test.class_names == ["black", "blond", "red"]
    assert train.labels.tolist() == [1, 0] and test.labels.tolist() == [2, 1]
    captions = loaded(name, "text", "test")
    words = captions.label_field.decode(captions.arrays()[1])
    assert words[0] == "a <unknown> <unknown>"
    assert captions.label_field == loaded(name, "text", "train").label_field
    own = Text(3, ["", "<unknown>", "sky"])
    again = loaded(name, "text", "test", label_field=own)
    assert again.label_field == own and again.arrays()[1][0].tolist() == [1, 1, 2]
    limits = Attributes({"hair": ["red", "black", "blond"]}, {"age": (0.0, 50.0)})
    both = loaded(name, ["hair", "age"], "test", label_field=limits)
    assert both.arrays()[1]["hair"].tolist() == [0, 2]


def test_metadata_of_the_whole_folder_name_the_files_of_its_splits(tmp_path):
    rows = [("train/0.png", "a"), ("test/1.png", "b")]
    name = fill(tmp_path, rows, columns=("file_name", "hair"))
    assert loaded(name, "hair", "test").labels.tolist() == [1]


def test_without_labels_all_pictures_of_all_folders_are_taken(tmp_path, recwarn):
    name = fill(tmp_path)
    data = loaded(name, False)
    assert levels(data.arrays()[0]) == [0, 3, 1, 2] and data.labels is None
    assert not recwarn and not data.skipped_files, "metadata are no stray file"
    assert not hasattr(data, "label_field") and isinstance(data, Dataset)
    for labels in (True, None):
        with pytest.raises(ValueError, match="either images or one folder.*labels=Fal"):
            loaded(name, labels)


@pytest.mark.parametrize(
    "rows, message",
    [
        ([*ROWS, ROWS[0]], "entry 5 with '0.png', named twice"),
        ([*ROWS, ("", "", "", "", "")], "a column `file_name`.*entry 5 without"),
        ([*ROWS[1:], ("0.png", "", "7", "1", "x")], "value of 'hair' of each image"),
    ],
)
def test_what_is_wrong_with_metadata_is_said(tmp_path, rows, message):
    fill(tmp_path, [row for row in rows if row[0]])
    path = tmp_path / "metadata.csv"
    if not rows[-1][0]:
        path.write_text(path.read_text() + ",,,,\n")
    with pytest.raises(ValueError, match=f"`folder:` must hold metadata.*{message}"):
        loaded(f"folder:{tmp_path}", "hair")


def test_what_is_not_there_is_said(tmp_path):
    name = fill(tmp_path)
    with pytest.raises(ValueError, match="value of 'size'.*Received: .*0.png without"):
        loaded(name, "size")
    with pytest.raises(ValueError, match="numbers in 'hair'. Received: 'blond'"):
        loaded(name, ["hair", "age"], kinds={"hair": "number"})
    with pytest.raises(ValueError, match="`kinds` must be one of.*Received"):
        loaded(name, "hair", kinds={"hair": "colour"})
    save_png(tmp_path / "4.png", np.zeros((4, 4, 3)))
    with pytest.raises(ValueError, match="4.png without an entry"):
        loaded(name, "hair")
    (tmp_path / "metadata.jsonl").write_text("{}")
    with pytest.raises(ValueError, match="one file of metadata.*metadata.csv and"):
        loaded(name, "hair")
    (tmp_path / "metadata.csv").unlink()
    with pytest.raises(ValueError, match="a column `file_name`"):
        loaded(name, "hair")
    (tmp_path / "metadata.jsonl").write_text("[1]")
    with pytest.raises(ValueError, match="an object a line"):
        loaded(name, "hair")
    (tmp_path / "metadata.jsonl").write_text("{")
    with pytest.raises(ValueError, match="metadata that can be read.*jsonl"):
        loaded(name, "hair")
    (tmp_path / "metadata.jsonl").write_text(json.dumps({"file_name": "9.png"}))
    with pytest.raises(ValueError, match="'9.png', which is no file"):
        loaded(name, "hair")
