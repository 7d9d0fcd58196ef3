"""Files of earlier forms load, and training goes on from them.

`golden/earlier` was written on PyTorch: `dcgan` and `vae` by the commit before models
kept `data_epoch`, `cvae_*` by the last one with one class for labels and for quadrants
(the members of their `.file` were compressed afterwards).
"""

import pathlib
import shutil
import warnings

import keras
import numpy as np
import pytest

from kerasgen.autoencoders import CVAE, VAE, QuadrantCVAE
from kerasgen.callbacks import Backup
from kerasgen.checkpoints.checkpoint import CheckpointError
from kerasgen.command.opening import load_model
from kerasgen.data import Dataset
from kerasgen.training import state

EARLIER = pathlib.Path(__file__).parent.parent / "golden" / "earlier"
IMAGES = np.random.default_rng(0).integers(0, 256, (16, 8, 8, 1), "uint8")


def fit(model, **kwargs):
    return model.fit(Dataset(IMAGES, batch_size=8, seed=0), verbose=0, **kwargs)


def check_samples(model, name, **options):
    expected = np.load(EARLIER / "samples.npz")[name]
    found = model.sample(2, seed=3, **options)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)


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


CVAES = {
    "cvae_labels": (CVAE, {"num_classes": 3}, {"labels": [1, 2]}),
    "cvae_quadrants": (QuadrantCVAE, {"quadrants": 3}, {"labels": IMAGES[:2]}),
}
SMALL = dict(latent_dim=2, hidden_widths=(8,), prior_widths=(), seed=1)


def _cvae(name):
    cls, condition, told = CVAES[name]
    model = cls((8, 8, 1), **condition, **SMALL)
    model.compile(keras.optimizers.SGD(0.02))
    labels = np.arange(16) % 3 if cls is CVAE else None
    return model, Dataset(IMAGES, labels, batch_size=8, seed=0), told


@pytest.mark.parametrize("name", CVAES)
def test_a_file_of_either_form_of_cvae(name, tmp_path):
    expected, _, told = _cvae(name)
    path = tmp_path / "cvae.keras"
    shutil.copy(EARLIER / f"{name}.file", path)
    for loaded in (keras.models.load_model(path), load_model(path)[0]):
        assert type(loaded) is type(expected)
        assert loaded.get_config() == {**expected.get_config(), "name": "cvae"}
        check_samples(loaded, name, **told)
        if name == "cvae_quadrants":
            known = np.load(EARLIER / "samples.npz")
            codes, whole = known["cvae_codes"], known["cvae_completions"]
            np.testing.assert_allclose(loaded.encode(IMAGES[:2]), codes, atol=1e-5)
            found = loaded.complete(IMAGES[:2], seed=3, mean=False)
            np.testing.assert_allclose(found, whole, atol=1e-6)
    loaded.save(path)
    again = keras.models.load_model(path)
    assert type(again) is type(expected)
    check_samples(again, name, **told)


@pytest.mark.parametrize("name", CVAES)
def test_a_checkpoint_of_either_form_of_cvae(name, tmp_path):
    shutil.copytree(EARLIER / name, tmp_path / name)
    model, data, told = _cvae(name)
    backup = Backup(tmp_path / name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # another backend, other versions
        model.fit(data, epochs=2, verbose=0, callbacks=[backup])
        assert backup.resumed_step == 4
        check_samples(model, name, **told)
        other, data, _ = _cvae(next(n for n in CVAES if n != name))
        with pytest.raises(CheckpointError, match="model.num_classes: saved"):
            other.fit(data, epochs=2, verbose=0, callbacks=[Backup(tmp_path / name)])


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
