"""VQ-VAE: the contract, its losses and codes, and the prior that it holds."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen import backend
from kerasgen.autoencoders import VQVAE
from kerasgen.data import Dataset
from tests.conformance import check_model, differing, numpy_state

SHAPE = (8, 4, 1)


def make_model(**kwargs):
    options = {"num_codes": 5, "code_dim": 3, "filters": 4, "blocks": 1, "seed": 1}
    options |= {"prior_filters": 4, "prior_blocks": 0}
    return VQVAE(SHAPE, **{**options, **kwargs})


def images(count=8, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, *SHAPE), "uint8")


def test_contract():
    check_model(
        VQVAE,
        {
            "image_shape": (8, 4, 2),
            "num_codes": 7,
            "code_dim": 3,
            "downsamplings": 1,
            "filters": 4,
            "blocks": 1,
            "commitment_weight": 0.5,
            "ema_decay": 0.9,
            "restart_threshold": 0.5,
            "data_variance": 0.1,
            "prior_filters": 4,
            "prior_blocks": 0,
            "num_classes": 3,
        },
    )


@pytest.mark.parametrize("ema_decay, weight", [(0.9, 0.5), (None, 1.5)])
def test_loss_is_the_scaled_error_and_the_weighted_distance_to_the_codes(
    ema_decay, weight
):
    model = make_model(
        commitment_weight=0.5,
        ema_decay=ema_decay,
        restart_threshold=0.0,
        data_variance=0.25,
    )
    model.compile()
    x = images()
    logs = model.evaluate(x, verbose=0, return_dict=True)
    z = ops.convert_to_numpy(model.encoder(model.preprocess(ops.convert_to_tensor(x))))
    codes = model.encode(x)
    chosen = ops.convert_to_numpy(model.quantizer.codebook)[codes]
    assert logs["quantization"] == pytest.approx(np.mean((z - chosen) ** 2), rel=1e-4)
    outputs = ops.convert_to_numpy(model.decoder(chosen)) + 0.5
    error = np.mean((x / 255.0 - outputs) ** 2) / 0.25
    assert logs["reconstruction"] == pytest.approx(error, rel=1e-4)
    expected = error + weight * logs["quantization"]
    assert logs["loss"] == pytest.approx(expected, rel=1e-4)
    share = np.bincount(codes.ravel(), minlength=5) / codes.size
    entropy = -np.sum(share * np.log(np.maximum(share, 1e-9)))
    assert logs["perplexity"] == pytest.approx(np.exp(entropy), rel=1e-4)


def test_codes_decode_to_the_reconstruction():
    model, x = make_model(), images()
    before = numpy_state(model)
    codes = model.encode(x)
    assert codes.shape == (8, 2, 1) and codes.dtype == np.int32
    expected = model.reconstruct(x)
    np.testing.assert_allclose(model.decode(codes), expected, atol=1e-6)
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, atol=1e-6)
    assert not differing(before, numpy_state(model))
    for bad in (codes + 5, codes[:, :1], codes.astype("float32")):
        with pytest.raises(ValueError, match="`codes` must be.*Received: codes"):
            model.decode(bad)


def test_codes_learn_to_tell_images_apart():
    """Without them the best error of two pixels in four is 1/8."""
    options = {"restart_threshold": 0.3, "ema_decay": 0.9, "seed": 0}
    model = VQVAE((2, 2, 1), 4, 4, 1, 16, 0, prior_filters=2, prior_blocks=0, **options)
    x = np.zeros((4, 2, 2, 1), "float32")
    x[:, 0, 0, 0], x[:, 0, 1, 0] = [0, 0, 1, 1], [0, 1, 0, 1]
    model.compile(keras.optimizers.Adam(0.01))
    model.fit(np.tile(x, (200, 1, 1, 1)), batch_size=8, verbose=0)
    assert len(np.unique(model.encode(x))) >= 3
    assert np.mean((model.reconstruct(x) - x) ** 2) < 0.08


# === The prior ===


def test_untrained_prior_is_uniform():
    model = make_model()
    nats = model.code_log_prob(images())
    np.testing.assert_allclose(nats, -2 * np.log(5), rtol=1e-5)


def test_fitted_prior_draws_the_codes_of_the_data_by_class():
    model = make_model(num_classes=2)
    labels = np.repeat([0, 1], 60)
    x = (255 * labels[:, None, None, None] * np.ones(SHAPE)).astype("uint8")
    z = model.encoder(model.preprocess(ops.convert_to_tensor(x[[0, -1]])))
    codebook = np.full((5, 3), 100.0, "float32")
    codebook[:2] = ops.convert_to_numpy(z)[:, 0, 0]  # a code for each image
    model.quantizer.codes.assign(codebook)
    model.compile()
    before = numpy_state(model)
    history = model.fit_prior(
        Dataset(x, labels, batch_size=30),
        epochs=10,
        optimizer=keras.optimizers.Adam(0.05),
        validation_data=(x[:7], labels[:7]),
        verbose=0,
    )
    after = {k: v for k, v in numpy_state(model).items() if k in before}
    moved = differing(before, after)
    assert moved and all(name.startswith("prior/") for name in moved)
    nats = model.code_log_prob(x, labels).mean()
    assert nats > -0.3  # uniform: -2 ln 5 = -3.2
    assert history.history["val_loss"][-1] == pytest.approx(-nats, abs=0.3)
    codes = model.draw_codes(40, labels[40:80], np.random.default_rng(0), None, 1.0)
    assert np.mean(codes == model.encode(x[40:80])) > 0.9


def test_one_file_holds_the_prior_and_its_optimizer(tmp_path):
    model, x = make_model(), images(20)
    model.compile()
    model.fit_prior(x, batch_size=10, epochs=2, verbose=0, optimizer="rmsprop")
    model.priors[0].reset_metrics()
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    state = numpy_state(model)
    assert any(name.startswith("prior/optimizer/") for name in state)
    assert not differing(state, numpy_state(loaded))
    for each in (model, loaded):
        each.fit_prior(x, batch_size=10, verbose=0)
    assert not differing(numpy_state(model), numpy_state(loaded))
    assert int(backend.to_numpy(model.priors[0].steps)) == 6
    np.testing.assert_array_equal(model.sample(2, seed=0), loaded.sample(2, seed=0))


def test_wrong_calls_are_refused():
    model = make_model(num_classes=3)
    with pytest.raises(ValueError, match="compile"):
        model.fit_prior(images(), np.zeros(8, "int32"))
    model.compile()
    with pytest.raises(ValueError, match="`labels` must be given"):
        model.fit_prior(images(), batch_size=4)
    with pytest.raises(TypeError, match="kerasgen Dataset. Received"):
        model.fit_prior(iter([]))
    with pytest.raises(ValueError, match="divisible by 4. Received"):
        VQVAE((6, 6, 1))
    with pytest.raises(ValueError, match="must be 0 with `ema_decay=None`"):
        make_model(ema_decay=None)
