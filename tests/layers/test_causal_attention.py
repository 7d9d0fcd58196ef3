"""Causal attention: whom a position hears, and one position at a time."""

import numpy as np
import pytest
from keras import ops

from kerasgen.layers.causal_attention import attend, causal_attention, coordinates

GENERATOR = np.random.default_rng(0)
QUERIES, KEYS = GENERATOR.normal(size=(2, 3, 7, 4)).astype("float32")
VALUES = GENERATOR.normal(size=(3, 7, 5)).astype("float32")


def attention(queries, keys, values):
    return ops.convert_to_numpy(
        causal_attention(*(ops.convert_to_tensor(x) for x in (queries, keys, values)))
    )


def test_a_position_gets_the_mean_of_earlier_values():
    found = attention(QUERIES, KEYS, VALUES)
    for i in range(1, 7):
        scores = np.einsum("bk,bpk->bp", QUERIES[:, i], KEYS[:, :i]) / 2.0
        weights = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
        expected = np.einsum("bp,bpv->bv", weights, VALUES[:, :i])
        np.testing.assert_allclose(found[:, i], expected, atol=1e-5)


@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_the_first_position_gets_exact_zeros(scale):
    found = attention(QUERIES * scale, KEYS * scale, VALUES)
    np.testing.assert_array_equal(found[:, 0], 0.0)
    assert np.isfinite(found).all()


def test_the_order_of_what_was_before_does_not_matter():
    order = [3, 1, 4, 0, 2, 5, 6]
    found = attention(QUERIES, KEYS[:, order], VALUES[:, order])
    expected = attention(QUERIES, KEYS, VALUES)
    np.testing.assert_allclose(found[:, 5:], expected[:, 5:], atol=1e-6)
    assert not np.allclose(found[:, 2], expected[:, 2], atol=1e-2)


def test_one_position_at_a_time_equals_all():
    """What lies behind the position is not looked at."""
    expected = attention(QUERIES, KEYS, VALUES)
    for count in range(7):
        keys, values = (np.moveaxis(x, 0, 1).copy() for x in (KEYS, VALUES))
        keys[count:] = 1e3
        found = attend(
            *(ops.convert_to_tensor(x) for x in (QUERIES[:, count], keys, values)),
            ops.convert_to_tensor(count),
        )
        np.testing.assert_allclose(
            ops.convert_to_numpy(found), expected[:, count], atol=1e-5
        )


def test_coordinates_start_at_minus_one_half():
    places = np.array(coordinates(4, 2))
    assert places.shape == (4, 2, 2)
    np.testing.assert_allclose(places[:, 0, 0], [-0.5, -0.25, 0.0, 0.25])
    np.testing.assert_allclose(places[0, :, 1], [-0.5, 0.0])
