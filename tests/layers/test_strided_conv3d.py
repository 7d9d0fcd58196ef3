"""The strided convolutions of volumes are those of Keras, with their gradients."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen import backend
from kerasgen.layers.strided_conv3d import DoublingConv3D, HalvingConv3D

PAIRS = {
    "halving": (HalvingConv3D, layers.Conv3D),
    "doubling": (DoublingConv3D, layers.Conv3DTranspose),
}


@pytest.mark.every_backend
@pytest.mark.parametrize("use_bias", [False, True])
@pytest.mark.parametrize("name", PAIRS)
def test_outputs_and_gradients_are_those_of_keras(name, use_bias):
    generator = np.random.default_rng(0)
    x = keras.Variable(generator.normal(size=(2, 4, 2, 6, 3)).astype("float32"))
    ours, keras_own = PAIRS[name]
    options = {"kernel_size": 4, "strides": 2, "padding": "same"}
    made = [
        ours(5, use_bias=use_bias, activation="relu", bias_initializer="ones"),
        keras_own(
            5,
            use_bias=use_bias,
            activation="relu",
            data_format="channels_last",
            **options,
        ),
    ]
    found = []
    for layer in made:
        layer.build(x.shape)
        layer.set_weights(made[0].get_weights())

        def loss(layer=layer):
            y = layer(x.value)
            weights = np.linspace(-1, 1, int(np.prod(y.shape)), dtype="float32")
            return ops.sum(y * ops.reshape(weights, y.shape)), y

        variables = [x, *layer.trainable_variables]
        (_, y), gradients = backend.value_and_grad(loss, variables)
        found.append([backend.to_numpy(value) for value in (y, *gradients)])
        assert tuple(layer.compute_output_shape(x.shape)) == tuple(y.shape)
    assert len(found[0]) == 3 + use_bias and found[0][0].max() > 0
    for own, expected in zip(*found, strict=True):
        np.testing.assert_allclose(own, expected, atol=2e-4)


@pytest.mark.any_backend
@pytest.mark.parametrize("name", PAIRS)
def test_they_are_made_again_from_their_configs(name):
    layer = PAIRS[name][0](5, use_bias=False, name="mine")
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    assert again.kernel_size == (4, 4, 4) and again.strides == (2, 2, 2)
    assert not again.use_bias and again.name == "mine"
