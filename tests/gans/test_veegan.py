"""VEEGAN: its three objectives by hand, and what each network learns from."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen.gans.veegan import VEEGAN
from tests.conformance import check_model

A = np.float32([[2.0, 1.0], [0.0, 0.5]])


def array(x):
    return ops.convert_to_numpy(x)


def draws(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def linear(kernel):
    kernel = np.float32(kernel)
    net = keras.Sequential(
        [keras.Input(kernel.shape[:1]), layers.Dense(kernel.shape[1], use_bias=False)]
    )
    net.set_weights([kernel])
    return net


def linear_model(back, latents=None, **kwargs):
    """A model with `G(z) = z A`, `F(x) = x back` and `D(z, x) = x_1 - 2 z_2`."""
    model = VEEGAN((2,), 2, filters=4, seed=0, **kwargs)
    model.generator, model.reconstructor = linear(A), linear(back)
    x, z = keras.Input((2,)), keras.Input((2,))
    said = linear([[1.0], [0.0], [0.0], [-2.0]])(layers.Concatenate()([x, z]))
    model.discriminator = keras.Model([x, z], said)
    if latents is not None:
        model.draw_latents = lambda *args: ops.convert_to_tensor(latents)
    return model


def test_contract():
    check_model(
        VEEGAN,
        {
            "image_shape": (8, 12, 2),
            "latent_dim": 3,
            "reconstruction_weight": 0.5,
            "architecture": "dcgan",
            "filters": 2,
            "num_classes": 3,
            "latent_distribution": "uniform",
        },
    )


def test_losses_of_algorithm_1_by_hand():
    """With `F = 0` the reconstruction is `E |z|^2`, the sum over the latents."""
    x, z = draws(5, 2), draws(5, 2)[::-1].copy()
    model = linear_model(np.zeros((2, 2)), z, reconstruction_weight=3.0)
    losses = model.compute_joint_losses(model.phases, x, None, False)
    real, fake = x[:, 0], (z @ A)[:, 0] - 2.0 * z[:, 1]
    error = np.square(z).sum(axis=1).mean()
    found = [float(array(losses[phase]["loss"])) for phase in model.phases]
    discriminator = np.log1p(np.exp(-real)).mean() + np.log1p(np.exp(fake)).mean()
    expected = [discriminator, -fake.mean() + 3.0 * error, error]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_an_inverse_reconstructs_all_latents():
    x, z = draws(5, 2), draws(7, 2)
    model = linear_model(np.linalg.inv(A), z)
    losses = model.compute_joint_losses(model.phases, x, None, False)
    assert float(array(losses["reconstructor"]["loss"])) == pytest.approx(0, abs=1e-10)
    np.testing.assert_allclose(model.encode(z @ A), z, atol=1e-5)


def test_real_pairs_hold_the_codes_of_the_data():
    x = draws(5, 2)
    model = linear_model(np.float32([[0.0, 1.0], [1.0, 0.0]]))
    found = array(model.discriminate(x, None, False))[:, 0]
    np.testing.assert_allclose(found, x[:, 0] - 2.0 * x[:, 0], rtol=1e-5)


def gradients_moved(change):
    """Returns how far a step moves each network after `change(model)`."""
    keras.utils.set_random_seed(0)
    model = VEEGAN((2,), 2, filters=4, seed=0)
    change(model)
    model.compile(keras.optimizers.SGD(0.1))
    names = ("generator", "discriminator", "reconstructor")
    before = {n: getattr(model, n).get_weights() for n in names}
    model.train_on_batch(draws(6, 2))
    return {
        n: [
            a - b
            for a, b in zip(getattr(model, n).get_weights(), before[n], strict=True)
        ]
        for n in names
    }


def largest_difference(first, second):
    return max(np.abs(a - b).max() for a, b in zip(first, second, strict=True))


def test_the_reconstructor_learns_from_the_reconstruction_alone():
    """What the discriminator says moves the generator, not the reconstructor."""

    def louder(model):
        for variable in model.discriminator.trainable_variables:
            variable.assign(3.0 * variable.value)

    plain, loud = gradients_moved(lambda model: None), gradients_moved(louder)
    assert largest_difference(plain["reconstructor"], loud["reconstructor"]) < 1e-6
    assert largest_difference(plain["generator"], loud["generator"]) > 1e-4


def test_the_generator_learns_from_the_reconstruction_too():
    def off(model):
        model.reconstruction_weight = 0.0

    plain, without = gradients_moved(lambda model: None), gradients_moved(off)
    assert largest_difference(plain["generator"], without["generator"]) > 1e-4
    assert largest_difference(plain["reconstructor"], without["reconstructor"]) < 1e-6


def test_encode_takes_labels_where_the_model_does():
    model = VEEGAN((8, 8, 1), 3, filters=2, num_classes=2, seed=0)
    x = np.zeros((2, 8, 8, 1), "uint8")
    first, second = model.encode(x, labels=[0, 1])
    assert first.shape == (3,) and not np.allclose(first, second)
    with pytest.raises(ValueError, match="label.*Received"):
        model.encode(x)


def test_adaptive_augmentation_hears_of_real_pairs():
    model = VEEGAN((8, 8, 1), 2, filters=2, seed=0, augmentation="adaptive")
    heard = []
    object.__setattr__(model, "observe", heard.append)
    x = ops.convert_to_tensor(draws(3, 8, 8, 1))
    model.compute_losses("discriminator", x, None, training=False)
    assert not heard
    model.compute_losses("discriminator", x, None, training=True)
    assert [tuple(scores.shape) for scores in heard] == [(3, 1)]
