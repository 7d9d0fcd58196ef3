"""VAE: the contract, and the equations of the paper."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.autoencoders import VAE
from tests.conformance import check_model, differing, numpy_state

SHAPE = (4, 3, 1)


def _images(count=8, seed=0, shape=SHAPE):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), "uint8")


def _vae(**kwargs):
    options = {"latent_dim": 2, "hidden_widths": (5,), "seed": 1, **kwargs}
    return VAE(SHAPE, **options)


def _zero(network):
    network.set_weights([np.zeros(w.shape) for w in network.get_weights()])


def test_contract():
    check_model(
        VAE,
        {
            "image_shape": (5, 4, 2),
            "latent_dim": 3,
            "likelihood": "gaussian",
            "binarization": None,
            "variance": 2.0,
            "kl_weight": 0.5,
            "kl_annealing_steps": 3,
            "free_bits": 0.1,
            "architecture": "conv",
            "hidden_widths": (3, 4),
            "activation": "elu",
            "num_classes": 3,
        },
        excluded=("levels",),
    )


@pytest.mark.parametrize(
    "kwargs", [{}, {"likelihood": "gaussian", "binarization": None}]
)
def test_trains_under_mixed_precision_with_its_likelihood_in_float32(kwargs):
    model = _vae(dtype="mixed_bfloat16", **kwargs)
    model.compile()
    logs = model.train_on_batch(_images(), return_dict=True)
    assert all(np.isfinite(value) for value in logs.values())
    assert model.encoder.layers[0].compute_dtype == "bfloat16"
    x = model.preprocess(ops.convert_to_tensor(_images()))
    outputs = model.run_decoder(model.posterior(x)[0])
    assert "float32" in str(outputs.dtype)
    assert "float32" in str(model.pixels.log_prob(x, outputs).dtype)


def test_loss_is_reconstruction_plus_weighted_closed_form_kl():
    model = _vae(kl_weight=3.0, binarization="threshold")
    model.compile()
    logs = model.evaluate(_images(), batch_size=4, verbose=0, return_dict=True)
    assert logs["loss"] == pytest.approx(
        logs["reconstruction"] + 3.0 * logs["kl"], rel=1e-5
    )
    mean, log_variance = model.encode(_images(), distribution=True)
    kl = 0.5 * np.sum(mean**2 + np.exp(log_variance) - 1 - log_variance, axis=1)
    assert logs["kl"] == pytest.approx(kl.mean(), rel=1e-5)
    np.testing.assert_array_equal(mean, model.encode(_images()))
    elbo = model.elbo(_images(), num_samples=500).mean()
    reconstruction = logs["loss"] - 3.0 * logs["kl"]
    assert -elbo == pytest.approx(reconstruction + logs["kl"], abs=0.5)


@pytest.mark.parametrize("binarization", ["dynamic", "threshold", None])
def test_zero_logits_cost_ln_2_a_pixel(binarization):
    model = VAE((28, 28, 1), hidden_widths=(3,), binarization=binarization)
    _zero(model.encoder)
    _zero(model.decoder)
    x = _images(3, shape=(28, 28, 1))
    model.compile()
    logs = model.evaluate(x, verbose=0, return_dict=True)
    assert logs["kl"] == 0.0
    assert logs["reconstruction"] == pytest.approx(543.4274, rel=1e-5)
    np.testing.assert_allclose(model.elbo(x), -543.4274, rtol=1e-5)
    np.testing.assert_allclose(model.bits_per_dim(x), 1.0, rtol=1e-5)


@pytest.mark.parametrize(
    ("kwargs", "nats"),
    [
        ({"likelihood": "categorical"}, 12 * np.log(256.0)),
        ({"likelihood": "categorical", "levels": 4}, 12 * np.log(4.0)),
        (
            {"likelihood": "gaussian", "variance": "predicted"},
            6 * np.log(2 * np.pi),
        ),
    ],
)
def test_other_likelihoods_at_zero_outputs(kwargs, nats):
    model = _vae(binarization=None, **kwargs)
    _zero(model.encoder)
    _zero(model.decoder)
    model.compile()
    x = np.zeros((2, *SHAPE), "uint8")
    logs = model.evaluate(x, verbose=0, return_dict=True)
    assert logs["loss"] == pytest.approx(nats, rel=1e-5)
    np.testing.assert_allclose(model.elbo(x), -nats, rtol=1e-5)


@pytest.mark.any_backend
def test_discretised_logistics_train_and_sample_on_their_levels():
    model = _vae(likelihood="discretized_logistic", binarization=None, levels=8)
    x = np.tile(_images(), (60, 1, 1, 1))
    model.compile({"vae": keras.optimizers.Adam(0.02)})
    before = model.evaluate(x, verbose=0, return_dict=True)["loss"]
    model.fit(x, batch_size=8, epochs=2, verbose=0)
    assert model.evaluate(x, verbose=0, return_dict=True)["loss"] < before - 2.0
    drawn = 7.0 * model.sample(20, seed=0, mean=False)
    np.testing.assert_allclose(drawn, np.round(drawn), atol=1e-5)
    loaded = VAE.from_config(model.get_config())
    assert loaded.levels == 8 and loaded.pixels.levels == 8


def test_the_weight_of_the_divergence_rises_with_the_steps():
    model = _vae(kl_annealing_steps=4, kl_weight=2.0, binarization="threshold")
    model.compile(keras.optimizers.SGD(0.0))
    shares = []
    for _ in range(5):
        model.reset_metrics()
        logs = model.train_on_batch(_images(), return_dict=True)
        excess = float(logs["loss"] - logs["reconstruction"])
        shares.append(excess / (2.0 * float(logs["kl"])))
    np.testing.assert_allclose(shares, [0.25, 0.5, 0.75, 1.0, 1.0], rtol=1e-4)
    logs = _vae(kl_annealing_steps=4, binarization="threshold")
    logs.compile()
    logs = logs.evaluate(_images(), verbose=0, return_dict=True)
    assert logs["loss"] == pytest.approx(logs["reconstruction"] + logs["kl"], rel=1e-5)


def test_free_bits_cost_as_much_as_they_are_without_code():
    model = _vae(free_bits=0.25)
    _zero(model.encoder)
    model.compile()
    logs = model.evaluate(_images(), verbose=0, return_dict=True)
    assert logs["kl"] == 0.0
    assert logs["loss"] == pytest.approx(logs["reconstruction"] + 0.5, rel=1e-5)


def test_points_have_no_range():
    kwargs = {"latent_dim": 1, "hidden_widths": (8,), "seed": 1, "num_classes": 2}
    model = VAE((3,), likelihood="gaussian", binarization=None, **kwargs)
    labels = np.arange(64, dtype="int32") % 2
    x = (5.0 * labels[:, None] - 2.0) * np.ones((64, 3), "float32")
    model.compile({"vae": keras.optimizers.Adam(0.2)})
    model.fit(np.tile(x, (40, 1)), np.tile(labels, 40), batch_size=64, verbose=0)
    assert np.abs(model.reconstruct(x, labels) - x).mean() < 0.5
    drawn = model.sample(40, labels=[0] * 20 + [1] * 20, seed=0)
    assert drawn.shape == (40, 3)
    assert drawn[:20].mean() == pytest.approx(-2.0, abs=1.0)
    assert drawn[20:].mean() == pytest.approx(3.0, abs=1.0)
    assert np.isfinite(model.log_prob(x[:4], labels[:4], num_samples=3)).all()
    with pytest.raises(ValueError, match="model of images"):
        model.bits_per_dim(x, labels)
    with pytest.raises(ValueError, match="`likelihood` must be 'gaussian' for points"):
        VAE((3,))
    with pytest.raises(ValueError, match="Received: image_shape"):
        VAE((3,), architecture="conv")


def test_gaussian_bits_per_dim_are_those_of_dequantised_grey_levels():
    model = _vae(likelihood="gaussian", binarization=None, variance=1e-4)
    _zero(model.encoder)
    _zero(model.decoder)
    x = np.zeros((500, *SHAPE), "uint8")
    # Grey level 0 spreads over [0, 1/256): E u^2 = 1 / (3 * 256^2).
    nats = 0.5 * (np.log(2 * np.pi * 1e-4) + 1 / (3 * 256**2) / 1e-4)
    expected = nats / np.log(2.0) + 8.0
    assert model.bits_per_dim(x).mean() == pytest.approx(expected, rel=1e-3)


@pytest.mark.any_backend
def test_kl_falls_to_zero_where_the_code_is_of_no_use():
    model = _vae(hidden_widths=())
    kernel, bias = model.encoder.get_weights()
    model.encoder.set_weights([kernel, np.array([1.5, -1.5, -1.0, 1.0])])
    _zero(model.decoder)
    model.compile(keras.optimizers.Adam(0.05))
    x = np.full((400, *SHAPE), 0.5, "float32")  # binarised: coin flips
    before = model.evaluate(x, verbose=0, return_dict=True)
    model.fit(x, batch_size=8, epochs=3, verbose=0)
    after = model.evaluate(x, verbose=0, return_dict=True)
    assert before["kl"] > 2.0 and after["kl"] < 0.1 * before["kl"]
    assert after["loss"] == pytest.approx(12 * np.log(2.0), abs=0.3)


def test_noise_and_binary_images_are_drawn_anew_in_each_training_step():
    model = _vae()
    model.compile(keras.optimizers.SGD(0.0))
    x = _images()
    first, second = (model.train_on_batch(x, return_dict=True) for _ in range(2))
    model.reset_metrics()
    third = model.train_on_batch(x, return_dict=True)
    assert len({logs["reconstruction"] for logs in (first, second, third)}) == 3
    assert len({logs["kl"] for logs in (first, second, third)}) == 3  # x differs
    drawn = model.observe(model.preprocess(ops.convert_to_tensor(x)), training=True)
    assert set(np.unique(ops.convert_to_numpy(drawn))) == {0.0, 1.0}


def test_training_learns_two_images_as_one_bit():
    """All white or all black: the best loss is ln 2, that of single pixels 12 ln 2."""
    model = _vae(hidden_widths=(16,), binarization="threshold")
    x = np.repeat([0.0, 1.0], 16).reshape(32, 1, 1, 1) * np.ones(SHAPE)
    model.compile(keras.optimizers.Adam(0.02))
    model.fit(np.tile(x, (60, 1, 1, 1)), batch_size=32, verbose=0)
    logs = model.evaluate(x, verbose=0, return_dict=True)
    assert np.log(2.0) - 0.3 < logs["loss"] < 4 * np.log(2.0)
    assert logs["kl"] > 0.5
    assert np.abs(model.reconstruct(x) - x).max() < 0.3


def test_labels_reach_the_encoder_and_the_decoder():
    for architecture in ("dense", "conv"):
        model = _vae(num_classes=3, architecture=architecture)
        z = np.zeros((1, 2), "float32")
        assert np.abs(model.decode(z, 0) - model.decode(z, 1)).max() > 1e-3
        x = _images(1)
        assert np.abs(model.encode(x, [0]) - model.encode(x, [2])).max() > 1e-3
        both = model.reconstruct(np.repeat(x, 2, axis=0), labels=[1, 2])
        assert np.abs(both[0] - both[1]).max() > 1e-4
        np.testing.assert_array_equal(
            model.sample(2, labels=[0, 1], seed=0, latents=np.zeros((2, 2))),
            model.decode(np.zeros((2, 2)), [0, 1]),
        )


def test_losses_see_the_labels_on_both_sides():
    model, x = _vae(num_classes=3), _images()
    model.compile()
    logs = [
        model.evaluate(x, np.full(8, label), verbose=0, return_dict=True)
        for label in (0, 1)
    ]
    assert abs(logs[0]["kl"] - logs[1]["kl"]) > 1e-4  # the encoder's
    _zero(model.encoder)
    logs = [
        model.evaluate(x, np.full(8, label), verbose=0, return_dict=True)
        for label in (0, 1)
    ]
    assert abs(logs[0]["reconstruction"] - logs[1]["reconstruction"]) > 1e-4


def test_unconditional_arrays_refuse_labels_and_conditional_ones_want_them():
    with pytest.raises(ValueError, match="`labels` must be None.*Received"):
        _vae().encode(_images(2), labels=[0, 1])
    for method in ("encode", "reconstruct", "elbo", "log_prob", "bits_per_dim"):
        with pytest.raises(ValueError, match="`labels` must be given.*Received"):
            getattr(_vae(num_classes=3), method)(_images(2))
    with pytest.raises(ValueError, match="`labels` must be given.*Received"):
        _vae(num_classes=3).decode(np.zeros((2, 2)))


def test_samples_are_means_or_drawn_pixels():
    model = _vae()
    means = model.sample(500, seed=0, latents=np.zeros((500, 2)))
    drawn = model.sample(500, seed=0, latents=np.zeros((500, 2)), mean=False)
    assert set(np.unique(drawn)) == {0.0, 1.0}
    deviation = np.sqrt(means[0] * (1 - means[0]) / 500)
    assert np.all(np.abs(drawn.mean(axis=0) - means[0]) < 5 * deviation)
    np.testing.assert_array_equal(
        drawn, model.sample(500, seed=0, latents=np.zeros((500, 2)), mean=False)
    )
    grey = _vae(likelihood="gaussian", binarization=None, variance=0.01)
    _zero(grey.decoder)
    grey.decoder.layers[-2].bias.assign(np.full(12, 0.5))
    difference = grey.sample(300, seed=0, mean=False) - grey.sample(300, seed=0)
    assert difference.std() == pytest.approx(0.1, rel=0.1)


def test_call_and_predict_give_the_reconstruction():
    model, x = _vae(), _images(5)
    expected = model.decode(model.encode(x))
    assert expected.shape == x.shape
    np.testing.assert_allclose(model.reconstruct(x), expected, atol=1e-6)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, atol=1e-6)
    np.testing.assert_allclose(
        model.reconstruct(x.astype("float64") / 255), expected, atol=1e-6
    )
    with pytest.raises(ValueError, match="Received: z of shape"):
        model.decode(np.zeros((3, 4)))


def test_extreme_encoder_outputs_stay_finite():
    model = _vae()
    last = model.encoder.layers[-1]
    last.bias.assign(np.array([0.0, 0.0, 1e4, -1e4]))
    model.compile()
    logs = model.evaluate(_images(), verbose=0, return_dict=True)
    assert np.isfinite(logs["loss"])
    # Log-variances are held in [-10, 10].
    expected = 0.5 * (np.exp(10.0) - 11.0 + np.exp(-10.0) + 9.0)
    assert logs["kl"] == pytest.approx(expected, rel=1e-3)


@pytest.mark.any_backend
def test_trained_variance_approaches_the_squared_error():
    """The best shared variance is the mean squared error of a pixel."""
    model = _vae(likelihood="gaussian", binarization=None, hidden_widths=())
    assert [v.name for v in model.pixels.trainable_variables] == ["log_variance"]
    _zero(model.encoder)
    _zero(model.decoder)
    model.compile({"vae": keras.optimizers.Adam(0.05)})
    x = np.full((8, *SHAPE), 0.5, "float32")
    model.fit(np.tile(x, (150, 1, 1, 1)), batch_size=8, verbose=0)
    error = np.mean((model.reconstruct(x) - x) ** 2)
    variance = np.exp(float(ops.convert_to_numpy(model.pixels.log_variance)))
    assert error < 0.01 and variance < 0.02


def test_reading_methods_leave_the_state_alone():
    model = _vae()
    before = numpy_state(model)
    x = _images(3)
    model.encode(x), model.reconstruct(x), model.elbo(x), model.log_prob(x, None, 3)
    assert not differing(before, numpy_state(model))
