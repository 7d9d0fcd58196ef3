import json
import os
import pathlib
import shutil
import struct

import numpy as np
import pytest

from kerasgen.data import load, tfds
from tests.processes import run_python

pytestmark = pytest.mark.any_backend

pytest.importorskip("tensorflow_datasets")

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture
def mnist_dir():
    """The folder that holds MNIST, as TensorFlow Datasets prepares it."""
    place = os.environ.get("KERASGEN_TEST_DATA", ROOT.parent / "shared" / "data")
    folder = pathlib.Path(place) / "tfds"
    if not (folder / "mnist").is_dir():
        pytest.skip(f"no prepared MNIST in {folder}; set KERASGEN_TEST_DATA")
    return folder


@pytest.fixture(autouse=True)
def offline(monkeypatch, tmp_path):
    """No download, no data sets of the user, no network."""

    def refuse(*args, **kwargs):
        pytest.fail("the network was used")

    import urllib.request

    monkeypatch.setattr("tensorflow_datasets.builder", refuse)
    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    monkeypatch.delenv("TFDS_DATA_DIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def test_mnist_is_read(mnist_dir):
    dataset = load("mnist", "test", labels=True, data_dir=mnist_dir)
    x, y = dataset.arrays()
    assert x.shape == (10000, 28, 28, 1) and x.dtype == np.uint8
    assert dataset.class_names == [str(i) for i in range(10)]
    counts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert np.bincount(y).tolist() == counts
    assert x.mean() / 255 == pytest.approx(0.1325, abs=5e-4)
    ones, eights = (x[y == digit].mean() for digit in (1, 8))
    assert ones < 25 < 35 < eights


def test_slices_and_sizes(mnist_dir):
    options = {"data_dir": mnist_dir, "batch_size": 10}
    whole = load("mnist", "test", num_examples=40, **options).arrays()[0]
    part = load("mnist", "test[10:30]", **options).arrays()[0]
    np.testing.assert_array_equal(part, whole[10:30])
    both = load("mnist", "test[:5]+test[10:15]", **options).arrays()[0]
    np.testing.assert_array_equal(both, whole[[*range(5), *range(10, 15)]])
    assert load("mnist", "all", num_examples=20, **options).num_examples == 20
    resized = load("mnist", "test[:20]", image_size=32, **options)
    assert resized.image_shape == (32, 32, 1)


def test_the_environment_and_the_home_folder_are_searched(
    mnist_dir, monkeypatch, tmp_path
):
    options = {"split": "test[:4]", "batch_size": 2}
    home = tmp_path / "tensorflow_datasets"
    home.symlink_to(mnist_dir)
    expected = load("mnist", **options).arrays()[0]
    home.unlink()
    monkeypatch.setenv("TFDS_DATA_DIR", str(mnist_dir))
    np.testing.assert_array_equal(load("mnist", **options).arrays()[0], expected)
    found = load("mnist:3.*.*", data_dir=tmp_path / "absent", **options)
    np.testing.assert_array_equal(found.arrays()[0], expected)


@pytest.mark.parametrize(
    "kwargs, message",
    [
        ({"split": "validation"}, r"\['train', 'test', 'all'\].*'validation'"),
        ({"split": "tst[:9]"}, "Did you mean 'test'"),
        ({"labels": "lable"}, "Did you mean 'label'"),
        ({"image_key": "img"}, r"one of the image features, \['image'\]"),
        ({"split": "test", "num_examples": 10001}, "at most 10000"),
    ],
)
def test_wrong_arguments_are_refused(mnist_dir, kwargs, message):
    with pytest.raises(ValueError, match=message):
        load("mnist", data_dir=mnist_dir, **kwargs)


def truncated(data):
    return data[:-9000]


def cut_between_records(data):
    start = end = 0
    while end < len(data):
        start, end = end, end + 16 + struct.unpack("<Q", data[end : end + 8])[0]
    return data[:start]


def garbled(data):
    return data[:12] + b"\xff" * 40 + data[52:]


@pytest.mark.parametrize(
    "damage, message",
    [
        (truncated, "mnist-test.*truncated"),
        (cut_between_records, "3.0.1, with 9999 of the 10000 examples of split 'test'"),
        (garbled, "mnist-test.*damaged"),
    ],
)
def test_a_damaged_file_is_named(mnist_dir, tmp_path, damage, message):
    folder = tmp_path / "mnist" / "3.0.1"
    folder.mkdir(parents=True)
    for file in (mnist_dir / "mnist" / "3.0.1").iterdir():
        if "train" not in file.name:
            shutil.copyfile(file, folder / file.name)
    (file,) = folder.glob("mnist-test*")
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(ValueError, match=message):
        load("mnist", "test", data_dir=tmp_path)


def test_what_is_not_found_fails_at_once_and_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "environment"))
    with pytest.raises(FileNotFoundError) as error:
        load("mnist", data_dir=tmp_path / "given")
    message = str(error.value)
    for part in (
        str(tmp_path / "given" / "mnist"),
        str(tmp_path / "environment" / "mnist"),
        str(tmp_path / "tensorflow_datasets" / "mnist"),
        "--download",
        "download=True",
        "digits, shapes, sprites, mixture, ",
    ):
        assert part in message
    assert "\n" not in message


def test_a_path_gets_the_prefix_that_it_lacks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cats").mkdir()
    for path in ("./cats", str(tmp_path / "cats"), "~/none", "cats"):
        with pytest.raises(ValueError, match=f"'folder:{path}'"):
            load(path)
    with pytest.raises(ValueError, match="'npz:faces.npz'"):
        load("faces.npz")


def test_a_download_probes_the_network_first(monkeypatch):
    import urllib.request

    def unreachable(*args, **kwargs):
        raise OSError("no network")

    monkeypatch.setattr(urllib.request, "urlopen", unreachable)
    refusal = pytest.raises(ConnectionError, match="needs the network.*name='mnist'")
    with refusal:
        load("mnist", download=True)
    with refusal, tfds.downloading():
        load("mnist")
    with pytest.raises(FileNotFoundError), tfds.downloading():
        load("mnist", download=False)
    with pytest.raises(FileNotFoundError), tfds.downloading(False):
        load("mnist")


def test_a_server_that_never_answers_is_given_up(monkeypatch):
    import threading
    import urllib.request

    release = threading.Event()

    def hang(*args, **kwargs):
        release.wait(60)
        raise OSError("given up")

    monkeypatch.setattr(tfds, "PROBE_SECONDS", 0.05)
    monkeypatch.setattr(urllib.request, "urlopen", hang)
    assert not tfds.network_reachable()
    release.set()


@pytest.mark.parametrize(
    "name, near", [("mnst", "mnist"), ("digit", "digits"), ("Cifar10", "cifar10")]
)
def test_an_unknown_name_gets_the_nearest(name, near):
    with pytest.raises(ValueError, match=f"Did you mean.*'{near}'.*name='{name}'"):
        load(name)


@pytest.fixture
def prepared(tmp_path):
    """Two small data sets, made by `tensorflow_datasets` without TensorFlow."""

    def make(name, sizes, file_format="tfrecord", **features):
        return make_prepared(tmp_path, name, sizes, file_format, features)

    return make


def make_prepared(root, name, sizes, file_format, extra):
    import io

    import tensorflow_datasets as tfds_module
    from PIL import Image
    from tensorflow_datasets.proto import tf_example_pb2

    features = tfds_module.features.FeaturesDict(
        {
            "image": tfds_module.features.Image(shape=(None, None, 3)),
            "coarse": tfds_module.features.ClassLabel(names=["odd", "even"]),
            "place": np.int64,
            **{k: tfds_module.features.Image(shape=(4, 4, 3)) for k in extra},
        }
    )
    folder = root / name / "1.0.0"
    folder.mkdir(parents=True)
    features.save_config(str(folder))
    records = []
    for i, size in enumerate(sizes):
        example, stream = tf_example_pb2.Example(), io.BytesIO()
        Image.new("RGB", size[::-1], (i, 2 * i, 3 * i)).save(stream, "png")
        values = example.features.feature
        values["image"].bytes_list.value.append(stream.getvalue())
        values["coarse"].int64_list.value.append(i % 2)
        values["place"].int64_list.value.append(i)
        records.append(example.SerializeToString())
    splits = []
    for split, part in (("train", records[:-1]), ("test", records[-1:])):
        base = name.split("/")[0]
        file = folder / f"{base}-{split}.tfrecord-00000-of-00001"
        file.write_bytes(
            b"".join(struct.pack("<QI", len(r), 0) + r + bytes(4) for r in part)
        )
        splits.append(
            {
                "name": split,
                "shardLengths": [str(len(part))],
                "numBytes": str(file.stat().st_size),
                "filepathTemplate": "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}",
            }
        )
    info = {"name": base, "version": "1.0.0", "fileFormat": file_format}
    info["splits"] = splits
    (folder / "dataset_info.json").write_text(json.dumps(info))
    return root


def test_images_of_different_sizes_need_an_image_size(prepared):
    root = prepared("own", [(6, 4), (4, 4)])
    with pytest.raises(ValueError, match=r"different sizes.*\(6, 4\).*\(4, 4\)"):
        load("own", data_dir=root, batch_size=1)
    options = {"data_dir": root, "batch_size": 1, "image_size": 4, "labels": "coarse"}
    dataset = load("own", "all", **options)
    x, y = dataset.arrays()
    assert x[:, 0, 0].tolist() == [[0, 0, 0], [1, 2, 3]]
    assert y.tolist() == [0, 1] and dataset.class_names == ["odd", "even"]


def test_a_label_must_be_an_integer_feature(prepared):
    root = prepared("own", [(4, 4)] * 3)
    with pytest.raises(ValueError, match="`labels` must be one of .*'coarse'"):
        load("own", data_dir=root, batch_size=1, labels=True)


def test_classes_without_names_are_those_of_all_splits(prepared):
    root = prepared("own", [(4, 4)] * 3)
    dataset = load("own", data_dir=root, batch_size=1, labels="place")
    assert dataset.arrays()[1].tolist() == [0, 1] and dataset.num_classes == 3


def test_the_newest_version_and_the_named_configuration_are_taken(prepared, tmp_path):
    prepared("own/first", [(4, 4)] * 2)
    prepared("own/second", [(4, 4)] * 3)
    with pytest.raises(ValueError, match=r"\['first', 'second'\], as in 'own/first'"):
        load("own", data_dir=tmp_path, batch_size=1)
    assert load("own/second", data_dir=tmp_path, batch_size=1).num_examples == 2
    shutil.copytree(tmp_path / "own" / "first", tmp_path / "one")
    for version in ("1.9.0", "1.10.0"):
        shutil.copytree(tmp_path / "one" / "1.0.0", tmp_path / "one" / version)
    found = tfds.find_prepared("one", [tmp_path])
    assert found.name == "1.10.0"
    assert tfds.find_prepared("one:1.0.*", [tmp_path]).name == "1.0.0"
    assert tfds.find_prepared("one:2.0.0", [tmp_path]) is None


def test_tensorflow_is_not_imported_for_what_is_prepared(prepared):
    import keras

    if keras.backend.backend() == "tensorflow":
        pytest.skip("the backend is TensorFlow")
    root = prepared("own", [(4, 4)] * 3)
    code = (
        "import sys; from kerasgen.data import load\n"
        f"assert load('own', data_dir={str(root)!r}, batch_size=1).num_examples == 2\n"
        "sys.exit('tensorflow' in sys.modules)"
    )
    result = run_python(code)
    assert result.returncode == 0, result.stderr


# === Hostile folders ===


@pytest.mark.parametrize("key", ["type", "pythonClassName", "python_class_name"])
def test_no_code_that_a_folder_names_is_run(prepared, tmp_path, monkeypatch, key):
    root = prepared("own", [(4, 4)] * 2)
    (tmp_path / "evil_features.py").write_text("raise SystemExit('it was run')")
    monkeypatch.syspath_prepend(tmp_path)
    path = root / "own" / "1.0.0" / "features.json"
    content = json.loads(path.read_text())
    feature = content["featuresDict"]["features"]["image"]
    del feature["pythonClassName"]
    feature[key] = "evil_features.Image"
    if key == "type":
        feature["content"] = {}
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match="datasets alone.*'evil_features.Image'"):
        load("own", data_dir=root, batch_size=1)


@pytest.mark.parametrize("how", ["absolute", "upwards", "link", "all"])
def test_only_files_below_the_folder_are_read(prepared, tmp_path, how):
    root = prepared("own", [(4, 4)] * 3)
    folder = root / "own" / "1.0.0"
    file = folder / "own-train.tfrecord-00000-of-00001"
    outside = shutil.copyfile(file, tmp_path / "secret")
    path = folder / "dataset_info.json"
    info = json.loads(path.read_text())
    if how == "link":
        file.unlink()
        file.symlink_to(outside)
    else:
        template = "../../secret" if how == "upwards" else str(outside)
        info["splits"][0]["filepathTemplate"] = template
    path.write_text(json.dumps(info))
    with pytest.raises(ValueError, match="files are below their folder.*names "):
        load("own", "all" if how == "all" else "train", data_dir=root, batch_size=1)


def test_names_of_features_are_no_paths(prepared):
    root = prepared("own", [(4, 4)] * 2)
    path = root / "own" / "1.0.0" / "features.json"
    path.write_text(path.read_text().replace('"coarse"', '"../../coarse"'))
    with pytest.raises(ValueError, match="plain names.*'../../coarse'"):
        load("own", data_dir=root, batch_size=1)


def test_more_examples_than_the_files_can_hold_are_refused(prepared):
    root = prepared("own", [(4, 4)] * 3)
    path = root / "own" / "1.0.0" / "dataset_info.json"
    info = json.loads(path.read_text())
    info["splits"][0]["shardLengths"] = [str(10**12)]
    path.write_text(json.dumps(info))
    with pytest.raises(ValueError, match="bytes for the 1000000000000 examples"):
        load("own", data_dir=root, batch_size=1, image_size=4)


def test_records_of_other_formats_are_refused(prepared, monkeypatch):
    import subprocess

    monkeypatch.setattr(subprocess, "Popen", lambda *args, **kwargs: pytest.fail("run"))
    root = prepared("own", [(4, 4)] * 3)
    file = root / "own" / "1.0.0" / "own-train.tfrecord-00000-of-00001"
    data, png = file.read_bytes(), b"\x89PNG\r\n\x1a\n"
    file.write_bytes(data.replace(png, b"%!PS-Ado"))
    for size in (4, None):
        with pytest.raises(ValueError, match="can be decoded.*UnidentifiedImageError"):
            load("own", data_dir=root, batch_size=1, image_size=size)
