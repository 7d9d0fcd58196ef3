"""Folders with boxes: Hugging Face's `objects`, in pixels, cut with the pictures."""

import json

import numpy as np
import pytest

from kerasgen.data import load
from kerasgen.features import Boxes, Image
from kerasgen.images import save_png

pytestmark = pytest.mark.any_backend

OBJECTS = [  # boxes x, y, width, height of white parts of pictures of 16 by 24
    {"bbox": [[10, 4, 6, 8]], "categories": [1]},
    {"bbox": [[0, 0, 8, 4], [14, 6, 10, 10]], "categories": [0, 2]},
    {"bbox": [], "categories": []},
]


def fill(folder, objects=OBJECTS, ending="jsonl"):
    lines = []
    for i, one in enumerate(objects):
        image = np.full((16, 24, 3), 40, "uint8")
        for x, y, w, h in one["bbox"]:
            image[y : y + h, x : x + w] = 255
        save_png(folder / f"{i}.png", image)
        lines.append({"file_name": f"{i}.png", "text": f"number {i}", "objects": one})
    if ending == "jsonl":
        text = "\n".join(map(json.dumps, lines))
    else:
        cell = [json.dumps(row["objects"]).replace('"', '""') for row in lines]
        rows = zip(lines, cell, strict=True)
        text = "file_name,text,objects\n" + "\n".join(
            f'{row["file_name"]},{row["text"]},"{c}"' for row, c in rows
        )
    (folder / f"metadata.{ending}").write_text(text)
    return f"folder:{folder}"


def loaded(name, labels="objects", **options):
    return load(name, "all", labels=labels, batch_size=1, **options)


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_boxes_are_shares_of_the_picture(tmp_path, ending):
    data = loaded(fill(tmp_path, ending=ending))
    x, boxes = data.arrays()
    assert data.label_field == Boxes(2, 3) and data.num_classes is None
    assert data.fields.x == Image((16, 24, 3)) and boxes.shape == (3, 2, 6)
    expected = [4 / 16, 10 / 24, 12 / 16, 16 / 24, 1, 1]
    np.testing.assert_allclose(boxes[0, 0], expected, rtol=1e-6)
    assert boxes[..., 4].tolist() == [[1, 0], [1, 1], [0, 0]]
    assert boxes[1, :, 5].tolist() == [0, 2]
    data.label_field.check(boxes)


@pytest.mark.parametrize(
    "image_size, count", [((16, 16), 3), ((32, 48), 3), ((8, 24), 2), ((20, 10), 2)]
)
def test_boxes_are_cut_with_the_pictures(tmp_path, image_size, count):
    data = loaded(fill(tmp_path), image_size=image_size, interpolation="nearest")
    x, boxes = data.arrays()
    for image, rows in zip(x, boxes, strict=True):
        white = image[..., 0] > 200
        inside = np.zeros(image_size, bool)
        for top, left, bottom, right, there, _ in rows:
            if there:
                ends = np.round(np.array([top, bottom]) * image_size[0]).astype(int)
                sides = np.round(np.array([left, right]) * image_size[1]).astype(int)
                inside[slice(*ends), slice(*sides)] = True
        assert (white != inside).mean() < 0.12
    assert boxes[..., 4].sum() == count  # of others nothing is left


def test_classes_may_have_names_or_be_absent(tmp_path):
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    named = [
        {**one, "categories": ["cat", "dog"][: len(one["bbox"])]} for one in OBJECTS
    ]
    data = loaded(fill(tmp_path / "a", named))
    assert data.label_field == Boxes(2, 2, ["cat", "dog"])
    assert data.arrays()[1][1, :, 5].tolist() == [0, 1]
    field = Boxes(5, 3, ["dog", "bird", "cat"])
    other = loaded(f"folder:{tmp_path / 'a'}", label_field=field)
    assert other.arrays()[1][1, :2, 5].tolist() == [2, 0]
    with pytest.raises(ValueError, match="`objects` must have at most 1 boxes"):
        loaded(f"folder:{tmp_path / 'a'}", label_field=Boxes(1, 3, field.names))
    bare = [{"bbox": one["bbox"]} for one in OBJECTS]
    assert loaded(fill(tmp_path / "b", bare)).label_field == Boxes(2)


def test_texts_and_boxes_together_are_fields(tmp_path):
    data = loaded(fill(tmp_path), ["text", "objects"])
    x, y = data[0]
    assert y["objects"].shape == (1, 2, 6) and data.fields.y["objects"] == Boxes(2, 3)
    assert data.fields.y["text"].decode(data.arrays()[1]["text"])[2] == "number 2"


@pytest.mark.parametrize(
    "one, message",
    [
        ({"bbox": [[1, 2, 3]], "categories": [0]}, "with boxes in 'objects'"),
        ({"bbox": [[1, 2, 0, 3]], "categories": [0]}, "of some width and height"),
        ({"bbox": "none"}, "with boxes in 'objects'"),
        ({"bbox": [[1, 2, 3, 4]], "categories": []}, "with a class of each box"),
        ({"bbox": [[1, 2, 3, 4]], "categories": [0, 1]}, "with a class of each box"),
    ],
)
def test_what_are_no_boxes_is_refused(tmp_path, one, message):
    name = fill(tmp_path)
    lines = (tmp_path / "metadata.jsonl").read_text().splitlines()
    row = {**json.loads(lines[0]), "objects": one}
    (tmp_path / "metadata.jsonl").write_text("\n".join([json.dumps(row), *lines[1:]]))
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        loaded(name)
    with pytest.raises(ValueError, match="`half` must be None where labels are boxes"):
        (tmp_path / "metadata.jsonl").write_text("\n".join(lines))
        loaded(name, half="left")
