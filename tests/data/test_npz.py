import io
import zipfile

import numpy as np
import pytest

from kerasgen.data import load

pytestmark = pytest.mark.any_backend

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 6, 6), "uint8")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "data.npz"
    np.savez(
        path,
        x_train=IMAGES[:8],
        y_train=np.arange(8)[:, None] % 3,
        x_test=IMAGES[8:],
        y_test=np.arange(4),
    )
    return path


def load_npz(path, *args, **kwargs):
    return load(f"npz:{path}", *args, batch_size=2, **kwargs)


def test_the_keras_layout_is_read(path):
    x, y = load_npz(path, labels=True).arrays()
    np.testing.assert_array_equal(x[..., 0], IMAGES[:8])
    assert y.tolist() == [0, 1, 2, 0, 1, 2, 0, 1]
    np.testing.assert_array_equal(
        load_npz(path, "test").arrays()[0][..., 0], IMAGES[8:]
    )
    assert load_npz(path, "all").num_examples == 12
    assert load_npz(path, image_size=9).image_shape == (9, 9, 1)


def test_floats_are_resized_and_stay_floats(tmp_path):
    path = tmp_path / "floats.npz"
    np.savez(path, x_train=IMAGES / 255)
    dataset = load_npz(path, image_size=12)
    x = dataset.arrays()[0]
    assert x.dtype == np.float32 and x.min() >= 0 and 0.9 < x.max() <= 1
    assert x.std() > 0.15


def test_splits_are_those_of_the_file(path):
    with pytest.raises(ValueError, match=r"\['train', 'test', 'all'\].*'validation'"):
        load_npz(path, "validation")


def test_missing_keys_are_named(tmp_path):
    path = tmp_path / "other.npz"
    np.savez(path, images=IMAGES)
    with pytest.raises(ValueError, match=r"x_train, y_train.*keys \['images'\]"):
        load_npz(path)
    np.savez(path, x_train=IMAGES)
    with pytest.raises(ValueError, match=r"without the keys \['y_train'\]"):
        load_npz(path, labels=True)


def test_nothing_is_unpickled(tmp_path):
    path = tmp_path / "pickle.npz"
    np.savez(path, x_train=np.array([{"a": 1}, None], dtype=object))
    with pytest.raises(ValueError, match="without pickled objects.*x_train"):
        load_npz(path)


def cut(data):
    return data[:300]


def flip(data):
    return data[:200] + bytes([data[200] ^ 255]) + data[201:]


@pytest.mark.parametrize("damage", [cut, flip])
def test_a_damaged_file_is_named(path, damage):
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match="whole .npz file.*data.npz"):
        load_npz(path)


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent.npz"):
        load_npz(tmp_path / "absent.npz")


def test_classes_and_shapes_are_those_of_all_splits(path, tmp_path):
    for split in ("train", "test", "all"):
        assert load_npz(path, split, labels=True).num_classes == 4
    names = list("abcd")
    named = load_npz(path, labels=True, class_names=names)
    assert named.num_classes == 4 and named.class_names == names
    with pytest.raises(ValueError, match="labels` must be in"):
        load_npz(path, "test", labels=True, class_names=names[:3])
    other = tmp_path / "other.npz"
    colored = np.repeat(IMAGES[..., None], 3, axis=-1)
    for test in (IMAGES[:, :4], colored, IMAGES / 255):
        np.savez(other, x_train=IMAGES, x_test=test)
        with pytest.raises(ValueError, match="one shape, all uint8.*x_train.*x_test"):
            load_npz(other)


def test_small_files_of_large_arrays_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "large.npz"
    monkeypatch.setattr("kerasgen.data.npz.SMALL_BYTES", 1 << 16)
    np.savez_compressed(path, x_train=np.zeros((100, 64, 64), "uint8"))
    with pytest.raises(ValueError, match="250 times.*'x_train' of 409600 bytes in"):
        load_npz(path)
    np.savez(path, x_train=np.zeros((100, 64, 64), "uint8"))
    assert load_npz(path).num_examples == 100
    monkeypatch.setattr("kerasgen.backend.memory.free_memory", lambda: 1000)
    with pytest.raises(ValueError, match="the images of .* must fit into memory"):
        load_npz(path)


@pytest.mark.parametrize("shape", [(1 << 40, 6, 6), (13, 6, 6), (11, 6, 6)])
def test_a_shape_that_its_bytes_do_not_fill_is_refused(tmp_path, shape):
    path, header = tmp_path / "lie.npz", io.BytesIO()
    kind = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(header, kind)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x_train.npy", header.getvalue() + IMAGES.tobytes())
    with pytest.raises(ValueError, match="whole .npz file.*'x_train' of .* for shape"):
        load_npz(path)
