"""Volumes: what is taken as one, what is refused, and data sets and models of them."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasgen
from kerasgen.callbacks import SampleGrid
from kerasgen.features import Volume
from kerasgen.training import GenerativeModel

SHAPE = (4, 6, 5)
FULL = np.random.default_rng(0).random((9, *SHAPE)) < 0.5


@pytest.mark.any_backend
def test_a_side_stands_for_a_cube():
    assert Volume(4) == Volume((4, 4, 4)) and Volume(4).shape == (4, 4, 4)
    assert Volume(SHAPE).image_size == (6, 5)


@pytest.mark.any_backend
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "float32", "float64"])
def test_bools_zeros_and_ones_and_occupancies_are_one_thing(dtype):
    feature = Volume(SHAPE, data_range=(-1.0, 1.0))
    for value in (FULL.astype(dtype), FULL.astype(dtype)[..., None]):
        checked = feature.check(value)
        assert checked.shape == FULL.shape
        tensor = feature.shaped(ops.convert_to_tensor(feature.tidy(value)))
        seen = ops.convert_to_numpy(feature.prepare(tensor))
        np.testing.assert_array_equal(seen, 2.0 * FULL - 1.0)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "value, message",
    [
        (None, r"`x` must be given: volumes of 4x6x5 cells"),
        (FULL[:, 1:], r"`x` must have volumes of shape \(4, 6, 5\)"),
        (FULL[0], r"`x` must have volumes of shape \(4, 6, 5\)"),
        (FULL[:3], "one entry for each of the 9 examples"),
        (FULL * 255, r"numbers in \[0, 1\]; pass `x / 255`"),
        (FULL * 2.0 - 1.0, r"numbers in \[0, 1\]\."),
        (np.where(FULL, np.nan, 0.0), "must be finite"),
        (FULL.astype(str), "must be bool, or numbers"),
    ],
)
def test_what_is_wrong_is_refused(value, message):
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        Volume(SHAPE).check(value, "x", 9)


@pytest.mark.any_backend
def test_a_data_set_of_volumes_knows_them():
    field = Volume(SHAPE)
    dataset = kerasgen.data.Dataset(FULL.astype("uint8"), None, 4, field=field)
    assert dataset.data_shape == SHAPE and dataset.image_shape is None
    assert "9 volumes 4x6x5" in repr(dataset)
    assert dataset.with_batches_per_step(2).field == dataset.copy().field == field
    picture = kerasgen.show(dataset)
    assert "9 images 96x96x3" in repr(picture)
    assert dataset._repr_png_() is not None
    held_out = kerasgen.data.hold_out(dataset, 3)[1]
    assert held_out.field == field and held_out.num_examples == 3

    class Source:
        def __len__(self):
            return 9

        def __getitem__(self, indices):
            return FULL[indices]

    assert kerasgen.data.Dataset(Source(), None, 4, field=field).data_shape == SHAPE
    with pytest.raises(ValueError, match="`images` must have volumes.*Received"):
        kerasgen.data.Dataset(Source(), None, 4, field=Volume(5))
    with pytest.raises(ValueError, match="`images` must be bool, or.*Received"):
        kerasgen.data.Dataset(FULL * 2, None, 4, field=field)
    with pytest.raises(TypeError, match="`images` must be one array.*Received"):
        kerasgen.data.Dataset([FULL[0]], None, 4, field=field)


class Mean(GenerativeModel):
    """Learns the share of volumes in which each cell is full."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.set_fields(Volume(SHAPE))
        self.network = keras.Sequential(
            [keras.Input((1,)), keras.layers.Dense(120), keras.layers.Reshape(SHAPE)]
        )
        self.add_phase("network", self.network)

    def compute_losses(self, phase, x, labels, training):
        return {"loss": ops.mean(ops.square(x - self.network(ops.ones((1, 1)))))}

    def default_optimizers(self):
        return {"network": keras.optimizers.SGD(20.0)}

    def sample(self, num_samples, labels=None, seed=None):
        made = self.to_images(self.network(ops.ones((num_samples, 1))))
        return ops.convert_to_numpy(made)


def test_a_model_takes_them_as_they_come_and_grids_draw_them(tmp_path):
    model = Mean(seed=0)
    model.compile()
    grid = SampleGrid(tmp_path, num_samples=2)
    value = np.repeat(FULL[:2], 8, axis=0)
    for x in (value, value.astype("uint8")[..., None], value.astype("float32")):
        model.fit(x, batch_size=4, epochs=2, verbose=0, callbacks=[grid])
    assert (tmp_path / "samples" / "epoch-0002.png").exists()
    assert grid.latest.shape[-1] == 3
    made = model.sample(1)
    assert made.shape == (1, *SHAPE)
    np.testing.assert_allclose(made[0], FULL[:2].mean(axis=0), atol=0.26)
    log = model.fit(
        value, validation_split=0.25, batch_size=4, verbose=0, epochs=1
    ).history
    assert log["val_loss"][0] > 0
    assert model.evaluate(value.astype("uint8"), verbose=0) > 0
    with pytest.raises(ValueError, match="must have volumes of shape.*Received"):
        model.fit(value[:, 1:], verbose=0)
    assert model.call_signature()[0].shape == (None, *SHAPE)
