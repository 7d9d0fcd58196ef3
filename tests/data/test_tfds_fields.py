"""Prepared TensorFlow data sets of texts, boxes, tensors and videos."""

import json
import struct

import numpy as np
import pytest

from kerasgen.data import load
from kerasgen.features import Boxes, ClassLabel, Image, Tensor, Text, Video

pytestmark = pytest.mark.any_backend

tfds = pytest.importorskip("tensorflow_datasets")

CAPTIONS = ["a red ball", "a blue ball , a dog", "nothing"]
BOXES = [[(0.25, 0.5, 0.75, 1.0)], [(0.0, 0.0, 0.5, 0.25), (0.5, 0.5, 1.0, 1.0)], []]
CLASSES = [[2], [0, 1], []]
VIDEO_SHAPE = (3, 6, 6, 3)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A small data set of many kinds, written without TensorFlow."""
    kinds, place = tfds.features, tmp_path_factory.mktemp("tfds")
    box = {
        "bbox": kinds.BBoxFeature(),
        "label": kinds.ClassLabel(names=["a", "b", "c"]),
    }
    features = kinds.FeaturesDict(
        {
            "image": kinds.Image(shape=(8, 12, 3)),
            "caption": kinds.Text(),
            "objects": kinds.Sequence(box),
            "boxes": kinds.Sequence(kinds.BBoxFeature()),
            "box": kinds.BBoxFeature(),
            "vector": kinds.Tensor(shape=(2, 2), dtype=np.float32),
            "label": kinds.ClassLabel(names=list("wxyz")),
            "video": kinds.Video(shape=VIDEO_SHAPE),
            "other": kinds.Image(shape=(8, 12, 1)),
            "sound": kinds.Audio(),
            "ragged": kinds.Tensor(shape=(None,), dtype=np.float32),
        }
    )
    folder = place / "many" / "1.0.0"
    folder.mkdir(parents=True)
    features.save_config(str(folder))
    records = [record(i) for i in range(3)]
    file = folder / "many-train.tfrecord-00000-of-00001"
    file.write_bytes(
        b"".join(struct.pack("<QI", len(r), 0) + r + bytes(4) for r in records)
    )
    split = {
        "name": "train",
        "shardLengths": ["3"],
        "numBytes": str(file.stat().st_size),
        "filepathTemplate": "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}",
    }
    info = {"name": "many", "version": "1.0.0", "fileFormat": "tfrecord"}
    (folder / "dataset_info.json").write_text(json.dumps({**info, "splits": [split]}))
    return place


def png(shape, value):
    import io

    from PIL import Image as Pillow

    stream = io.BytesIO()
    Pillow.fromarray(np.full(shape, value, "uint8")).save(stream, "png")
    return stream.getvalue()


def record(i):
    from tensorflow_datasets.proto import tf_example_pb2

    example = tf_example_pb2.Example()
    values = example.features.feature
    values["image"].bytes_list.value.append(png((8, 12, 3), 40 * i + 20))
    values["other"].bytes_list.value.append(png((8, 12), 50 * i + 20))
    values["caption"].bytes_list.value.append(CAPTIONS[i].encode())
    values["objects/bbox"].float_list.value.extend(np.ravel(BOXES[i]))
    values["objects/label"].int64_list.value.extend(CLASSES[i])
    values["boxes"].float_list.value.extend(np.ravel(BOXES[i]))
    values["box"].float_list.value.extend(BOXES[0][0])
    values["vector"].float_list.value.extend([i, 2.5, 3.0, 4.0])
    values["label"].int64_list.value.append(i)
    frames = [png(VIDEO_SHAPE[1:], 10 * i + t + 5) for t in range(VIDEO_SHAPE[0])]
    values["video"].bytes_list.value.extend(frames)
    values["sound"].int64_list.value.extend([1, 2, 3])
    values["ragged"].float_list.value.extend([1.0] * (i + 1))
    return example.SerializeToString()


def loaded(root, labels, **options):
    return load("many", "train", labels=labels, data_dir=root, batch_size=3,
                shuffle=False, image_key=options.pop("image_key", "image"),
                **options)  # fmt: skip


def test_texts_are_tokens_of_the_words_of_the_training_split(root):
    dataset = loaded(root, "caption")
    text = dataset.fields.y
    assert isinstance(text, Text) and text.decode(dataset[0][1]) == CAPTIONS
    assert dataset.fields.x == Image((8, 12, 3)) and dataset.num_classes is None
    given = Text(2, ["", "<unknown>", "a", "blue"])
    tokens = loaded(root, "caption", label_field=given)[0][1]
    assert tokens.tolist() == [[2, 1], [2, 3], [1, 0]]


@pytest.mark.parametrize("key", ["objects", "boxes", "box"])
def test_boxes_are_padded_and_have_their_classes(root, key):
    dataset = loaded(root, key)
    field, rows = dataset.fields.y, dataset[0][1]
    expected = {
        "objects": Boxes(2, 3, ["a", "b", "c"]),
        "boxes": Boxes(2),
        "box": Boxes(1),
    }
    assert field == expected[key]
    boxes = BOXES if key != "box" else [BOXES[0]] * 3
    for i in range(3):
        assert rows[i, :, 4].sum() == len(boxes[i])
        np.testing.assert_allclose(
            rows[i, : len(boxes[i]), :4], np.reshape(boxes[i], (-1, 4)), atol=1e-6
        )
        if key == "objects":
            assert rows[i, : len(boxes[i]), 5].tolist() == CLASSES[i]


def test_boxes_are_cut_with_the_images(root):
    # Of 8x12 the columns 2 to 10 are left.
    rows = loaded(root, "boxes", image_size=(16, 16))[0][1]
    np.testing.assert_allclose(rows[0, 0, :4], [0.25, 0.5, 0.75, 1.0], atol=1e-6)
    np.testing.assert_allclose(rows[1, 0, :4], [0.0, 0.0, 0.5, 0.125], atol=1e-6)
    np.testing.assert_allclose(rows[1, 1, :4], [0.5, 0.5, 1.0, 1.0], atol=1e-6)
    with pytest.raises(ValueError, match="`boxes` must have at most 1 boxes.*Received"):
        loaded(root, "boxes", label_field=Boxes(1))


def test_several_are_a_dict_of_fields(root):
    dataset = loaded(root, ["label", "vector", "other"])
    x, y = dataset[0]
    fields = {
        "label": ClassLabel(4),
        "vector": Tensor((2, 2)),
        "other": Image((8, 12, 1)),
    }
    assert dataset.fields.y == fields and x[:, 0, 0, 0].tolist() == [20, 60, 100]
    assert y["label"].tolist() == [0, 1, 2] and y["other"].shape == (3, 8, 12, 1)
    np.testing.assert_array_equal(y["vector"][:, 0, 0], [0, 1, 2])
    alone = loaded(root, True)  # one class alone, as ever
    assert alone.num_classes == 4 and alone.fields is None


@pytest.mark.parametrize("labels", [False, True, "label"])
def test_videos_are_read(root, labels):
    dataset = loaded(root, labels, image_key="video")
    x = dataset[0][0]
    assert dataset.fields.x == Video(3, VIDEO_SHAPE[1:]) and x.shape[1:] == VIDEO_SHAPE
    assert x[:, :, 0, 0, 0].tolist() == [[5, 6, 7], [15, 16, 17], [25, 26, 27]]
    assert dataset.num_classes == (4 if labels else None)
    assert dataset.class_names == (["w", "x", "y", "z"] if labels else None)
    small = loaded(root, False, image_key="video", image_size=3)
    assert small.data_shape == (3, 3, 3, 3)


@pytest.mark.parametrize(
    "labels, message",
    [
        ("sound", "kinds that are read: Image, .*Received: 'sound'"),
        ("ragged", "kinds that are read: Image, .*Received: 'ragged'"),
        (["label", "sound"], "kinds that are read.*Received: 'sound'"),
        (["label", "captoin"], "must name features of 'many'.*Received: 'captoin'"),
        ("captoin", "`labels` must be one of"),
    ],
)
def test_other_kinds_are_refused_by_their_name(root, labels, message):
    with pytest.raises(ValueError, match=message):
        loaded(root, labels)
