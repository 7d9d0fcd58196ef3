"""Data of any kind on its way: `Dataset`, `fit`, `evaluate`, pictures."""

import copy

import keras
import numpy as np
import pytest
from keras import ops

import kerasgen
from kerasgen import features
from kerasgen.callbacks import SampleGrid
from kerasgen.data import Dataset, hold_out
from kerasgen.features import (
    Boxes,
    Fields,
    Image,
    Keypoints,
    LabelMap,
    Text,
    Tracks,
    Video,
)
from kerasgen.training import GenerativeModel

GENERATOR = np.random.default_rng(0)
TEXT = Text(3, ["", "<unknown>", "red", "blue"])
CONDITIONS = {
    "caption": TEXT,
    "boxes": Boxes(2, 3),
    "map": LabelMap((4, 4), 3),
    "points": Keypoints(2),
}
KINDS = [
    Fields(Video(3, (4, 4, 3)), Boxes(2)),
    Fields(Tracks(2, 3), Tracks(2, 2)),
    Fields(LabelMap((4, 4), 3), Keypoints(3)),
    Fields(Image((4, 4, 3)), CONDITIONS),
    Fields({"image": Image((4, 4, 3)), "map": LabelMap((4, 4), 3)}, TEXT),
    Fields(Image((4, 4, 3)), {"words": TEXT, "boxes": Boxes(2)}),
]


class Tiny(GenerativeModel):
    """Learns the mean of its data and of its conditions."""

    def __init__(self, kind, **kwargs):
        super().__init__(**kwargs)
        self.kind = kind
        self.set_fields(KINDS[kind].x, KINDS[kind].y)
        self.network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        self.add_phase("network", self.network)

    def compute_losses(self, phase, x, labels, training):
        parts = keras.tree.flatten((x, labels))
        parts = [
            ops.reshape(ops.cast(p, "float32"), (ops.shape(p)[0], -1)) for p in parts
        ]
        means = ops.mean(ops.concatenate(parts, axis=1), axis=1, keepdims=True)
        made = self.network(ops.ones_like(means), training=training)
        return {"loss": ops.mean(ops.square(made - means))}

    def default_optimizers(self):
        return {"network": keras.optimizers.SGD(0.3)}

    def sample(self, num_samples, labels=None, seed=None):
        x, _ = self.fields.example(num_samples, np.random.default_rng(seed))
        return x


def spoiled(data):
    """Returns data that no feature takes: twice as long on the last axis."""
    return keras.tree.map_structure(lambda part: np.repeat(part, 2, axis=-1), data)


@pytest.mark.parametrize("fields", KINDS[:5], ids=lambda f: type(f.x).__name__)
def test_a_model_takes_every_kind_as_arrays_and_as_a_dataset(fields, tmp_path):
    x, y = fields.example(12, np.random.default_rng(0))
    model = Tiny(KINDS.index(fields), seed=0)
    model.compile()
    first = model.evaluate(x, y, verbose=0)
    grid = SampleGrid(tmp_path, num_samples=4)
    model.fit(x, y, batch_size=4, epochs=3, verbose=0, callbacks=[grid])
    assert model.evaluate(x, y, verbose=0) < first
    dataset = Dataset(x, y, batch_size=4, field=fields)
    assert model.evaluate(dataset, verbose=0) < first
    assert grid.latest.ndim == 3 and len(np.unique(grid.latest)) > 2
    for bad in ((spoiled(x), y), (x, spoiled(y))):
        with pytest.raises(ValueError, match="Received: "):
            model.fit(*bad, verbose=0)
        with pytest.raises(ValueError, match="Received: "):
            model.evaluate(*bad, verbose=0)
        with pytest.raises(ValueError, match="Received: "):
            Dataset(*bad, field=fields)


@pytest.mark.any_backend
@pytest.mark.parametrize("fields", KINDS[:5], ids=lambda f: type(f.x).__name__)
def test_a_dataset_keeps_examples_as_they_are_and_shows_them(fields):
    x, y = fields.example(9, np.random.default_rng(0))
    dataset = Dataset(x, y, batch_size=4, shuffle=False, field=fields, name="nine")
    rest, held = hold_out(dataset, 3)
    both = np.concatenate([rest.order(0), held.order(0)])
    assert len(both) == 9 and dataset.num_classes is None
    found = dataset.arrays()
    for given, kept in zip(
        keras.tree.flatten((x, y)), keras.tree.flatten(found), strict=True
    ):
        np.testing.assert_array_equal(given, kept)
    assert "nine" in repr(dataset) and dataset.describe()["data_shape"]
    assert kerasgen.show(dataset).pixels.ndim == 3
    with pytest.raises(ValueError, match="one entry for each of the 9 examples"):
        Dataset(x, keras.tree.map_structure(lambda part: part[:4], y), field=fields)


@pytest.mark.any_backend
def test_words_and_lists_of_boxes_are_taken_and_parts_are_split_off():
    x = GENERATOR.integers(0, 256, (8, 4, 4, 3), "uint8")
    boxes = [[[0.1, 0.1, 0.5, 0.6]]] * 4 + [[]] * 4
    y = {"words": ["red", "blue", "a red", "x"] * 2, "boxes": boxes}
    dataset = Dataset(x, y, batch_size=8, field=KINDS[-1], shuffle=False)
    found = dataset[0][1]
    assert found["words"][:2, 0].tolist() == [2, 3]
    assert found["boxes"][..., 4].sum() == 4
    model = Tiny(len(KINDS) - 1, seed=0)
    model.compile()
    history = model.fit(x, y, batch_size=2, validation_split=0.25, verbose=0).history
    assert np.isfinite(history["val_loss"]).all()
    with pytest.raises(ValueError, match="`labels` must be a dict of arrays.*Received"):
        model.fit(x, boxes, verbose=0)


@pytest.mark.any_backend
def test_several_fields_are_drawn_side_by_side():
    fields = {
        "image": Image((4, 4, 1)),
        "words": TEXT,
        "map": LabelMap((8, 8), 3),
    }
    data = {name: f.example(2, np.random.default_rng(0)) for name, f in fields.items()}
    picture = features.pictures(Fields(fields), data)
    assert picture.shape == (2, 8, 16, 3)
    grey = data["image"].repeat(2, axis=1).repeat(2, axis=2) / 255.0
    np.testing.assert_allclose(picture[:, :, :8], grey.repeat(3, axis=3), atol=1e-6)
    words = {"words": data["words"]}
    assert features.pictures(Fields({"words": TEXT}), words) is words


@pytest.mark.any_backend
def test_what_is_measured_is_not_augmented():
    x = GENERATOR.integers(0, 256, (8, 4, 4, 3), "uint8")
    y = {"words": ["red"] * 8, "boxes": [[]] * 8}
    model = Tiny(len(KINDS) - 1, seed=0)
    model.compile()
    dataset = Dataset(x, batch_size=4, shuffle=False)
    changed = dataset.augmented("jitter", scale=1.5)
    assert (changed[0][0] != dataset[0][0]).any()
    same = [Dataset(x, y, 4, shuffle=False, field=KINDS[-1])]
    same.append(copy.copy(same[0]))
    same[1].augmentation = changed.augmentation
    first, second = (model.evaluate(data, verbose=0) for data in same)
    assert first == second
