"""The divergence as a layer: codes pass, their price is added."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.layers.divergence import DivergenceLoss


def test_adds_its_weighted_mean_once_a_call_and_returns_the_codes():
    layer = DivergenceLoss(kl_weight=2.0)
    z = np.array([[1.0, -2.0], [0.5, 3.0]], "float32")
    codes = layer(ops.convert_to_tensor(z), ops.convert_to_tensor([1.0, 4.0]))
    np.testing.assert_array_equal(ops.convert_to_numpy(codes), z)
    (loss,) = layer.losses
    assert float(loss) == pytest.approx(2.0 * 2.5)


def test_annealing_multiplies_the_weight():
    layer = DivergenceLoss(kl_weight=2.0)
    layer(ops.zeros((2, 1)), ops.convert_to_tensor([1.0, 4.0]), annealing=0.25)
    assert float(layer.losses[0]) == pytest.approx(0.5 * 2.5)


def test_config_round_trip_and_checks():
    layer = DivergenceLoss(0.5, name="price")
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert (again.kl_weight, again.name) == (0.5, "price")
    with pytest.raises(ValueError, match="Received: kl_weight=-1"):
        DivergenceLoss(-1.0)
