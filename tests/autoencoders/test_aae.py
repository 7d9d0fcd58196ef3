"""AAE: the contract, its reduction to the autoencoder, and who learns from what."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.autoencoders import AAE, Autoencoder
from tests.conformance import check_model

SHAPE = (4, 3, 1)


def _images(count=16, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, *SHAPE), "uint8")


def _aae(**kwargs):
    options = {
        "latent_dim": 2,
        "hidden_widths": (5,),
        "discriminator_widths": (7,),
        "seed": 1,
        **kwargs,
    }
    return AAE(SHAPE, **options)


def _zero(network):
    network.set_weights([np.zeros(w.shape) for w in network.get_weights()])


def _losses(model, phase, x, labels=None):
    x = model.preprocess(ops.convert_to_tensor(x))
    labels = None if labels is None else ops.convert_to_tensor(labels)
    losses = model.compute_losses(phase, x, labels, training=False)
    return {key: float(ops.convert_to_numpy(value)) for key, value in losses.items()}


def test_contract():
    check_model(
        AAE,
        {
            "image_shape": (5, 4, 2),
            "latent_dim": 2,
            "prior": "ring",
            "prior_std": 2.0,
            "adversarial_weight": 0.5,
            "reconstruction_loss": "squared_error",
            "architecture": "conv",
            "hidden_widths": (3, 4),
            "activation": "elu",
            "discriminator_widths": (6,),
            "discriminator_noise": 0.3,
            "num_classes": 3,
            "semi_supervised": True,
            "classification_weight": 2.0,
        },
        excluded=("prior_labels",),
    )


def test_without_adversarial_weight_it_is_the_autoencoder():
    model = _aae(adversarial_weight=0.0)
    plain = Autoencoder(SHAPE, latent_dim=2, hidden_widths=(5,), seed=1)
    for name in ("encoder", "decoder"):
        getattr(plain, name).set_weights(getattr(model, name).get_weights())
    for each in (model, plain):
        each.compile({"autoencoder": keras.optimizers.Adam(0.01)})
        for i in range(3):
            each.train_on_batch(_images(seed=i))
    for name in ("encoder", "decoder"):
        pairs = zip(
            getattr(model, name).get_weights(),
            getattr(plain, name).get_weights(),
            strict=True,
        )
        for first, second in pairs:
            np.testing.assert_allclose(first, second, atol=1e-6)


def test_loss_adds_up_and_an_undecided_discriminator_costs_ln_2_a_half():
    """`D = 1/2`: a discriminator pays 2 ln 2, the encoder ln 2 for each of the two."""
    model = _aae(
        num_classes=3,
        semi_supervised=True,
        adversarial_weight=0.5,
        classification_weight=3.0,
    )
    for discriminator in model.discriminators:
        _zero(discriminator)
    x, labels = _images(4), np.array([0, -1, 2, -1])
    losses = _losses(model, "discriminator", x, labels)
    assert losses["loss"] == pytest.approx(2 * 1.3862944, rel=1e-5)
    assert losses["real"] == losses["fake"] == pytest.approx(0.5)
    losses = _losses(model, "autoencoder", x, labels)
    assert losses["adversarial"] == pytest.approx(2 * np.log(2.0), rel=1e-5)
    probabilities = model.classify(x)[[0, 2], [0, 2]]
    expected = -np.log(probabilities).mean()  # of the two labelled images alone
    assert losses["cross_entropy"] == pytest.approx(expected, rel=1e-4)
    total = losses["reconstruction"] + 0.5 * losses["adversarial"] + 3.0 * expected
    assert losses["loss"] == pytest.approx(total, rel=1e-5)
    assert _losses(model, "autoencoder", x, np.full(4, -1))["cross_entropy"] == 0.0


def _line(**kwargs):
    """An encoder `x + 1` of numbers, a linear discriminator, a decoder of zeros."""
    model = AAE(
        (1,),
        1,
        hidden_widths=(),
        discriminator_widths=(),
        reconstruction_loss="squared_error",
        seed=0,
        **kwargs,
    )
    model.encoder.set_weights([np.ones((1, 1)), np.ones(1)])
    _zero(model.decoder)
    return model


def test_log_ratio_of_two_gaussians_is_where_the_discriminator_rests():
    """Of N(0, 1) against codes from N(1, 1): `log p/q = 1/2 - z`."""
    model = _line()
    x = np.random.default_rng(0).standard_normal((40_000, 1)).astype("float32")
    for kernel, bias, rests in ((-1.0, 0.5, True), (-1.0, 0.0, False), (1, 0.5, False)):
        model.compile(keras.optimizers.SGD(1.0))
        model.encoder.set_weights([np.ones((1, 1)), np.ones(1)])
        model.discriminators[0].set_weights([np.full((1, 1), kernel), np.array([bias])])
        model.train_on_batch(x)
        moved = np.concatenate(
            [w.ravel() for w in model.discriminators[0].get_weights()]
        ) - (kernel, bias)
        assert (np.abs(moved).max() < 0.02) == rests, moved


def test_encoder_descends_its_adversarial_loss_and_the_decoder_does_not():
    """Of `log(1 + e^-D)` with `D = 1/2 - z`: codes fall at `sigmoid(z - 1/2)`."""
    model = _line(adversarial_weight=3.0)
    model.discriminators[0].set_weights([np.full((1, 1), -1.0), np.array([0.5])])
    still = keras.optimizers.SGD(0.0)
    model.compile({"discriminator": still, "autoencoder": keras.optimizers.SGD(0.1)})
    x = np.random.default_rng(0).standard_normal((64, 1)).astype("float32")
    fall = (1 / (1 + np.exp(-(x + 0.5)))).mean()  # z = x + 1
    model.train_on_batch(x)
    _, bias = model.encoder.get_weights()
    assert bias[0] == pytest.approx(1.0 - 0.1 * 3.0 * fall, rel=1e-4)
    error = x.mean()  # of the reconstruction alone: d/db of (x - b)^2 at b = 0
    assert model.decoder.get_weights()[1][0] == pytest.approx(0.2 * error, rel=1e-3)


def test_ring_has_ten_long_gaussians():
    model = _aae(prior="ring", prior_std=2.0)
    z = model.numpy_latents(np.random.default_rng(0), 20_000)
    angle = np.arctan2(z[:, 1], z[:, 0])
    place = np.round(angle / (2 * np.pi / 10)).astype(int) % 10
    turned = angle - place * (2 * np.pi / 10)
    radius = np.hypot(z[:, 0], z[:, 1])
    far = radius > 2.0  # near the centre they overlap
    counts = np.bincount(place[far], minlength=10)
    assert counts.min() > 0.08 * far.sum() and counts.max() < 0.12 * far.sum()
    along, across = (radius * np.cos(turned))[far], (radius * np.sin(turned))[far]
    # N(2.8, 1) above 2
    assert along.mean() == pytest.approx(3.168, abs=0.03)
    assert across.std() == pytest.approx(0.2, abs=0.02)
    tensors = model.draw_prior(20_000, training=True)
    drawn = ops.convert_to_numpy(tensors[0])
    np.testing.assert_allclose(
        np.quantile(np.hypot(*drawn.T), [0.1, 0.5, 0.9]),
        np.quantile(radius, [0.1, 0.5, 0.9]),
        atol=0.1,
    )


def _prior_labels(prior="ring", **kwargs):
    return _aae(prior=prior, num_classes=3, prior_labels=True, **kwargs)


def _drawn(model, labels):
    """Returns codes drawn for labels, by NumPy and by the backend."""
    labels = np.asarray(labels, "int32")
    given = (np.random.default_rng(0), len(labels))
    yield model.numpy_latents(*given, labels=labels)
    (z,) = model.draw_prior(len(labels), True, ops.convert_to_tensor(labels))
    yield ops.convert_to_numpy(z)


def test_labels_choose_a_gaussian_of_the_ring():
    model = _prior_labels()
    for z in _drawn(model, np.repeat([0, 1, 2, -1], 2000)):
        for label in range(3):
            angle = label * 2 * np.pi / 3
            mean = 1.4 * np.array([np.cos(angle), np.sin(angle)])
            found = z[2000 * label : 2000 * label + 2000]
            np.testing.assert_allclose(found.mean(axis=0), mean, atol=0.05)
        angle = np.arctan2(z[6000:, 1], z[6000:, 0])
        counts = np.bincount(np.round(angle / (2 * np.pi / 3)).astype(int) % 3)
        assert counts.min() > 560, counts  # no label: any Gaussian
    free = model.numpy_latents(np.random.default_rng(0), 3000)
    assert np.abs(free.mean(axis=0)).max() < 0.1


def test_labels_choose_a_part_of_the_swiss_roll():
    """The part of a class is a ring, as the radius grows with the root of the place."""
    for z in _drawn(_prior_labels("swiss_roll"), np.repeat([0, 1, 2], 500)):
        radius = np.hypot(*z.T).reshape(3, 500)
        for label in range(3):
            inner, outer = 3.0 * np.sqrt([label / 3, (label + 1) / 3])
            assert radius[label].min() > inner - 0.25
            assert radius[label].max() < outer + 0.25
            assert np.ptp(radius[label]) > 0.9 * (outer - inner)
    whole = _aae(prior="swiss_roll").numpy_latents(np.random.default_rng(0), 4000)
    square = np.hypot(*whole.T) ** 2  # uniform in [0, 9]
    np.testing.assert_allclose(np.quantile(square, [0.25, 0.75]), [2.25, 6.75], 0.1)


def test_discriminator_sees_the_label_and_the_decoder_does_not():
    """A linear one that adds 10, 20, 30 for a class and 90 for none."""
    model = _prior_labels(discriminator_widths=(), discriminator_noise=0.1)
    kernel = np.array([[1.0], [-1.0], [10.0], [20.0], [30.0], [90.0]])
    model.discriminators[0].set_weights([kernel, np.zeros(1)])
    z = ops.convert_to_tensor([[0.5, 0.25]] * 4)
    labels = ops.convert_to_tensor([2, -1, 0, 1], dtype="int32")
    logits = ops.convert_to_numpy(model.discriminate([z], False, labels))
    np.testing.assert_allclose(logits[:, 0], [30.25, 90.25, 10.25, 20.25], rtol=1e-5)
    noisy = ops.convert_to_numpy(model.discriminate([z], True, labels)) - logits
    assert 0 < np.abs(noisy).max() < 1.0  # on the code alone

    x = _images(3)
    codes = model.encode(x)
    np.testing.assert_array_equal(model.reconstruct(x), model.decode(codes))
    np.testing.assert_allclose(
        model.predict(x, verbose=0), model.reconstruct(x), atol=1e-6
    )
    latents = model.numpy_latents(np.random.default_rng(5), 2, labels=np.array([1, 2]))
    images = model.sample(2, labels=[1, 2], seed=5)
    np.testing.assert_array_equal(images, model.decode(latents))
    for method in (model.encode, model.reconstruct):
        with pytest.raises(ValueError, match="`labels` must be None"):
            method(x, labels=[0, 1, 2])


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_codes_go_to_the_gaussian_of_their_label(order):
    """Numbers about -1 and 1; the Gaussians lie to the right and to the left."""
    model = AAE(
        (1,),
        2,
        prior="ring",
        adversarial_weight=2.0,
        hidden_widths=(8,),
        discriminator_widths=(16,),
        reconstruction_loss="squared_error",
        num_classes=2,
        prior_labels=True,
        seed=0,
    )
    generator = np.random.default_rng(0)
    truth = generator.permutation(np.repeat([0, 1], 64))
    x = (2.0 * truth[:, None] - 1 + generator.normal(0, 0.2, (128, 1))).astype(
        "float32"
    )
    labels = np.where(np.arange(128) % 4 == 0, -1, np.take(order, truth))
    model.compile(keras.optimizers.Adam(0.01, beta_1=0.5))
    model.fit(np.tile(x, (200, 1)), np.tile(labels, 200), batch_size=128, verbose=0)
    right = model.encode(x)[:, 0] > 0
    assert np.mean(right == (np.take(order, truth) == 0)) > 0.95


def test_prior_labels_keep_through_a_saved_model(tmp_path):
    model = _prior_labels(prior_std=2.0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    for labels in (None, 1):
        first, second = (m.sample(3, labels=labels, seed=3) for m in (model, again))
        np.testing.assert_array_equal(first, second)


def test_supervised_labels_reach_the_decoder_alone():
    model, x = _aae(num_classes=3), _images(2)
    z = np.zeros((1, 2), "float32")
    assert np.abs(model.decode(z, [0]) - model.decode(z, [1])).max() > 1e-3
    np.testing.assert_array_equal(model.encode(x, [0, 1]), model.encode(x, [2, 2]))
    with pytest.raises(ValueError, match="labels from -1"):
        model.compile()
        model.fit(x, np.array([0, -1]), batch_size=2, verbose=0)
    with pytest.raises(ValueError, match="`classify` must be called on a model that"):
        model.classify(x)


def test_semi_supervised_classes_are_learned_from_few_labels():
    """Black or white images, two labelled: the others follow."""
    model = _aae(num_classes=2, semi_supervised=True, classification_weight=20.0)
    x = np.repeat([0.1, 0.9], 32).reshape(64, 1, 1, 1) * np.ones(SHAPE, "float32")
    x = (x + np.random.default_rng(0).uniform(-0.1, 0.1, x.shape)).astype("float32")
    truth = np.repeat([0, 1], 32)
    labels = np.where(np.arange(64) % 32 == 0, truth, -1)
    model.compile(keras.optimizers.Adam(0.02, beta_1=0.5))
    model.fit((x, labels), batch_size=64, epochs=40, verbose=0)
    probabilities = model.classify(x)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-5)
    assert np.mean(probabilities.argmax(axis=1) == truth) > 0.95
    # An image without a label is decoded with the most probable one.
    np.testing.assert_array_equal(
        model.reconstruct(x), model.reconstruct(x, probabilities.argmax(axis=1))
    )
    np.testing.assert_allclose(
        model.predict(x, verbose=0), model.reconstruct(x), atol=1e-6
    )
    other = model.reconstruct(x, 1 - probabilities.argmax(axis=1))
    assert np.abs(other - model.reconstruct(x)).max() > 1e-3


def test_refuses_what_makes_no_sense():
    with pytest.raises(ValueError, match="Received: latent_dim=3"):
        _aae(prior="ring", latent_dim=3)
    for key in ("semi_supervised", "prior_labels"):
        with pytest.raises(ValueError, match=f"with {key}=True. Received: num_class"):
            _aae(prior="ring", **{key: True})
    with pytest.raises(ValueError, match="`prior` must have components"):
        _prior_labels("gaussian")
    with pytest.raises(ValueError, match="`prior_labels` must be False for a semi"):
        _prior_labels(semi_supervised=True)
    with pytest.raises(ValueError, match="Received: reconstruction_loss='cross_ent"):
        AAE((2,))
    with pytest.raises(ValueError, match="Received: prior_std=-1"):
        _aae(prior_std=-1)
