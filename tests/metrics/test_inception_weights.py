"""The Inception's file of weights: found, checked, and put in place or not at all."""

import hashlib

import keras
import numpy as np
import pytest

from kerasgen.data import tfds
from kerasgen.layers import channels_last
from kerasgen.metrics import inception_weights
from kerasgen.metrics.inception_weights import (
    FILES,
    SHA256,
    VARIABLE,
    array_shapes,
    assign_weights,
    find_weights,
    load_weights,
)
from tests.metrics.inception_reference import random_weights

pytestmark = pytest.mark.any_backend


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """No file of weights anywhere, and no network."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(tfds, "network_reachable", lambda url: False)


@pytest.fixture
def model():
    """A network of two convolutions in the place of 94."""
    net = keras.Sequential([keras.Input((9, 9, 3))])
    net.add(channels_last.Conv2D(4, 3, name="first"))
    net.add(channels_last.Conv2D(5, (1, 7), name="block-second"))
    net.add(channels_last.GlobalAveragePooling2D())
    net.add(keras.layers.Dense(6, use_bias=False, name="fc"))
    return net


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "few.npz"
    np.savez(path, a=np.arange(3.0), b=np.ones((2, 2), "float32"))
    return path


def digest_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_published_names_begin_with_the_digest():
    assert len(SHA256) == 64
    assert all(name.endswith(f"-{SHA256[:8]}.pth") for name in FILES)


def test_normalization_goes_into_the_kernels(model):
    arrays = random_weights(array_shapes(model))
    assert arrays["block.second.conv.weight"].shape == (5, 4, 1, 7)
    arrays["block.second.bn.num_batches_tracked"] = np.array(3)
    bias = assign_weights(model, arrays)
    np.testing.assert_array_equal(bias, arrays["fc.bias"])
    kernel = model.get_layer("fc").kernel.numpy()
    np.testing.assert_array_equal(kernel, arrays["fc.weight"].T)
    for name in ("first", "block.second"):
        parts = ("weight", "bias", "running_mean", "running_var")
        gamma, beta, mean, variance = (arrays[f"{name}.bn.{p}"] for p in parts)
        scale = gamma / np.sqrt(variance + 0.001)
        kernel = arrays[f"{name}.conv.weight"] * scale[:, None, None, None]
        found = model.get_layer(name.replace(".", "-"))
        np.testing.assert_allclose(
            found.kernel.numpy(), kernel.transpose(2, 3, 1, 0), rtol=1e-5
        )
        np.testing.assert_allclose(found.bias.numpy(), beta - mean * scale, rtol=1e-4)


def without(name):
    return lambda arrays: arrays.pop(name)


def with_array(name, change):
    return lambda arrays: arrays.update({name: change(arrays.get(name))})


@pytest.mark.parametrize(
    "change, message",
    [
        (without("fc.bias"), "each of the Inception's 12 arrays.*without fc.bias"),
        (lambda arrays: arrays.clear(), "without block.second.* and 9 more"),
        (with_array("aux.weight", lambda _: np.ones(2)), "no other.* with aux.weight"),
        (
            with_array("fc.weight", np.transpose),
            r"shapes.* fc.weight of shape \(5, 6\) instead of \(6, 5\)",
        ),
        (with_array("fc.bias", lambda x: x * np.nan), "finite floats.* with fc.bias"),
        (with_array("fc.bias", lambda x: x.astype("int32")), "finite floats"),
        (
            with_array("first.bn.running_var", np.negative),
            "variances.* with first.bn.running_var",
        ),
    ],
)
def test_other_arrays_are_refused_and_nothing_is_loaded(model, change, message):
    before = [variable.numpy() for variable in model.variables]
    arrays = random_weights(array_shapes(model), seed=1)
    change(arrays)
    with pytest.raises(ValueError, match=f"`weights` must .*{message}"):
        assign_weights(model, arrays)
    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_a_file_is_checked_by_its_digest(file):
    whole = digest_of(file)
    for sha256 in (whole, whole[:8], whole.upper(), None):
        arrays, digest = load_weights(file, sha256)
        assert digest == whole and list(arrays) == ["a", "b"]
    for sha256 in (SHA256, "0" * 8):
        with pytest.raises(ValueError, match=f"begins with {sha256}.*few.npz.*{whole}"):
            load_weights(file, sha256)
    for sha256 in ("", whole[:7], "x" * 8, whole + "0", 5):
        with pytest.raises(ValueError, match="`sha256` must be None or hex digits"):
            load_weights(file, sha256)


def test_a_dict_is_known_by_its_arrays():
    arrays = {"a": np.ones(2, "float32"), "b": np.zeros((2, 1))}
    same = dict(reversed(arrays.items()))
    assert load_weights(arrays)[1] == load_weights(same)[1]
    for other in (
        {**arrays, "a": np.array([1, 2], "float32")},
        {**arrays, "b": np.zeros((1, 2))},
        {"a": arrays["a"], "c": arrays["b"]},
    ):
        assert load_weights(other)[1] != load_weights(arrays)[1]


def test_a_broken_npz_is_refused(file):
    file.write_bytes(file.read_bytes().replace(b"descr", b"DESCR", 1))
    with pytest.raises(ValueError, match=r"whole \.npz file.*few\.npz"):
        load_weights(file, None)
    np.savez(file, a=np.array([{}]))  # a pickle
    with pytest.raises(ValueError, match=r"whole \.npz file.*few\.npz"):
        load_weights(file, None)
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(ValueError, match=r"must be a whole file.*few\.npz"):
        load_weights(file, None)


def test_where_a_file_is_looked_for(tmp_path, monkeypatch, file):
    folders = tmp_path / "torch" / "hub" / "checkpoints", tmp_path / "keras/kerasgen"
    for folder, name in zip(folders, reversed(FILES), strict=True):
        folder.mkdir(parents=True)
        (folder / name).touch()
        assert find_weights() == folder / name  # Keras's before PyTorch's
    monkeypatch.setenv(VARIABLE, str(file))
    assert find_weights() == file
    assert find_weights(str(folders[0] / FILES[1])) == folders[0] / FILES[1]


def test_a_path_must_be_that_of_a_file(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match=f"`weights` must.*{FILES[0]}.*https"):
        find_weights(tmp_path)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "gone.pth"))
    with pytest.raises(FileNotFoundError, match=rf"`\${VARIABLE}` must .*gone\.pth"):
        find_weights()
    with pytest.raises(TypeError, match="`weights` must be .*of type int"):
        find_weights(3)


def test_without_a_file_and_a_network_the_error_says_what_to_get():
    with pytest.raises(ValueError, match=f"{FILES[0]}.*https.*{FILES[1]}.*{VARIABLE}"):
        find_weights()


def test_a_download_is_asked_for_with_its_digest(monkeypatch, file):
    asked = []

    def get_file(name, origin, **options):
        asked.append((name, origin, options["file_hash"]))
        return str(file)

    monkeypatch.setattr(tfds, "network_reachable", lambda url: True)
    monkeypatch.setattr(keras.utils, "get_file", get_file)
    assert find_weights() == file
    assert asked == [(FILES[0], inception_weights.URL + FILES[0], SHA256)]

    def fails(*args, **kwargs):
        raise Exception("URL fetch failure: 404")

    monkeypatch.setattr(keras.utils, "get_file", fails)
    with pytest.raises(ValueError, match="404"):
        find_weights()
