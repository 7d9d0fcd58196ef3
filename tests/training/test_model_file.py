"""A `.keras` file takes no more memory than it is long, and runs no code."""

import contextlib
import io
import json
import os
import resource
import subprocess
import zipfile

import h5py
import keras
import numpy as np
import pytest

from kerasgen.autoencoders import VAE
from kerasgen.command.commands import load_model
from kerasgen.errors import UserError
from kerasgen.gans import DCGAN
from tests.conformance import example_batch

WEIGHTS = "model.weights.h5"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Two good files by class: the content of their members by name."""
    folder, found = tmp_path_factory.mktemp("files"), {}
    gan = DCGAN((16, 16, 1), latent_dim=2, filters=1, seed=0)
    vae = VAE((4, 3, 1), latent_dim=2, hidden_widths=(5,), activation="elu", seed=0)
    vae.compile(run_eagerly=True, average_decay=0.5)
    vae.train_on_batch(*example_batch(vae))
    for model in (gan, vae):
        model.save(folder / "model.keras")
        with zipfile.ZipFile(folder / "model.keras") as archive:
            found[type(model)] = {n: archive.read(n) for n in archive.namelist()}
    return found


def write(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def changed(members, change):
    """Returns members whose config was changed by a function of the parsed config."""
    config = json.loads(members["config.json"])
    change(config)
    return {**members, "config.json": json.dumps(config)}


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # MiB, on Linux


def test_good_files_load(files, tmp_path):
    for cls, members in files.items():
        model, _ = load_model(write(tmp_path / "model.keras", members))
        assert type(model) is cls
        model.sample(1, seed=0)
    # As archives that other programs write: hardly smaller.
    load_model(write(tmp_path / "model.keras", members, zipfile.ZIP_DEFLATED))


@pytest.mark.parametrize(
    "arguments",
    [
        {"filters": 3000},
        {"filters": 10**12},
        {"latent_dim": 10**9},
        {"image_shape": [16384, 16384, 1]},
    ],
)
def test_a_small_file_of_a_large_model_is_refused_before_it_is_made(
    files, arguments, tmp_path
):
    members = changed(files[DCGAN], lambda c: c["config"].update(arguments))
    before = peak()
    with pytest.raises(UserError, match="must hold at most|must be at most"):
        load_model(write(tmp_path / "model.keras", members))
    assert peak() - before < 200


def _weights(fill):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        fill(file)
    return buffer.getvalue()


def _chunked(file):
    file.create_dataset("x", (700_000_000,), "float32", chunks=(1_000_000,))


def _compressed(file):
    values = np.zeros(20_000_000, "float32")
    file.create_dataset("x", data=values, chunks=(1_000_000,), compression="gzip")


def _linked(file):
    file["x"] = h5py.ExternalLink("/etc/hostname", "/")


def _external(file):
    file.create_dataset("x", (10,), "uint8", external=[("/dev/zero", 0, 10)])


@pytest.mark.parametrize("fill", [_chunked, _compressed, _linked, _external])
def test_weights_that_declare_more_than_they_hold_are_refused(files, fill, tmp_path):
    before = peak()
    path = write(tmp_path / "model.keras", {**files[VAE], WEIGHTS: _weights(fill)})
    with pytest.raises(UserError, match="not declare more|no links|lie in the file"):
        load_model(path)
    assert peak() - before < 300  # `_compressed` itself takes 80


def test_an_archive_that_unpacks_to_much_more_is_refused(files, tmp_path):
    members = {**files[VAE], WEIGHTS: bytes(50_000_000)}
    path = write(tmp_path / "model.keras", members, zipfile.ZIP_DEFLATED)
    with pytest.raises(UserError, match="The file must not declare more"):
        load_model(path)
    members = {k: v for k, v in files[VAE].items() if k != WEIGHTS}
    with pytest.raises(UserError, match="must hold one model.weights.h5"):
        load_model(write(path, {**members, "model.weights.npz": b""}))


# === No code ===

CALLED = []
LAMBDA = {
    "class_name": "Lambda",
    "module": "keras.layers",
    "registered_name": None,
    "config": {
        "name": "lambda",
        "function": {
            "class_name": "__lambda__",
            "config": {"code": "4wEAAAA=", "defaults": None, "closure": None},
        },
    },
}


def _object(module, name, registered=None, config=None):
    config = {"command": "true"} if config is None else config
    kind = {"module": module, "class_name": name, "registered_name": registered}
    return {**kind, "config": config}


FUNCTION = _object("os", "function", "function", "system")
FORMS = {
    "the model is a function of os": lambda c: c.update(module="os", class_name="s"),
    "the model is another class": lambda c: c.update(
        _object("subprocess", "Popen", "subprocess>Popen")
    ),
    "the model is a Lambda": lambda c: c.update(LAMBDA),
    "an argument is a Lambda": lambda c: c["config"].update(hidden_widths=[LAMBDA]),
    "an activation is a function of os": lambda c: c["config"].update(
        activation=FUNCTION
    ),
    "an activation is a Lambda": lambda c: c["config"].update(activation=LAMBDA),
    "a dtype is a class of subprocess": lambda c: c["config"].update(
        dtype=_object("subprocess", "Popen")
    ),
    "a dtype is a function of os": lambda c: c["config"].update(dtype=FUNCTION),
    "the optimizer is a class of subprocess": lambda c: c["compile_config"].update(
        optimizer=_object("subprocess", "Popen")
    ),
    "a player is a module's function": lambda c: c["compile_config"]["optimizer"][
        "config"
    ]["players"].update(vae=_object("os", "system")),
    "a rate is a Lambda": lambda c: c["compile_config"]["optimizer"]["config"][
        "players"
    ]["vae"]["config"].update(learning_rate=LAMBDA),
    "an argument names a module": lambda c: c["config"].update(
        seed=_object("tests.training.test_model_file", "record")
    ),
}


def record(*args, **kwargs):
    CALLED.append((args, kwargs))


@pytest.mark.parametrize("form", FORMS)
def test_a_file_runs_no_code(files, form, tmp_path, monkeypatch):
    CALLED.clear()
    for module, name in ((os, "system"), (os, "popen"), (subprocess, "Popen")):
        monkeypatch.setattr(module, name, record)
    monkeypatch.setattr(keras.layers.Lambda, "call", record)
    members = changed(files[VAE], FORMS[form])
    with contextlib.suppress(UserError):  # some forms are not looked at
        load_model(write(tmp_path / "model.keras", members))
    assert not CALLED
