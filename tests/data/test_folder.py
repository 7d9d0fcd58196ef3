import numpy as np
import pytest
from PIL import Image

from kerasgen.data import load

COLORS = {"bees": (200, 180, 20), "ants": (40, 20, 10)}


def save(path, size=(8, 8), color=(200, 180, 20), mode="RGB", **kwargs):
    path.parent.mkdir(parents=True, exist_ok=True)
    if mode == "L":
        color = color[0]
    Image.new(mode, size[::-1], color).save(path, **kwargs)
    return path


@pytest.fixture
def classes(tmp_path):
    for name, color in COLORS.items():
        save(tmp_path / name / "0.png", color=color)
        save(tmp_path / name / "1.JPG", color=color, quality=95)
    (tmp_path / "ants" / "notes.txt").write_text("not an image")
    (tmp_path / ".hidden").mkdir()
    return tmp_path


def load_folder(path, *args, **kwargs):
    return load(f"folder:{path}", *args, **{"batch_size": 1, **kwargs})


def test_class_folders_give_sorted_classes(classes):
    dataset = load_folder(classes, labels=True)
    x, y = dataset.arrays()
    assert dataset.class_names == ["ants", "bees"] and y.tolist() == [0, 0, 1, 1]
    assert x.shape == (4, 8, 8, 3) and x.dtype == np.uint8
    for image, label in zip(x, y, strict=True):
        color = COLORS[dataset.class_names[label]]
        np.testing.assert_allclose(image, np.broadcast_to(color, image.shape), atol=3)


def test_class_names_are_sorted(tmp_path):
    names = ["g", "C", "a", "f", "B", "e", "d", "10", "9"]
    for name in names:
        save(tmp_path / name / "x.png")
    assert load_folder(tmp_path, labels=True).class_names == sorted(names)


def test_a_flat_folder_has_no_labels(tmp_path):
    save(tmp_path / "b.png")
    save(tmp_path / "a.jpeg")
    dataset = load_folder(tmp_path)
    assert [file.name for file in dataset.source.files] == ["a.jpeg", "b.png"]
    assert dataset.class_names is None
    with pytest.raises(ValueError, match="`labels` must be False for a folder"):
        load_folder(tmp_path, labels=True)


def test_split_folders_are_used_where_there_are_some(tmp_path):
    for split, count in (("train", 3), ("TEST", 2), ("val", 1)):
        for i in range(count):
            save(tmp_path / split / "ants" / f"{i}.png")
    counts = [
        load_folder(tmp_path, split).num_examples
        for split in ("train", "test", "validation", "all")
    ]
    assert counts == [3, 2, 1, 6]


def test_an_unknown_split_names_the_choices(classes):
    with pytest.raises(ValueError, match=r"\['train', 'all'\]. Received: split='test'"):
        load_folder(classes, "test")


def test_different_sizes_need_an_image_size(tmp_path):
    save(tmp_path / "a.png", size=(8, 8))
    save(tmp_path / "b.png", size=(6, 9))
    with pytest.raises(ValueError, match=r"different sizes.*a.png.*b.png.*\(6, 9\)"):
        load_folder(tmp_path)
    assert load_folder(tmp_path, image_size=4).arrays()[0].shape == (2, 4, 4, 3)


def test_the_centre_is_cropped(tmp_path):
    pixels = np.zeros((4, 10, 3), "uint8")
    pixels[:, 3:7] = 250
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert load_folder(tmp_path, image_size=4).arrays()[0].min() == 250


@pytest.mark.parametrize("channels, expected", [(None, 1), (1, 1), (3, 3)])
def test_the_most_common_mode_wins(tmp_path, channels, expected):
    for i, mode in enumerate(["L", "L", "RGB"]):
        save(tmp_path / f"{i}.png", mode=mode)
    dataset = load_folder(tmp_path, channels=channels)
    assert dataset.arrays()[0].shape == (3, 8, 8, expected)


def test_transparency_is_put_on_white(tmp_path):
    save(tmp_path / "a.png", mode="RGBA", color=(0, 0, 0, 0))
    save(tmp_path / "b.png", mode="RGBA", color=(10, 20, 30, 255))
    x, _ = load_folder(tmp_path).arrays()
    assert (x[0] == 255).all() and (x[1] == (10, 20, 30)).all()


def test_sixteen_bits_become_eight(tmp_path):
    Image.fromarray(np.full((8, 8), 128 * 256, "uint16")).save(tmp_path / "a.png")
    x, _ = load_folder(tmp_path).arrays()
    assert x.shape == (1, 8, 8, 1) and (x == 128).all()


def test_photos_are_turned(tmp_path):
    pixels = np.zeros((4, 8, 3), "uint8")
    pixels[:, :4] = 255  # the left half is the top after a turn to the right
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    x, _ = load_folder(tmp_path).arrays()
    assert x.shape == (1, 8, 4, 3)
    assert (x[0, :4] == 255).all() and (x[0, 4:] == 0).all()


def truncate(path):
    path.write_bytes(path.read_bytes()[:-30])


@pytest.fixture
def broken(tmp_path):
    generator = np.random.default_rng(0)
    for name in ("a.png", "b.png", "c.jpg"):
        pixels = generator.integers(0, 256, (16, 16, 3), "uint8")
        Image.fromarray(pixels).save(tmp_path / name)
    truncate(tmp_path / "b.png")
    truncate(tmp_path / "c.jpg")
    (tmp_path / "d.png").write_bytes(b"no image at all")
    return tmp_path


def test_a_truncated_file_is_named_when_it_is_read(broken):
    (broken / "d.png").unlink()
    dataset = load_folder(broken, shuffle=False)
    assert dataset[0][0].shape == (1, 16, 16, 3)
    with pytest.raises(ValueError, match='"skip".*b.png.*OSError'):
        dataset[1]


def test_a_file_without_a_header_is_named_at_once(broken):
    with pytest.raises(ValueError, match="d.png.*UnidentifiedImageError"):
        load_folder(broken)


def test_bad_files_are_left_out_on_request(broken):
    with pytest.warns(UserWarning, match="3 files of .* cannot be decoded") as caught:
        dataset = load_folder(broken, on_error="skip")
    assert caught[0].filename == __file__ or "loading" in caught[0].filename
    assert dataset.num_examples == 1 and dataset.arrays()[0].shape == (1, 16, 16, 3)
    names = [file.rsplit("/")[-1] for file in dataset.skipped_files]
    assert sorted(names) == ["b.png", "c.jpg", "d.png"]


def test_labels_stay_with_their_files_where_some_are_left_out(classes):
    (classes / "ants" / "0.png").write_bytes(b"no image")
    with pytest.warns(UserWarning, match="1 files"):
        dataset = load_folder(classes, labels=True, on_error="skip")
    x, y = dataset.arrays()
    assert y.tolist() == [0, 1, 1]
    assert x[0].mean() < 50 < x[1].mean()


def test_too_many_bad_files_raise(broken):
    with pytest.raises(ValueError, match="at most 2 bad files. Received: 3"):
        load_folder(broken, on_error="skip", max_skipped=2)
    (broken / "a.png").unlink()
    with pytest.raises(ValueError, match="at least one readable image"):
        load_folder(broken, on_error="skip")


def test_only_some_images_are_kept_in_memory(classes, monkeypatch):
    from kerasgen.data import image_files

    reads = []
    real = image_files.decode
    monkeypatch.setattr(
        image_files,
        "decode",
        lambda file, *args: reads.append(file) or real(file, *args),
    )
    dataset = load_folder(classes, cache_bytes=2 * 8 * 8 * 3)
    reads.clear()
    first, _ = dataset.arrays()
    second, _ = dataset.arrays()
    np.testing.assert_array_equal(first, second)
    assert len(reads) == 3 + 2  # one was kept when the data set was made


def test_wrong_folders_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="must name a folder.*absent"):
        load_folder(tmp_path / "absent")
    with pytest.raises(ValueError, match="must hold images"):
        load_folder(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="in each class folder.*empty without any"):
        load_folder(tmp_path)
    save(tmp_path / "full" / "a.png")
    (tmp_path / "empty").rmdir()
    save(tmp_path / "a.png")
    with pytest.raises(
        ValueError, match="either images or one folder.*a.png and full/a"
    ):
        load_folder(tmp_path)
