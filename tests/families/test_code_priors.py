"""Models whose samples need a second training say so until they had it."""

import keras
import numpy as np
import pytest

from kerasgen.autoencoders import VQVAE, VQVAE2
from kerasgen.callbacks import SampleGrid

SHAPE = (8, 4, 1)
X = np.random.default_rng(0).integers(0, 256, (4, *SHAPE), "uint8")
SIZES = {"num_codes": 3, "code_dim": 2, "filters": 2, "blocks": 0}
SIZES |= {"prior_filters": 2, "prior_blocks": 0, "seed": 0}
MODELS = {
    "vqvae": lambda: VQVAE(SHAPE, downsamplings=1, **SIZES),
    "vqvae2": lambda: VQVAE2(SHAPE, downsamplings=1, residual_filters=2, **SIZES),
}
REFUSED = "after `fit_prior`.*Received: a VQVAE"


@pytest.mark.any_backend
@pytest.mark.parametrize("name", MODELS)
def test_samples_need_fitted_priors_also_from_a_file(name, tmp_path):
    model, path = MODELS[name](), tmp_path / "model.keras"
    model.compile(run_eagerly=True)
    model.train_on_batch(X)
    model.save(path)
    for each in (model, keras.models.load_model(path)):
        with pytest.raises(ValueError, match=REFUSED):
            each.sample(2)
        with pytest.raises(ValueError, match=REFUSED):
            each.fit(X, batch_size=4, verbose=0, callbacks=[SampleGrid(tmp_path)])
    assert int(model.steps.value) == 1  # nothing was trained in vain
    for prior in model.priors:
        with pytest.raises(ValueError, match=REFUSED):
            model.sample(2)
        prior.compile(run_eagerly=True)
        prior.steps.assign(3)
    model.fit_prior(X, batch_size=4, verbose=0)
    model.save(path)
    loaded = keras.models.load_model(path)
    assert model.parts_fitted and loaded.parts_fitted
    if name == "vqvae":  # to compile the drawing of pixels takes long
        expected = model.sample(2, seed=0)
        np.testing.assert_array_equal(loaded.sample(2, seed=0), expected)


@pytest.mark.any_backend
def test_compiled_priors_of_version_0_1_are_read():
    model = MODELS["vqvae2"]()
    model.compile("sgd", run_eagerly=True)
    model.priors[1].compile(keras.optimizers.RMSprop(0.5))
    config = model.get_compile_config()
    earlier = dict(config, priors=list(config["parts"].values()))
    del earlier["parts"]
    found = MODELS["vqvae2"]()
    found.compile_from_config(earlier)
    assert not found.priors[0].compiled and found.priors[1].compiled
    assert float(found.priors[1].optimizer.learning_rate) == 0.5
