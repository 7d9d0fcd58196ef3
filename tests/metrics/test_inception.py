"""The Inception of the published scores, against the packages that define it."""

from unittest import mock

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.metrics import Inception
from kerasgen.metrics import inception as module
from kerasgen.metrics.inception_weights import array_shapes
from tests.metrics import inception_reference as reference


@pytest.fixture(scope="module")
def model():
    return module.inception_network()


@pytest.fixture(scope="module")
def arrays(model):
    return reference.random_weights(array_shapes(model))


@pytest.fixture(scope="module")
def inception(model, arrays):
    with mock.patch.object(module, "inception_network", lambda: model):
        return Inception(arrays)


def assert_same(ours, theirs):
    """Within 1e-4 of the mean size of a number: features of 0 have no other scale."""
    assert ours.dtype == theirs.dtype == np.float32
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4 * np.abs(theirs).mean())


@pytest.mark.any_backend
def test_the_network_has_the_published_arrays(arrays):
    shapes = {name: array.shape for name, array in arrays.items()}
    assert len(shapes) == 94 * 5 + 2
    assert shapes["Conv2d_1a_3x3.conv.weight"] == (32, 3, 3, 3)
    assert shapes["Mixed_6c.branch7x7_2.conv.weight"] == (160, 160, 1, 7)
    assert shapes["Mixed_7c.branch3x3dbl_3b.bn.running_var"] == (384,)
    assert shapes["fc.weight"] == (1008, 2048)
    assert sum(np.prod(shape) for shape in shapes.values()) == 23_885_392


@pytest.fixture
def by_rule(inception, monkeypatch):
    """Returns a function that puts another resize rule before the same network."""

    def by_rule(rule):
        monkeypatch.setattr(inception, "resize", rule)
        monkeypatch.setattr(inception, "_resize", inception._prepared)
        return inception

    return by_rule


def test_features_and_logits_are_those_of_torch_fidelity(inception):
    expected = np.load(reference.PATH)
    outputs = inception(reference.random_images())
    assert_same(outputs["features"], expected["tensorflow"])
    assert_same(outputs["logits"], expected["unbiased"])
    assert_same(outputs["logits"] + inception.bias, expected["logits"])


def test_features_by_the_rule_of_torch_are_those_of_pytorch_fid(by_rule):
    expected = np.load(reference.PATH)["torch"]
    images = reference.random_images()
    assert_same(by_rule("torch")(images)["features"], expected)
    with pytest.raises(AssertionError):
        assert_same(by_rule("tensorflow")(images)["features"], expected)


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="PyTorch's own")
def test_pytorch_reads_images_where_they_lie(inception, monkeypatch):
    from keras.src.backend.torch import nn

    monkeypatch.setattr(nn, "_transpose_spatial_inputs", pytest.fail)
    inception(reference.random_images((1, 8, 8, 3)))


@pytest.mark.any_backend
@pytest.mark.parametrize("size", [(32, 32), (400, 351)], ids=str)
@pytest.mark.parametrize("rule", ["tensorflow", "torch", "clean"])
def test_features_are_those_of_the_packages(arrays, by_rule, rule, size):
    """Runs where torch-fidelity, pytorch-fid and clean-fid are installed."""
    pytest.importorskip("torch_fidelity")
    pytest.importorskip("pytorch_fid")
    images = reference.random_images((2, *size, 3))
    if rule == "clean":
        resize = pytest.importorskip("cleanfid.resize").build_resizer("clean")
        resized = np.stack([resize(image) for image in images])
        expected = reference.pytorch_fid(
            arrays, (resized - 128) / 128, resize_input=False, normalize_input=False
        )
    elif rule == "torch":
        scaled = images.astype("float32") / np.float32(255.0)
        expected = reference.pytorch_fid(arrays, scaled)
    else:
        expected, logits, _ = reference.torch_fidelity(arrays, images)
        assert_same(by_rule(rule)(images)["logits"], logits)
    assert_same(by_rule(rule)(images)["features"], expected)


@pytest.fixture
def stub(inception, monkeypatch):
    """The Inception with a mean in the place of its network, and its batches' sizes."""
    sizes = []

    def network(x):
        sizes.append(len(x))
        mean = ops.convert_to_numpy(x).mean(axis=(1, 2))
        return {"features": mean[:, :1], "logits": mean[:, 1:2]}

    monkeypatch.setattr(inception, "_network", network)
    monkeypatch.setattr(inception, "_resize", inception._prepared)
    inception.sizes = sizes
    return inception


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "count, batch_size, sizes",
    [(5, 3, [3, 2]), (7, 6, [6, 1]), (3, 32, [4]), (9, 12, [12])],
)
def test_batches_have_few_sizes_and_keep_their_order(stub, count, batch_size, sizes):
    images = reference.random_images((count, 6, 4, 3))
    outputs = stub(images, batch_size=batch_size)
    assert stub.sizes == sizes
    assert outputs["features"].shape == (count, 2048)
    assert outputs["logits"].shape == (count, 1008)
    one_by_one = [stub(image[None])["logits"][0] for image in images]
    np.testing.assert_allclose(outputs["logits"], one_by_one, atol=1e-6)
    assert len(np.unique(outputs["logits"][:, 0])) == count


@pytest.mark.any_backend
def test_floats_are_rounded_and_grey_is_repeated(stub):
    grey = reference.random_images((2, 6, 4, 1))
    expected = stub(np.repeat(grey, 3, axis=-1))
    for images in (
        grey,
        grey / 255.0,
        grey / 255.0 + 0.001,
        ops.convert_to_tensor(grey),
    ):
        outputs = stub(images)
        for key, values in expected.items():
            np.testing.assert_array_equal(outputs[key], values)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "images, message",
    [
        (np.zeros((2, 4, 4), "uint8"), r"\(n, height.*\(2, 4, 4\)"),
        (np.zeros((2, 4, 4, 2), "uint8"), "1 or 3 channels"),
        (np.zeros((0, 4, 4, 3), "uint8"), r"\(0, 4, 4, 3\)"),
        (np.full((1, 4, 4, 3), 255.0), "floats in"),
        (np.full((1, 4, 4, 3), np.nan), "finite"),
    ],
)
def test_other_images_are_refused(stub, images, message):
    with pytest.raises(ValueError, match=f"`images` must .*{message}"):
        stub(images)


@pytest.mark.any_backend
def test_what_it_says_of_itself(inception, arrays):
    described = inception.describe()
    assert {k: described[k] for k in ("name", "resize")} == {
        "name": "inception",
        "resize": "tensorflow",
    }
    assert len(described["sha256"]) == 64
    assert (inception.feature_dim, inception.num_classes) == (2048, 1008)
    with pytest.raises(
        ValueError, match="`resize` must be one of.*Did you mean 'torch'"
    ):
        Inception(arrays, resize="pytorch")
    with pytest.raises(ValueError, match="`batch_size` must be at least 1"):
        inception(np.zeros((1, 4, 4, 3), "uint8"), batch_size=0)
