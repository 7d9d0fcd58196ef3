"""Linear classifiers of the features of convolutions."""

import keras
import numpy as np
import pytest
from keras import ops

import kerasgen
from kerasgen import backend
from kerasgen.explore import convolution_features, score_features
from kerasgen.explore.features import pooled
from tests.explore.test_convolutions import dcgan, images


@pytest.mark.every_backend
@pytest.mark.parametrize("side", [(8, 4), (7, 10), (3, 1)])
def test_pooling_takes_the_maxima_of_fields(side):
    x = np.random.default_rng(0).normal(size=(2, *side, 3)).astype("float32")
    counts = [min(4, n) for n in side]
    expected = np.empty((2, *counts, 3), "float32")
    for i in range(counts[0]):
        for j in range(counts[1]):
            place = []
            for n, count, k in ((side[0], counts[0], i), (side[1], counts[1], j)):
                place.append(
                    slice(
                        int(np.floor(k * n / count)), int(np.ceil((k + 1) * n / count))
                    )
                )
            expected[:, i, j] = x[:, place[0], place[1]].max(axis=(1, 2))
    found = backend.to_numpy(pooled(ops.convert_to_tensor(x)))
    np.testing.assert_array_equal(found, expected.reshape(2, -1))


@pytest.mark.every_backend
@pytest.mark.compiled
def test_features_are_16_for_each_map():
    x, model = images(5, (16, 16, 3)), dcgan()
    found = convolution_features(model, x, batch_size=2)
    assert found.shape == (5, 16 * (3 + 6)) and found.dtype == np.float32
    whole = convolution_features(model, x.astype("float32") / 255, batch_size=64)
    np.testing.assert_allclose(found, whole, rtol=1e-4, atol=1e-5)


def _striped(count, seed):
    """Noise in which vertical or horizontal stripes of any phase are hidden."""
    r = np.random.default_rng(seed)
    y = np.arange(count) % 2
    phase = r.integers(0, 2, count)
    stripes = (np.arange(8)[None] + phase[:, None]) % 2
    x = np.where(y[:, None, None], stripes[:, None, :], stripes[:, :, None])
    return (200 * x + r.integers(0, 56, (count, 8, 8)))[..., None].astype("uint8"), y


def _edges():
    """A network that sees stripes, of any phase, and their direction."""
    inputs = keras.Input((8, 8, 1))
    layer = keras.layers.Conv2D(2, 2, activation="relu")
    model = keras.Model(inputs, layer(inputs))
    kernel = np.zeros((2, 2, 1, 2), "float32")
    kernel[:, 0, 0, 0], kernel[:, 1, 0, 0] = 1, -1
    kernel[0, :, 0, 1], kernel[1, :, 0, 1] = 1, -1
    layer.set_weights([kernel, np.zeros(2, "float32")])
    return model


def test_features_that_tell_classes_apart_beat_pixels_that_do_not():
    x, y = _striped(80, 0)
    test_x, test_y = _striped(60, 1)
    found = score_features(
        _edges(), x, y, test_x, test_y, num_labeled=5, num_draws=3, batch_size=32
    )
    assert len(found.scores) == 6
    own, few = found["Functional, trained", "all"], found.scores[1]
    assert own.accuracy == few.accuracy == 1.0
    assert own.error == 0.0 and own.dim == 32 and own.error_kind == "standard error"
    assert few.labels == "5 a class" and few.error_kind == "spread of 3 draws"
    # The mean of both phases is the same image for both classes.
    pixels = found["raw pixels", "all"]
    share = pixels.accuracy
    assert share < 0.9 and pixels.dim == 64
    deviation = np.sqrt(share * (1 - share) / 59)
    assert pixels.error == pytest.approx(deviation, rel=1e-6)
    assert found.settings["held out of them to choose C"] == 16
    assert found.settings["trained on"] == "not known here"
    text = str(found)
    assert "random filters" in text and "100.00%" in text
    assert found.to_dict()["scores"][0]["accuracy"] == 1.0
    with pytest.raises(KeyError, match="none of"):
        found["pixels", "all"]


def test_scores_repeat_and_do_not_depend_on_the_order(tmp_path):
    x, y = _striped(60, 0)
    given = (_edges(), x, y, *_striped(40, 1))
    options = {"compare": ("raw pixels",), "regularizations": (1.0, 10.0), "seed": 3}
    first, again = (score_features(*given, **options) for _ in range(2))
    assert first.to_dict() == again.to_dict()
    first.save(tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as arrays:
        assert arrays["accuracy"].shape == (2,)
    first.save(tmp_path / "a.png")
    assert first.picture().shape[1] == 640


def test_a_run_says_how_long_it_was_trained():
    data = kerasgen.data.load("digits", batch_size=32, num_examples=64)
    model = kerasgen.gans.DCGAN((8, 8, 1), 2, filters=2, seed=1)
    model.compile()
    model.fit(data, epochs=1, verbose=0)
    x, y = kerasgen.data.load(
        "digits", labels=True, num_examples=64, batch_size=8
    ).arrays()
    found = score_features(model, x, y, x, y, compare=(), regularizations=(1.0,))
    assert found.settings["updates of the network"] == 2
    assert found.scores[0].validation_accuracy is None


@pytest.mark.parametrize(
    "change, message",
    [
        ({"y": np.zeros(80, int)}, "`y` must be 80 ints of two classes"),
        ({"test_y": np.arange(3)}, "`test_y` must be 60 ints"),
        ({"test_x": np.zeros((60, 4, 4, 1))}, "rows of one shape"),
        ({"num_labeled": 33}, "`num_labeled` must be at most 32"),
        ({"num_labeled": 3, "num_draws": 1}, "`num_draws` must be at least 2"),
        ({"compare": ("noise",)}, "`compare` must be one of"),
        ({"regularizations": (0.0,)}, "`regularizations` must be above 0"),
        ({"validation_share": 1.0}, "`validation_share` must be a float"),
        ({"seed": -1}, "`seed` must be at least 0"),
    ],
)
def test_wrong_arguments_are_refused(change, message):
    x, y = _striped(80, 0)
    test_x, test_y = _striped(60, 1)
    given = {"x": x, "y": y, "test_x": test_x, "test_y": test_y, **change}
    with pytest.raises(ValueError, match=message):
        score_features(_edges(), **given)
