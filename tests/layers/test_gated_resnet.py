"""GatedResnet: its equation, and rows and pixels one at a time."""

import numpy as np
import pytest
from keras import ops

from kerasgen.layers.gated_resnet import GatedResnet, concat_elu

SIZE = (3, 4)
GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(2, *SIZE, 3)).astype("float32")
SIDES = [GENERATOR.normal(size=(2, *SIZE, c)).astype("float32") for c in (2, 5)]
LABELS = np.array([2, 0], "int32")


def build(shift, **kwargs):
    kwargs = {"side_channels": (2, 5), "num_classes": 3, **kwargs}
    layer = GatedResnet(shift, **kwargs)
    layer.build((None, *SIZE, 3))
    for variable in layer.trainable_variables:
        variable.assign(GENERATOR.normal(size=variable.shape))
    return layer


def close(found, expected):
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, atol=1e-5)


def test_concat_elu_has_both_signs():
    y = ops.convert_to_numpy(concat_elu(ops.convert_to_tensor([[-1.0, 2.0]])))
    np.testing.assert_allclose(y, [[np.expm1(-1), 2, 1, np.expm1(-2)]], rtol=1e-6)


def test_pointwise_block_is_its_equation():
    layer = build("none", activation="elu")

    def elu(x):
        return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))

    def dense(x, conv):
        kernel = ops.convert_to_numpy(conv.normalized_kernel())
        kernel = kernel.reshape(-1, kernel.shape[-1])
        return x @ kernel + ops.convert_to_numpy(conv.bias)

    y = dense(elu(X), layer.first)
    y = y + dense(np.concatenate([elu(s) for s in SIDES], -1), layer.side)
    y = dense(elu(y), layer.second)
    y = y + ops.convert_to_numpy(layer.class_bias)[LABELS][:, None, None]
    expected = X + y[..., :3] / (1.0 + np.exp(-y[..., 3:]))
    close(layer(X, SIDES, LABELS), expected)


@pytest.mark.any_backend
@pytest.mark.parametrize("activation", ["concat_elu", "elu"])
def test_rows_and_pixels_equal_the_whole_image(activation):
    def row(x, i):
        return ops.convert_to_tensor(np.transpose(x[:, i], (1, 0, 2)))

    block = build("down", activation=activation)
    expected = ops.convert_to_numpy(block(X, SIDES, LABELS))
    weights, cache = block.step_weights(LABELS), block.init_rows(2, SIZE[1])
    for i in range(SIZE[0]):
        sides = [row(s, i) for s in SIDES]
        y, cache = block.row(weights, cache, row(X, i), sides)
        close(np.transpose(ops.convert_to_numpy(y), (1, 0, 2)), expected[:, i])

    for shift, by_row in (("down_right", 1), ("down_right", 0), ("none", 0)):
        block = build(shift, activation=activation)
        expected = ops.convert_to_numpy(block(X, SIDES, LABELS))
        weights, cache = block.step_weights(LABELS), block.init_cache(2, SIZE[1])
        for i in range(SIZE[0]):
            sides = [row(s, i) for s in SIDES[:by_row]]
            cache = block.begin_row(weights, cache, sides)
            for j in range(SIZE[1]):
                sides = [ops.convert_to_tensor(s[:, i, j]) for s in SIDES[by_row:]]
                x = ops.convert_to_tensor(X[:, i, j])
                y, cache = block.step(weights, cache, x, j, sides)
                close(y, expected[:, i, j])


def test_dropout_is_drawn_in_training_alone():
    layer = build("down", dropout=0.5, seed=1)
    modes = (True, True, False, False)
    found = [layer(X, SIDES, LABELS, training=mode) for mode in modes]
    found = [ops.convert_to_numpy(y) for y in found]
    np.testing.assert_array_equal(found[2], found[3])
    assert not np.allclose(found[0], found[1])
    assert not np.allclose(found[0], found[2])
