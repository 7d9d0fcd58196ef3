"""Autoencoder: the contract, its known optima, its noise, its encoder's further use."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.autoencoders import Autoencoder
from tests.conformance import check_model

SHAPE = (3, 4, 1)


def _images(count=32, seed=0):
    generator = np.random.default_rng(seed)
    factors = generator.random((count, 3)) @ generator.random((3, 12)) / 3
    noisy = 0.9 * factors + 0.1 * generator.random((count, 12))
    return noisy.reshape(count, *SHAPE).astype("float32")


def _autoencoder(**kwargs):
    options = {"latent_dim": 2, "hidden_widths": (6,), "seed": 1, **kwargs}
    return Autoencoder(SHAPE, **options)


def _linear(**kwargs):
    return _autoencoder(
        hidden_widths=(),
        reconstruction_loss="squared_error",
        output_activation="linear",
        **kwargs,
    )


def _zero(network):
    network.set_weights([np.zeros(w.shape) for w in network.get_weights()])


def _evaluate(model, x):
    return model.evaluate(x, batch_size=len(x), verbose=0, return_dict=True)


def test_contract():
    check_model(
        Autoencoder,
        {
            "image_shape": (5, 4, 2),
            "latent_dim": 3,
            "architecture": "conv",
            "hidden_widths": (3, 4),
            "activation": "elu",
            "reconstruction_loss": "squared_error",
            "output_activation": "linear",
            "noise": "gaussian",
            "noise_level": 0.4,
            "code_activation": "sigmoid",
            "sparsity_weight": 0.3,
            "sparsity_target": 0.2,
            "contraction_weight": 0.1,
            "num_classes": 3,
        },
    )


def test_linear_autoencoder_at_the_principal_components_has_no_gradient():
    """Its loss is the sum of the discarded eigenvalues of the covariance."""
    x, model = _images(), _linear()
    flat = x.reshape(len(x), -1).astype("float64")
    mean = flat.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(flat.T, bias=True))
    top = vectors[:, -2:]
    model.encoder.set_weights([top, -mean @ top])
    model.decoder.set_weights([top.T, mean])
    model.compile(keras.optimizers.SGD(1.0))
    before = [*model.encoder.get_weights(), *model.decoder.get_weights()]
    assert _evaluate(model, x)["loss"] == pytest.approx(values[:-2].sum(), rel=1e-4)
    model.train_on_batch(x)
    after = [*model.encoder.get_weights(), *model.decoder.get_weights()]
    for old, new in zip(before, after, strict=True):
        np.testing.assert_allclose(new, old, atol=1e-4)
    model.encoder.set_weights([vectors[:, :2], -mean @ vectors[:, :2]])
    model.decoder.set_weights([vectors[:, :2].T, mean])
    assert _evaluate(model, x)["loss"] > values[:-2].sum() + 0.01


def test_zero_weights_give_the_loss_of_the_mean_image():
    x, model = _images(), _linear()
    _zero(model.encoder)
    _zero(model.decoder)
    model.decoder.layers[-2].bias.assign(x.mean(axis=0).ravel())
    model.compile()
    expected = np.sum(np.var(x, axis=0))
    assert _evaluate(model, x)["loss"] == pytest.approx(expected, rel=1e-5)


def test_losses_are_sums_over_an_image():
    x = _images()
    model = _autoencoder()
    _zero(model.decoder)
    model.compile()
    logs = _evaluate(model, x)
    assert logs["loss"] == pytest.approx(12 * np.log(2.0), rel=1e-5)
    expected = np.sum((x - 0.5) ** 2) / len(x)
    assert logs["squared_error"] == pytest.approx(expected, rel=1e-5)
    other = _autoencoder(reconstruction_loss="squared_error")
    _zero(other.decoder)
    other.compile()
    assert _evaluate(other, x)["loss"] == pytest.approx(expected, rel=1e-5)


def test_penalties_are_those_of_the_codes_and_are_weighted():
    x, targets = _images(), {"sparsity_target": 0.2, "code_activation": "sigmoid"}
    model = _autoencoder(
        sparsity_weight=3.0, contraction_weight=0.5, hidden_widths=(), **targets
    )
    model.compile()
    logs = _evaluate(model, x)
    codes = model.encode(x).astype("float64")
    assert codes.min() >= 0.0 and codes.max() <= 1.0
    rates = codes.mean(axis=0)
    divergence = 0.2 * np.log(0.2 / rates) + 0.8 * np.log(0.8 / (1 - rates))
    assert logs["sparsity"] == pytest.approx(divergence.sum(), rel=1e-4)
    kernel, _ = model.encoder.get_weights()
    jacobians = (codes * (1 - codes))[:, None, :] * kernel
    expected = np.sum(jacobians**2) / len(x)
    assert logs["contraction"] == pytest.approx(expected, rel=1e-4)
    plain = _autoencoder(hidden_widths=(), code_activation="sigmoid")
    for name in ("encoder", "decoder"):
        getattr(plain, name).set_weights(getattr(model, name).get_weights())
    plain.compile()
    penalties = 3.0 * logs["sparsity"] + 0.5 * logs["contraction"]
    loss = _evaluate(plain, x)["loss"]
    assert logs["loss"] == pytest.approx(loss + penalties, rel=1e-5)
    assert model.sample(50, seed=0, latents=None).shape == (50, *SHAPE)


def test_sparse_codes_come_to_fire_at_their_target():
    model = _autoencoder(
        code_activation="sigmoid",
        sparsity_weight=50.0,
        sparsity_target=0.2,
        hidden_widths=(),
    )
    x = _images()
    model.compile(keras.optimizers.Adam(0.05))
    before = np.abs(model.encode(x).mean(axis=0) - 0.2).max()
    model.fit(np.tile(x, (30, 1, 1, 1)), batch_size=32, verbose=0)
    after = np.abs(model.encode(x).mean(axis=0) - 0.2).max()
    assert before > 0.1 and after < 0.05


@pytest.mark.parametrize("architecture", ["dense", "conv"])
def test_contraction_flattens_deep_encoders(architecture):
    model = _autoencoder(contraction_weight=20.0, architecture=architecture)
    model.compile(keras.optimizers.SGD(0.002))
    x = np.repeat(_images(8), 64, axis=0)
    before = _evaluate(model, x)["contraction"]
    for _ in range(4):
        model.train_on_batch(x)
    assert _evaluate(model, x)["contraction"] < 0.9 * before


def _corrupted(model, value=0.5, count=2000):
    x = np.full((count, *SHAPE), value, "float32")
    return ops.convert_to_numpy(model.corrupt(ops.convert_to_tensor(x)))


def test_masking_drops_at_its_rate_and_does_not_rescale():
    noisy = _corrupted(_autoencoder(noise="masking", noise_level=0.3))
    assert set(np.unique(noisy)) == {0.0, 0.5}
    assert abs(np.mean(noisy == 0) - 0.3) < 4 * np.sqrt(0.3 * 0.7 / noisy.size)


def test_gaussian_noise_has_its_deviation():
    noise = _corrupted(_autoencoder(noise="gaussian", noise_level=0.2)) - 0.5
    error = 4 / np.sqrt(noise.size)
    assert abs(noise.mean()) < 0.2 * error
    assert noise.std() == pytest.approx(0.2, rel=error)


def test_noise_is_drawn_anew_in_training_and_off_in_evaluation():
    x = _images()
    clean, noisy = _autoencoder(), _autoencoder(noise="masking", noise_level=0.5)
    none = _autoencoder(noise="masking", noise_level=0.0)
    for model in (clean, noisy, none):
        model.set_weights(clean.get_weights()[: len(model.get_weights())])
        model.compile(keras.optimizers.SGD(0.0))
    assert _evaluate(clean, x) == _evaluate(noisy, x)

    def step(model):
        model.reset_metrics()
        return model.train_on_batch(x, return_dict=True)["loss"]

    assert step(noisy) != step(noisy)
    assert step(none) == step(clean)  # no noise is the autoencoder, exactly
    assert step(clean) == step(clean)


def test_noise_is_compared_with_the_clean_image():
    """With everything masked the loss is that of the output for a black image."""
    model = _linear(noise="masking", noise_level=1.0)
    model.decoder.layers[-2].bias.assign(np.full(12, 0.5))
    model.compile(keras.optimizers.SGD(0.0))
    x = _images()
    loss = model.train_on_batch(x, return_dict=True)["loss"]
    assert loss == pytest.approx(np.sum((x - 0.5) ** 2) / len(x), rel=1e-5)


def test_codes_are_sampled_with_the_mean_and_covariance_of_training():
    model, x = _autoencoder(), _images(64)
    model.compile(keras.optimizers.SGD(0.0))
    model.fit(x, batch_size=16, epochs=1, verbose=0)  # four batches make one average
    model.sync()
    codes = model.encode(x)
    mean, covariance = codes.mean(axis=0), np.cov(codes.T, bias=True)
    np.testing.assert_allclose(np.array(model.code_mean), mean, atol=1e-5)
    np.testing.assert_allclose(np.array(model.code_covariance), covariance, atol=1e-5)
    drawn = model.numpy_latents(np.random.default_rng(0), 50_000)
    np.testing.assert_allclose(np.cov(drawn.T), covariance, rtol=0.05, atol=1e-3)
    np.testing.assert_allclose(drawn.mean(axis=0), mean, atol=0.01)
    np.testing.assert_allclose(
        model.sample(3, seed=0, latents=codes[:3]), model.reconstruct(x[:3]), atol=1e-6
    )


def test_code_statistics_are_exponential_averages_later():
    model = _autoencoder()
    model.steps.assign(10_000)
    model.code_mean.assign([1.0, -1.0])
    z = np.zeros((4, 2), "float32")
    model._track_codes(ops.convert_to_tensor(z))
    np.testing.assert_allclose(np.array(model.code_mean), [0.99, -0.99], rtol=1e-5)


def test_labels_reach_the_encoder_and_the_decoder():
    model = _autoencoder(num_classes=3)
    z, x = np.zeros((1, 2)), _images(1)
    assert np.abs(model.decode(z, [0]) - model.decode(z, [1])).max() > 1e-3
    assert np.abs(model.encode(x, [0]) - model.encode(x, [1])).max() > 1e-3


@pytest.mark.parametrize("architecture", ["dense", "conv"])
def test_classifier_starts_from_a_copy_of_the_encoder(architecture):
    model, x = _autoencoder(architecture=architecture), _images(8)
    classifier = model.classifier(3)
    codes = model.infer(model.preprocess(ops.convert_to_tensor(x)))
    np.testing.assert_array_equal(
        ops.convert_to_numpy(classifier.features(ops.convert_to_tensor(x))),
        ops.convert_to_numpy(codes),
    )
    before = model.encoder.get_weights()
    _fit(classifier, x)
    for old, new in zip(before, model.encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)  # the copy trains alone
    moved = classifier.autoencoder.encoder.get_weights()
    assert any(np.any(old != new) for old, new in zip(before, moved, strict=True))


def _fit(classifier, x):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    classifier.compile(keras.optimizers.SGD(0.5), loss)
    for _ in range(2):  # the head starts at zero: the first step moves it alone
        classifier.train_on_batch(x, np.arange(len(x)) % 3)


def test_frozen_encoder_trains_the_head_alone(tmp_path):
    model, x = _autoencoder(), _images(8)
    classifier = model.classifier(3, trainable_encoder=False)
    assert [v.name for v in classifier.trainable_variables] == ["kernel", "bias"]
    head = classifier.head.get_weights()
    _fit(classifier, x)
    copy = classifier.autoencoder.encoder
    pairs = zip(model.encoder.get_weights(), copy.get_weights(), strict=True)
    assert all(np.array_equal(old, new) for old, new in pairs)
    assert np.any(classifier.head.get_weights()[0] != head[0])
    classifier.save(tmp_path / "classifier.keras")
    loaded = keras.models.load_model(tmp_path / "classifier.keras")
    np.testing.assert_array_equal(
        loaded.predict(x, verbose=0), classifier.predict(x, verbose=0)
    )
    assert len(loaded.trainable_variables) == 2


def test_classifier_takes_bytes_and_floats():
    classifier = _autoencoder().classifier(3)
    x = np.random.default_rng(0).integers(0, 256, (4, *SHAPE), "uint8")
    floats = (x / 255).astype("float32")
    codes = [classifier.features(ops.convert_to_tensor(y)) for y in (x, floats)]
    np.testing.assert_allclose(*map(ops.convert_to_numpy, codes), atol=1e-6)


def test_classifier_needs_classes_and_an_encoder_without_labels():
    with pytest.raises(ValueError, match="Received: num_classes=1"):
        _autoencoder().classifier(1)
    with pytest.raises(ValueError, match="unconditional.*Received: num_classes=3"):
        _autoencoder(num_classes=3).classifier(3)


def test_refuses_what_makes_no_sense():
    with pytest.raises(ValueError, match="Received: output_activation='linear'"):
        _autoencoder(output_activation="linear")
    with pytest.raises(ValueError, match="Did you mean 'masking'"):
        _autoencoder(noise="mask")
    with pytest.raises(ValueError, match="Received: noise_level=1.5"):
        _autoencoder(noise="masking", noise_level=1.5)
    with pytest.raises(ValueError, match="Received: code_activation='linear'"):
        _autoencoder(sparsity_weight=1.0)
    with pytest.raises(ValueError, match="Received: sparsity_target=1.0"):
        _autoencoder(sparsity_target=1.0)
    with pytest.raises(ValueError, match="Did you mean 'conv'"):
        _autoencoder(architecture="convs")


def test_training_reduces_the_error_below_the_mean_images():
    x = _images(32)
    model = _autoencoder(hidden_widths=(16,))
    model.compile(keras.optimizers.Adam(0.02))
    model.fit(np.tile(x, (60, 1, 1, 1)), batch_size=32, verbose=0)
    assert _evaluate(model, x)["squared_error"] < 0.8 * np.sum(np.var(x, axis=0))
