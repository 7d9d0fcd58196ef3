import numpy as np
import pytest

from kerasgen.autoencoders import VQVAE, Autoencoder
from kerasgen.explore.pretrain_classifier import _fresh_weights, pretrain_classifier

SHAPE = (4, 4, 1)


def _model(**kwargs):
    """An autoencoder whose code is the mean of the image, which is its class."""
    model = Autoencoder(SHAPE, latent_dim=1, hidden_widths=(), seed=0, **kwargs)
    if model.num_classes is None:
        model.encoder.set_weights([np.full((16, 1), 4.0), np.array([-32.0])])
    return model


def _data(count, seed):
    generator = np.random.default_rng(seed)
    y = np.arange(count) % 2
    x = generator.random((count, *SHAPE)) * 0.9 + 0.1 * y[:, None, None, None]
    return x.astype("float32"), y


def _errors(model, **kwargs):
    options = {"num_labeled": 6, "num_seeds": 2, "epochs": 4, "learning_rate": 0.02}
    return pretrain_classifier(
        model, *_data(40, 0), *_data(200, 1), **{**options, **kwargs}
    )


def test_a_good_encoder_helps_and_stays_as_it_is():
    model = _model()
    before = model.encoder.get_weights()
    found = _errors(model, trainable_encoder=False)
    assert found["pretrained"].shape == found["scratch"].shape == (2,)
    assert found["pretrained"].mean() < found["scratch"].mean() - 0.05
    for old, new in zip(before, model.encoder.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    again = _errors(model, trainable_encoder=False, num_seeds=1, seed=1)
    for kind in ("pretrained", "scratch"):  # a seed is the same run, first or second
        np.testing.assert_array_equal(found[kind][1:], again[kind])


def test_scratch_has_other_weights_for_every_seed_and_the_pretrained_none_of_them():
    classifier = _model().classifier(2)
    own = classifier.get_weights()
    kernel = [values.shape for values in own].index((16, 1))
    draws = [_fresh_weights(classifier, own, seed)[kernel] for seed in (0, 1, 1)]
    assert np.abs(draws[0] - own[kernel]).max() > 1.0
    assert np.any(draws[0] != draws[1])
    np.testing.assert_array_equal(draws[1], draws[2])
    limit = np.sqrt(6 / 17)  # Glorot's
    assert np.abs(draws[0]).max() < limit and draws[0].std() > 0.3 * limit
    for before, after in zip(own, classifier.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_refuses_no_labels_and_encoders_that_take_them():
    with pytest.raises(ValueError, match="Received: num_labeled=0"):
        _errors(_model(), num_labeled=0)
    with pytest.raises(ValueError, match="Received: num_labeled=1,"):
        _errors(_model(), num_labeled=1)
    with pytest.raises(ValueError, match="unconditional.*Received: num_classes=2"):
        _errors(_model(num_classes=2))
    vqvae = VQVAE(SHAPE, num_codes=4, filters=2, downsamplings=1, prior_filters=2)
    with pytest.raises(TypeError, match="Received: model of type VQVAE"):
        _errors(vqvae)
