"""Files of earlier forms load, and training goes on from them.

`golden/earlier` was written on PyTorch by the commit before models kept `data_epoch`.
"""

import pathlib
import shutil
import warnings

import keras
import numpy as np
import pytest

from kerasgen.autoencoders import VAE
from kerasgen.callbacks import Backup
from kerasgen.data import Dataset
from kerasgen.training import state

EARLIER = pathlib.Path(__file__).parent.parent / "golden" / "earlier"
IMAGES = np.random.default_rng(0).integers(0, 256, (16, 8, 8, 1), "uint8")


def fit(model, **kwargs):
    return model.fit(Dataset(IMAGES, batch_size=8, seed=0), verbose=0, **kwargs)


def check_samples(model, name):
    expected = np.load(EARLIER / "samples.npz")[name]
    np.testing.assert_allclose(model.sample(2, seed=3), expected, rtol=0, atol=1e-4)


def test_model_file(tmp_path):
    path = tmp_path / "dcgan.keras"
    shutil.copy(EARLIER / "dcgan.file", path)
    model = keras.models.load_model(path)
    check_samples(model, "dcgan")
    assert model.data_place.epoch == 0
    fit(model)
    assert model.data_place.epoch == 1
    model.load_weights(path)  # into a model that has read data
    check_samples(model, "dcgan")
    assert model.data_place.epoch == 0


def test_checkpoint(tmp_path):
    shutil.copytree(EARLIER / "vae", tmp_path / "vae")
    model = VAE((8, 8, 1), latent_dim=2, hidden_widths=(8,), seed=1)
    model.compile(keras.optimizers.Adam(0.02))
    backup = Backup(tmp_path / "vae")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # another backend, other versions
        fit(model, epochs=8, callbacks=[backup])  # those that are done
        assert backup.resumed_step == 16
        check_samples(model, "vae")
        assert model.data_place.epoch == 0
        fit(model, epochs=9, callbacks=[backup])
    assert backup.resumed_step == 16
    assert int(model.steps) == 18
    assert model.data_place.epoch == 9


def test_nothing_else_is_forgiven():
    model = VAE((8, 8, 1), latent_dim=2, hidden_widths=(8,), seed=1)
    store = {}
    model.save_own_variables(store)
    del store["data_epoch"]
    model.load_own_variables(store)
    for name in store:
        with pytest.raises(ValueError, match=rf"missing=\['{name}'\], extra=\[\]"):
            model.load_own_variables({n: v for n, v in store.items() if n != name})
    paths = ["prior/data_epoch", "prior/kernel", "data_epoch_1", "data_epoch/kernel"]
    assert list(state.added_since([], paths)) == paths[:1]
