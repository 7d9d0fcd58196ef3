import keras
import numpy as np
import pytest
from keras import ops

import kerasgen
from kerasgen.autoencoders import CVAE, VAE, HierarchicalVAE, SemiSupervisedVAE
from kerasgen.explore.pretrain_classifier import _fresh_weights
from kerasgen.families.latent_model import LatentModel
from kerasgen.families.variational_model import VariationalModel
from tests.conformance import example_batch
from tests.test_cross_backend import small_arguments

MODELS = {
    name.split("/")[1]: (name, cls)
    for name, cls in kerasgen.list_models("autoencoders").items()
    if issubclass(cls, LatentModel) and cls not in (CVAE, SemiSupervisedVAE)
}
# What changes the pixels that an encoder sees, or what it makes of them.
PIXELS = [
    {"likelihood": "bernoulli", "binarization": "threshold"},
    {"likelihood": "bernoulli", "binarization": None},
    {"likelihood": "categorical", "binarization": None, "levels": 4},
]
OTHERS = {
    "vae_gan": [{"architecture": "dense"}],
    "hierarchical_vae": [
        {"latent_dims": (3, 8)},
        {"latent_dims": (8, 2, 3), "inference": "bottom_up"},
    ],
    "flow_vae": [{"flow": "planar", "flow_widths": None}, {"flow": "iaf"}],
    "aae": [{"semi_supervised": True, "prior_labels": False, "num_classes": 3}],
    "quadrant_cvae": [{"quadrants": 1}],
}


def _cases():
    cases = []
    for name, (_, cls) in MODELS.items():
        changes = [{}, *OTHERS.get(name, ())]
        if issubclass(cls, VariationalModel):
            changes += PIXELS
        for change in changes:
            cases.append(pytest.param(name, change, id=f"{name}-{change}"))
    return cases


def _model(name, change):
    """Returns a small model whose encoder takes no label."""
    full_name, cls = MODELS[name]
    arguments = {**small_arguments(full_name), "num_classes": None}
    for key in ("prior_labels", "semi_supervised"):
        if key in arguments:
            arguments[key] = False
    if "likelihood" in change:
        arguments |= {k: None for k in ("variance", "levels") if k in arguments}
    arguments |= change
    return cls(**arguments, seed=2)


def _images(model):
    return example_batch(model, 3)[0]


def _features(classifier, x):
    return ops.convert_to_numpy(classifier.features(ops.convert_to_tensor(x)))


@pytest.mark.any_backend
@pytest.mark.parametrize("name, change", _cases())
def test_features_are_the_codes_of_encode(name, change):
    model = _model(name, change)
    x = _images(model)
    labels = {"labels": [0, 1, 2]} if model.decoder_classes else {}
    classifier = model.classifier(2)
    for images in (x, (x / 255).astype("float32")):
        expected = model.encode(images, **labels)
        np.testing.assert_allclose(_features(classifier, images), expected, atol=1e-5)
    # Just what makes codes is trained, none of it for nothing.
    own = {id(v): v for v in classifier.autoencoder.weights}
    trained = [v for v in classifier.trainable_variables if id(v) in own]
    before = _features(classifier, x)
    for variable in own.values():
        if "float" not in variable.dtype:
            continue
        value = ops.convert_to_numpy(variable.value)
        variable.assign(value + np.linspace(0.1, 0.7, value.size).reshape(value.shape))
        moved = np.any(_features(classifier, x) != before)
        assert moved == any(v is variable for v in trained), variable.path
        variable.assign(value)


def test_features_start_from_the_averages_where_the_model_keeps_them():
    model = VAE((4, 3, 1), latent_dim=2, hidden_widths=(3,), seed=0)
    model.compile(average_decay=0.5)
    for seed in range(2):
        model.train_on_batch(*example_batch(model, seed=seed))
    x = _images(model)
    codes = {kind: model.encode(x, weights=kind) for kind in (None, "average", "raw")}
    assert np.abs(codes["average"] - codes["raw"]).max() > 1e-4
    for kind, expected in codes.items():
        found = _features(model.classifier(2, weights=kind), x)
        np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.any_backend
def test_a_classifier_of_several_networks_trains_and_goes_through_a_file(tmp_path):
    model = HierarchicalVAE((4, 3, 1), (3, 8), hidden_widths=(5,), level_widths=(4,))
    classifier, x = model.classifier(2), _images(model)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    classifier.compile(keras.optimizers.SGD(0.5), loss, run_eagerly=True)
    before = classifier.get_weights()
    for _ in range(2):  # the head starts at zero: the first step moves it alone
        classifier.train_on_batch(x, np.array([0, 1, 1]))
    moved = [
        np.any(old != new)
        for old, new in zip(before, classifier.get_weights(), strict=True)
    ]
    trained = {id(v) for v in classifier.trainable_variables}
    assert moved == [id(v) in trained for v in classifier.weights]
    classifier.save(tmp_path / "classifier.keras")
    loaded = keras.models.load_model(tmp_path / "classifier.keras")
    np.testing.assert_array_equal(_features(loaded, x), _features(classifier, x))
    assert len(loaded.trainable_variables) == len(trained)
    own = classifier.get_weights()
    first, second = (_fresh_weights(classifier, own, seed=1) for _ in range(2))
    for a, b, old, variable in zip(first, second, own, loaded.weights, strict=True):
        np.testing.assert_array_equal(a, b)
        if variable.name == "kernel" and "head" not in variable.path:
            assert np.any(a != old) == variable.trainable


def test_refuses_an_encoder_that_takes_the_label():
    model = SemiSupervisedVAE((4, 3, 1), num_classes=3, hidden_widths=(3,))
    with pytest.raises(ValueError, match="`classifier` must.*Received: num_classes=3"):
        model.classifier(3)
