"""Series: bounds of their own for each channel, curves and piano rolls."""

import json

import numpy as np
import pytest
from keras import ops

import kerasgen
from kerasgen.callbacks import SampleGrid, TensorBoard
from kerasgen.command import cli
from kerasgen.features import Series
from kerasgen.features.series import TONES
from kerasgen.images import labeled_grid

BOUNDS = ((0.0, 4.0), (36.0, 96.0), (0.0, 1.0), (0.0, 4.0))
MELODY = Series((3, 4), BOUNDS, TONES)
GOOD = MELODY.example(4, np.random.default_rng(0))


def test_each_channel_has_its_own_range():
    prepared = MELODY.prepare(ops.convert_to_tensor(GOOD))
    for i, (low, high) in enumerate(BOUNDS):
        expected = (GOOD[..., i] - low) / (high - low)
        np.testing.assert_allclose(ops.convert_to_numpy(prepared)[..., i], expected)
    beyond = ops.convert_to_tensor(np.float32([[[-1.0] * 4, [2.0] * 4, [0.5] * 4]]))
    found = ops.convert_to_numpy(MELODY.finish(beyond))[0]
    np.testing.assert_array_equal(found, [*np.transpose(BOUNDS), [2, 66, 0.5, 2]])


def test_one_range_is_that_of_all_channels():
    assert Series((5, 3), (-1, 1)) == Series((5, 3), [[-1, 1]] * 3)
    assert Series((5, 3)).bounds == ((0.0, 1.0),) * 3


def test_other_floats_become_float32():
    checked = MELODY.check(GOOD.astype("float64"))
    assert checked.dtype == np.float32
    np.testing.assert_array_equal(checked, GOOD)


def changed(i, value):
    wrong = GOOD.copy()
    wrong[1, 2, i] = value
    return wrong


@pytest.mark.parametrize(
    "value, message",
    [
        (None, r"`x` must be given: floats of shape \(3, 4\)"),
        (GOOD.astype("int32"), "`x` must be floats"),
        (GOOD[:, 1:], r"`x` must have series of shape \(3, 4\)"),
        (GOOD[:2], "one entry for each of the 4 examples"),
        (GOOD[:0], "at least one example"),
        (changed(2, np.nan), "`x` must be finite"),
        (changed(1, 97.0), r"`x` must be in \[36, 96\] in channel 'pitch'"),
        (changed(3, -0.1), r"`x` must be in \[0, 4\] in channel 'wait'"),
    ],
)
def test_what_is_wrong_is_refused(value, message):
    with pytest.raises(ValueError, match=f"{message}.*Received: "):
        MELODY.check(value, "x", 4)


def test_channels_without_a_name_are_told_by_their_number():
    with pytest.raises(ValueError, match=r"in \[0, 1\] in channel 1\. Received"):
        Series((3, 2)).check(np.float32([[[0, 0], [1, 2], [0, 0]]]))
    assert len(MELODY.check(changed(1, 96.001), "x")) == 4, "rounding is no error"


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"shape": (3,)}, r"`shape` must be \(length, channels\)"),
        ({"shape": (3, 0)}, "`shape` must be"),
        ({"shape": (3, 2), "bounds": (1, 0)}, "`bounds` must be a lower and a higher"),
        ({"shape": (3, 2), "bounds": [(0, 1)] * 3}, "of the 2 channels"),
        ({"shape": (3, 2), "names": ["a"]}, "`names` must be 2 distinct str"),
        ({"shape": (3, 2), "names": ["a", "a"]}, "`names` must be 2 distinct str"),
        ({"shape": (3, 2), "names": "ab"}, "`names` must be 2 distinct str"),
    ],
)
def test_arguments_are_checked(arguments, message):
    with pytest.raises(ValueError, match=f"{message}.*Received: "):
        Series(**arguments)


def test_tones_in_any_order_are_drawn_as_a_piano_roll():
    assert MELODY.is_melody and not Series((3, 4), BOUNDS).is_melody
    turned = Series((3, 4), BOUNDS[::-1], TONES[::-1])
    rolls = MELODY.picture(GOOD)
    np.testing.assert_array_equal(turned.picture(GOOD[..., ::-1]), rolls)
    curves = Series((3, 4), BOUNDS).picture(GOOD)
    for pictures in (rolls, curves):
        assert pictures.ndim == 4 and len(pictures) == 4 and pictures.shape[-1] == 3
        assert pictures.min() >= 0.0 and pictures.max() <= 1.0
    assert rolls.shape != curves.shape


@pytest.fixture(scope="module")
def model():
    tones = {"bounds": BOUNDS, "channel_names": TONES}
    options = {"units": 2, "depth": 1, "pretraining_lengths": (), "seed": 0}
    model = kerasgen.gans.CRNNGAN((5, 4), **tones, **options)
    model.compile()
    return model


@pytest.mark.any_backend
def test_callbacks_draw_the_series_that_a_model_makes(model, tmp_path):
    data = kerasgen.data.load("melodies", batch_size=8, num_examples=8, length=5)
    grid = SampleGrid(tmp_path, num_samples=4)
    model.fit(data, verbose=0, callbacks=[grid, TensorBoard(tmp_path / "logs")])
    drawn = model.fields.x.picture(model.sample(4, seed=0))
    title = "CRNNGAN: samples after epoch 1"
    np.testing.assert_array_equal(grid.latest, labeled_grid(drawn, title=title))
    assert (tmp_path / "samples" / "epoch-0001.png").exists()
    assert list((tmp_path / "logs" / "train").iterdir())


@pytest.mark.any_backend
def test_arrays_of_series_are_checked_by_the_model(model):
    x = model.fields.x.example(4, np.random.default_rng(0))
    model.fit(x, batch_size=2, validation_split=0.5, verbose=0)
    with pytest.raises(ValueError, match="in channel 'pitch'. Received"):
        model.fit(x + np.float32([0, 90, 0, 0]), batch_size=2, verbose=0)


@pytest.mark.any_backend
def test_a_data_set_shows_its_series():
    data = kerasgen.data.load("melodies", num_examples=6, batch_size=2, labels="metre")
    assert repr(data) == "melodies (train): 6 series 32x4, 2 classes, 2 a batch"
    x, y = data.arrays()
    picture = labeled_grid(
        data.field.picture(x), y, title=repr(data), class_names=data.class_names
    )
    np.testing.assert_array_equal(kerasgen.show(data).pixels, picture)


@pytest.mark.any_backend
def test_commands_serve_series(model, tmp_path, capsys):
    model.save(tmp_path / "model.keras")
    words = ["sample", "model.keras", "-n", "3", "--out", "s.png", "--npz", "s.npz"]
    places = [str(tmp_path / w) if "." in w else w for w in words]
    assert cli.main(places) == 0
    with np.load(tmp_path / "s.npz") as arrays:
        assert arrays["samples"].shape == (3, 5, 4)
    assert (tmp_path / "s.png").exists()
    words = ["evaluate", str(tmp_path / "model.keras"), "--data", "melodies"]
    capsys.readouterr()
    assert cli.main([*words, "--num-examples", "6", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["num_examples"] == 6 and "generator_loss" in found["figures"]
