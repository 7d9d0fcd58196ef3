"""Dropping the maps of a generator that draw a concept."""

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.explore import ConceptDetector, drop_concept
from kerasgen.explore.concepts import inside_boxes
from kerasgen.explore.window import _resized
from tests.explore import tiny


def decoder():
    """An autoencoder whose decoder draws a red square by map 2 and noise by others.

    The first code says where the square is, left or right, and the second how bright
    all of the image is.
    """
    model = kerasgen.autoencoders.Autoencoder(
        (8, 8, 3),
        2,
        architecture="conv",
        hidden_widths=(4, 4),
        reconstruction_loss="squared_error",
        output_activation="linear",
        activation="relu",
        seed=2,
    )
    dense, low, top = (x for x in model.decoder.layers if x.get_weights())
    base = np.zeros((2, 2, 2, 4), "float32")  # (code, row, column, map)
    base[0, :, 0, 2], base[0, :, 1, 2] = 1, -1
    base[1, :, :, 1] = 0.5
    bias = np.zeros((2, 2, 4), "float32")
    bias[..., 0] = 0.3
    dense.set_weights([base.reshape(2, 16), bias.ravel()])
    kernel = np.zeros((4, 4, 4, 4), "float32")
    for i in range(4):
        kernel[1:3, 1:3, i, i] = 1
    low.set_weights([kernel, np.zeros(4, "float32")])
    kernel = np.zeros((4, 4, 3, 4), "float32")
    kernel[1:3, 1:3, 0, 2] = 1.0
    kernel[1:3, 1:3, 1, 1] = 0.2
    kernel[1:3, 1:3, 2, 0] = 1.0
    top.set_weights([kernel, np.zeros(3, "float32")])
    return model


def red(x):
    """How likely each pixel is red."""
    return (np.asarray(x)[..., 0] > 0.2).astype("float32")


@pytest.mark.every_backend
@pytest.mark.compiled
def test_the_map_that_draws_a_concept_is_found_and_dropped():
    model = decoder()
    found = drop_concept(
        model, red, "red", num_fitted=20, num_measured=30, num_shown=4, most=1
    )
    facts = found.facts
    assert facts["dropped"].tolist() == [2] and facts["weights"][2] > 0
    assert found.images.shape == (3, 4, 8, 8, 3)
    drawn = model.decode(np.asarray(found.codes[0]))
    np.testing.assert_allclose(found.images[0], drawn, atol=1e-5)
    without = drawn.copy()
    without[..., 0] = 0
    np.testing.assert_allclose(found.images[1], without, atol=1e-5)
    before, after, random = facts["presence"]
    assert before > 0.5 and after == 0.0
    assert random == pytest.approx(facts["random_presence"].mean())
    error = np.sqrt(before * (1 - before) / 29)
    assert facts["presence_standard_error"][0] == pytest.approx(error)
    assert facts["change"][1] > 0 == facts["change"][0]


def test_another_detector_measures_than_the_one_that_marks():
    seen = []

    def blue(x):  # what no map that is dropped draws
        seen.append(np.asarray(x))
        return (seen[-1][..., 2] > 0.2).astype("float32")

    options = {"num_fitted": 20, "num_measured": 30, "num_shown": 4, "most": 1}
    alone = drop_concept(decoder(), red, "red", **options).facts
    facts = drop_concept(decoder(), red, "red", judge=blue, **options).facts
    assert facts["dropped"].tolist() == alone["dropped"].tolist() == [2]
    np.testing.assert_array_equal(facts["weights"], alone["weights"])
    np.testing.assert_array_equal(facts["marked_presence"], alone["presence"])
    np.testing.assert_array_equal(alone["marked_presence"], alone["presence"])
    shares = [(x[..., 2] > 0.2).any(axis=(1, 2)).mean() for x in seen]
    assert len(shares) == 7 and shares[0] == shares[1] > 0.5
    np.testing.assert_allclose(facts["presence"][:2], shares[:2])
    np.testing.assert_allclose(facts["presence"][2], np.mean(shares[2:]))


def test_the_result_repeats_and_does_not_depend_on_the_batch():
    options = {"num_fitted": 20, "num_measured": 10, "num_shown": 2, "seed": 4}
    one = drop_concept(decoder(), red, batch_size=64, **options)
    two = drop_concept(decoder(), red, batch_size=7, **options)
    np.testing.assert_allclose(one.images, two.images, atol=1e-6)
    np.testing.assert_allclose(one.facts["weights"], two.facts["weights"], rtol=1e-4)
    assert (one.facts["weights"][one.facts["dropped"]] > 0).all()


def test_places_are_inside_boxes_by_their_centres():
    boxes = [[[0.0, 0.0, 0.5, 0.26], [0, 0, 0, 0]], [[0.5, 0.5, 1, 1], [0, 0, 0.3, 1]]]
    found = inside_boxes(boxes, 2, 4).astype(int)
    np.testing.assert_array_equal(found[0], [[1, 0, 0, 0], [0, 0, 0, 0]])
    np.testing.assert_array_equal(found[1], [[1, 1, 1, 1], [0, 0, 1, 1]])
    mask = np.eye(2, dtype=bool)[None]
    np.testing.assert_array_equal(
        _resized(mask, (4, 4))[0], np.kron(np.eye(2), np.ones((2, 2)))
    )
    with pytest.raises(ValueError, match="`boxes` must have the shape"):
        inside_boxes(np.zeros((2, 4)), 2, 2)


def test_a_detector_learns_where_a_concept_is():
    keras.utils.set_random_seed(0)
    r = np.random.default_rng(0)
    x = r.integers(0, 80, (80, 16, 16, 3), "uint8")
    boxes = np.zeros((80, 1, 4))
    for i in range(0, 80, 2):
        top, left = 4 * r.integers(0, 3, 2)
        x[i, top : top + 8, left : left + 8, 0] = 220
        boxes[i, 0] = np.array([top, left, top + 8, left + 8]) / 16
    detector = ConceptDetector((16, 16, 3), seed=1).fit(x[:60], boxes[:60], 80, 20)
    said = detector(x[60:]) > 0.5
    assert (said == inside_boxes(boxes[60:], 4, 4)).mean() > 0.95
    again = ConceptDetector((16, 16, 3), seed=1).fit(x[:60], boxes[:60], 80, 20)
    np.testing.assert_allclose(again(x[60:]), detector(x[60:]), atol=1e-4)
    with pytest.raises(ValueError, match="some of them with an area"):
        detector.fit(x, np.zeros((80, 1, 4)))


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="must find the concept somewhere"):
        drop_concept(decoder(), lambda x: 0 * red(x), num_fitted=4, num_measured=8)
    with pytest.raises(TypeError, match="by two convolutions or more"):
        drop_concept(tiny.vae(), red)
    with pytest.raises(ValueError, match="`layer` must be one of"):
        drop_concept(decoder(), red, layer=3)
    with pytest.raises(ValueError, match="`num_shown` must be at most"):
        drop_concept(decoder(), red, num_measured=4)
