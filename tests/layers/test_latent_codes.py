"""Latents in parts: their distribution, the bound of the information, given codes."""

import numpy as np
import pytest
from keras import ops

from kerasgen.backend import to_numpy
from kerasgen.layers.latent_codes import LatentCodes

CODES = LatentCodes(2, (3, 2), 1)
UNIFORM = np.random.default_rng(0).random((4000, 5)).astype("float32")


def test_latents_are_uniform_in_their_parts():
    z = CODES.from_uniform(UNIFORM, np)
    assert z.shape == (4000, CODES.size == 8 and 8)
    np.testing.assert_allclose(z[:, :2], 2 * UNIFORM[:, :2] - 1, atol=1e-6)
    np.testing.assert_allclose(z[:, -1], 2 * UNIFORM[:, -1] - 1, atol=1e-6)
    (three, two), continuous = CODES.split(z)
    assert continuous.shape == (4000, 1)
    for one_hot, k in ((three, 3), (two, 2)):
        assert set(np.unique(one_hot)) == {0.0, 1.0}
        np.testing.assert_array_equal(one_hot.sum(axis=-1), 1.0)
        np.testing.assert_allclose(one_hot.mean(axis=0), 1 / k, atol=0.03)
    found = to_numpy(CODES.from_uniform(ops.convert_to_tensor(UNIFORM)))
    np.testing.assert_array_equal(found, z)
    most = np.full((1, 5), np.nextafter(np.float32(1), np.float32(0)))
    assert CODES.from_uniform(most, np)[0, 4] == 1.0, "the last value of the first"


def information(posterior, latents):
    found = CODES.information(*map(ops.convert_to_tensor, (posterior, latents)))
    return {kind: float(ops.convert_to_numpy(x)) for kind, x in found.items()}


def test_the_bound_is_zero_for_a_uniform_posterior_and_the_entropy_for_a_sure_one():
    z = CODES.from_uniform(UNIFORM, np).astype("float32")
    said = np.zeros((4000, 6), "float32")
    assert information(said, z)["categorical"] == pytest.approx(0.0, abs=1e-5)
    said[:, :5] = 50.0 * z[:, 2:7]
    sure = information(said, z)["categorical"]
    assert sure == pytest.approx(np.log(3) + np.log(2), abs=1e-5)
    assert sure <= CODES.entropies["categorical"] + 1e-6
    ten = LatentCodes(0, (10,), 0)
    assert ten.entropies == {"categorical": pytest.approx(2.302585, abs=1e-6)}
    said[:, :5] = -50.0 * z[:, 2:7]
    assert information(said, z)["categorical"] < -10.0, "sure and wrong"


def test_the_bound_of_continuous_codes_is_a_squared_error():
    z = CODES.from_uniform(UNIFORM, np).astype("float32")
    assert CODES.entropies["continuous"] == pytest.approx(np.log(2.0))
    said = np.zeros((4000, 6), "float32")
    said[:, 5] = z[:, -1]
    best = np.log(2.0) - 0.5 * np.log(2 * np.pi)
    assert information(said, z)["continuous"] == pytest.approx(best, abs=1e-5)
    said[:, 5] += 0.5
    worse = information(said, z)["continuous"]
    assert worse == pytest.approx(best - 0.125, abs=1e-5)


def test_a_posterior_is_read_and_codes_are_placed():
    z = CODES.from_uniform(UNIFORM[:3], np)
    codes = {"categorical": [[2, 1], [0, 0], [1, 1]], "continuous": -0.5, "noise": 0.25}
    placed = CODES.place(z, codes)
    expected = [0.25, 0.25, 0, 0, 1, 0, 1, -0.5]
    np.testing.assert_allclose(placed[0], expected)
    assert not np.allclose(z, placed), "what was given is left alone"
    told = CODES.read(placed[:, 2:])
    np.testing.assert_array_equal(told["categorical"], codes["categorical"])
    np.testing.assert_allclose(told["continuous"][:, 0], -0.5)
    weights = np.exp([0.0, 0.0, 1.0])
    np.testing.assert_allclose(told["probabilities"][0][0], weights / weights.sum())
    single = LatentCodes(1, (3,), 0)
    found = single.place(np.zeros((2, 4)), {"categorical": [2, 1]})
    np.testing.assert_array_equal(found, [[0, 0, 0, 1], [0, 0, 1, 0]])


@pytest.mark.parametrize(
    "codes",
    [
        {"other": 1.0},
        3,
        {"categorical": [[3, 0]]},
        {"categorical": 0.5},
        {"continuous": [np.nan]},
        {"continuous": [[0.0, 0.0]]},
        {"noise": np.zeros((4, 2))},
    ],
)
def test_codes_that_do_not_fit_are_refused(codes):
    with pytest.raises(ValueError, match="`codes.*must be.*Received"):
        CODES.place(np.zeros((3, 8)), codes)


def test_parts_are_checked():
    with pytest.raises(ValueError, match="must give one code at least"):
        LatentCodes(2, (), 0)
    with pytest.raises(TypeError, match="`categories` must be a tuple"):
        LatentCodes(2, 10, 0)
    with pytest.raises(ValueError, match="Received: categories=1"):
        LatentCodes(2, (1,), 0)
