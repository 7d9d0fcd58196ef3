"""An exported file gives what `call` gives."""

import importlib

import keras
import numpy as np
import pytest
from keras import ops

import kerasgen
from kerasgen.autoencoders import VAE
from kerasgen.gans import GAN
from kerasgen.training.exporting import _FORMATS
from tests.conformance import example_batch
from tests.test_cross_backend import small_arguments

BACKEND = keras.backend.backend()
# The format that a backend writes without a further package, and its ending.
NATIVE = {"torch": ("torch", ".pt2")}.get(BACKEND, ("tf_saved_model", ""))
KINDS = ("gans/gan", "autoregressive/nade")
KINDS += ("autoencoders/flow_vae",) if BACKEND == "jax" else ("autoencoders/pixel_vae",)


def run(path, format, arrays):
    """Runs an exported file and returns its output as an array."""
    if format == "onnx":
        session = importlib.import_module("onnxruntime").InferenceSession(path)
        names = [given.name for given in session.get_inputs()]
        return session.run(None, dict(zip(names, arrays, strict=True)))[0]
    if format == "torch":
        torch = importlib.import_module("torch")
        program = torch.export.load(path).module()
        return program(*map(torch.tensor, arrays)).detach().numpy()
    tensorflow = importlib.import_module("tensorflow")
    loaded = tensorflow.saved_model.load(path)  # its variables live as long as it
    return loaded.serve(*arrays).numpy()


def example_inputs(model, count=3):
    """Returns arrays that fit `call_signature`."""
    generator = np.random.default_rng(0)
    arrays = []
    for spec in model.call_signature():
        shape = (count, *spec.shape[1:])
        if spec.dtype == "int32":
            arrays.append(generator.integers(0, model.num_classes, count, "int32"))
        else:
            arrays.append(generator.random(shape, dtype="float32"))
    return arrays


def called(model, arrays):
    tensors = [ops.convert_to_tensor(array) for array in arrays]
    inputs = tensors[0] if len(tensors) == 1 else tuple(tensors)
    return ops.convert_to_numpy(model.call(inputs))


def check_export(model, folder, format, ending, part=None, **kwargs):
    path = str(folder / f"exported{ending}")
    network = model if part is None else getattr(model, part)
    arrays = example_inputs(model)
    if part is not None:
        shape = (3, *network.input_shape[1:])
        arrays = [np.random.default_rng(1).random(shape, dtype="float32")]
    model.export(path, format=format, verbose=False, part=part, **kwargs)
    found = run(path, format, arrays)
    np.testing.assert_allclose(found, called(network, arrays), atol=1e-4)


@pytest.mark.parametrize("name", KINDS)
def test_export_gives_what_call_gives(name, tmp_path):
    model = kerasgen.list_models()[name](**small_arguments(name), seed=1)
    check_export(model, tmp_path, *NATIVE)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(kerasgen.list_models()) - set(KINDS)))
def test_export_of_every_model(name, tmp_path):
    test_export_gives_what_call_gives(name, tmp_path)


def _trained_gan():
    model = GAN((4, 3, 1), latent_dim=2, generator_units=4, discriminator_units=3)
    model.compile(average_decay=0.5, run_eagerly=True)
    model.train_on_batch(*example_batch(model))
    for variable in model.generator.trainable_variables:
        variable.assign(variable.value + 0.3)  # far from their averages
    return model


def test_export_after_training_takes_the_averages_and_a_part_by_name(tmp_path):
    model, arrays = _trained_gan(), [np.ones((3, 2), "float32")]
    found = {}
    for weights in (None, "average", "raw"):
        path = str(tmp_path / f"{weights}{NATIVE[1]}")
        model.export(path, format=NATIVE[0], verbose=False, weights=weights)
        found[weights] = run(path, NATIVE[0], arrays)
        expected = model.sample(3, latents=arrays[0], weights=weights)
        np.testing.assert_allclose(found[weights], expected, atol=1e-5)
    assert np.abs(found["average"] - found["raw"]).max() > 0.05
    check_export(model, tmp_path, *NATIVE, part="generator", weights="raw")


@pytest.mark.filterwarnings("ignore")  # of the tracers
def test_onnx_gives_what_call_gives(tmp_path):
    for package in ("onnxruntime", *_FORMATS[BACKEND]["onnx"]):
        pytest.importorskip(package)
    model = VAE((4, 3, 1), latent_dim=2, hidden_widths=(5,), num_classes=3, seed=1)
    check_export(model, tmp_path, "onnx", ".onnx")
    check_export(model, tmp_path, "onnx", "-encoder.onnx", part="encoder")


def test_refuses_what_cannot_be_written(tmp_path, monkeypatch):
    model = VAE((4, 3, 1), latent_dim=2, hidden_widths=(5,))
    other = "tf_saved_model" if BACKEND == "torch" else "torch"
    with pytest.raises(ValueError, match="`format` must be one of.*Received: format"):
        model.export(tmp_path / "x", format=other)
    with pytest.raises(ValueError, match="`part` must be one of.*'encoder'.*Received"):
        model.export(tmp_path / "x", format=NATIVE[0], part="generator")
    with pytest.raises(ValueError, match="`weights` must be.*Received"):
        model.export(tmp_path / "x", format=NATIVE[0], weights="average")
    monkeypatch.setitem(_FORMATS[BACKEND], "onnx", ("no_such_package",))
    with pytest.raises(ImportError, match="pip install no_such_package.*Received"):
        model.export(tmp_path / "x", format="onnx")
    assert not list(tmp_path.iterdir())
