"""AM-GAN: the cross entropies of K + 1 classes, dynamic and given labels."""

import numpy as np
import pytest
from keras import ops

from kerasgen.gans.am_gan import AMGAN
from tests.conformance import check_model

REAL, FAKE = (
    np.random.default_rng(seed).normal(size=(4, 4)).astype("float32") for seed in (0, 1)
)
LABELS = np.int32([2, 0, 1, 1])


def array(x):
    return ops.convert_to_numpy(x)


def value(x):
    return float(array(x))


def log_softmax(x):
    return x - np.log(np.exp(x).sum(axis=1, keepdims=True))


def make(**kwargs):
    return AMGAN((8, 8, 1), 3, latent_dim=3, filters=2, seed=0, **kwargs)


def test_contract():
    check_model(
        AMGAN,
        {
            "image_shape": (8, 12, 2),
            "known_classes": 3,
            "latent_dim": 3,
            "labeling": "given",
            "architecture": "cnn",
            "filters": 2,
        },
    )


@pytest.mark.any_backend
def test_discriminator_tells_k_plus_one_classes():
    model = make()
    found = value(model.discriminator_objective((REAL, LABELS), (FAKE, LABELS)))
    expected = -log_softmax(REAL)[np.arange(4), LABELS].mean()
    expected -= log_softmax(FAKE)[:, 3].mean()
    assert found == pytest.approx(expected, rel=1e-5)
    among = -log_softmax(REAL[:, :3])[np.arange(4), LABELS].mean()
    told = model.measure((REAL, LABELS), None)
    assert value(told["cross_entropy"]) == pytest.approx(among, rel=1e-5)


@pytest.mark.any_backend
@pytest.mark.parametrize("labeling", ["dynamic", "given"])
def test_generator_maximises_one_class_among_k_plus_one(labeling):
    """The dynamic class is the best of the K, also where `generated` is better."""
    model = make(labeling=labeling)
    logits = FAKE + 5.0 * np.eye(4, dtype="float32")[3]
    classes = LABELS if labeling == "given" else FAKE[:, :3].argmax(axis=1)
    expected = -log_softmax(logits)[np.arange(4), classes].mean()
    found = value(model.generator_objective((logits, LABELS)))
    assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.any_backend
def test_opinion_is_the_share_of_the_k_classes():
    model = make()
    found = array(model.opinion((REAL, LABELS)))[:, 0]
    np.testing.assert_allclose(found, 1 - np.exp(log_softmax(REAL))[:, 3], rtol=1e-5)


@pytest.mark.any_backend
def test_the_discriminator_never_sees_a_label():
    for labeling in ("dynamic", "given"):
        model = make(labeling=labeling)
        assert model.discriminator.input_shape == (None, 8, 8, 1)
        assert model.generator.input_shape == (None, 3 + 3 * (labeling == "given"))
    x = np.zeros((2, 8, 8, 1), "float32")
    assert model.classify(x).shape == (2, 3)
    assert model.sample(2, labels=[0, 2], seed=0).shape == (2, 8, 8, 1)


@pytest.mark.any_backend
def test_dynamic_labels_train_and_data_must_have_labels():
    model = make()
    model.compile()
    x = np.random.default_rng(0).uniform(size=(4, 8, 8, 1)).astype("float32")
    assert all(np.isfinite(v) for v in model.train_on_batch(x, LABELS))
    assert model.num_classes is None and model.sample(2, seed=0).shape[0] == 2
    with pytest.raises(ValueError, match="labels"):
        model.train_on_batch(x, np.int32([0, 1, -1, 0]))


@pytest.mark.any_backend
@pytest.mark.parametrize("kwargs", [{"loss": "hinge"}, {"label_smoothing": 0.1}])
def test_other_losses_are_refused(kwargs):
    with pytest.raises(ValueError, match="that of its classes"):
        make(**kwargs)
