import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from kerasgen.data import load

pytestmark = pytest.mark.any_backend

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
    with pytest.warns(UserWarning, match="left out: 3 that cannot be dec") as caught:
        dataset = load_folder(broken, on_error="skip")
    assert caught[0].filename == __file__
    assert dataset.num_examples == 1 and dataset.arrays()[0].shape == (1, 16, 16, 3)
    names = [file.rsplit("/")[-1] for file in dataset.skipped_files]
    assert sorted(names) == ["b.png", "c.jpg", "d.png"]


def test_labels_stay_with_their_files_where_some_are_left_out(classes):
    (classes / "ants" / "0.png").write_bytes(b"no image")
    with pytest.warns(UserWarning, match="1 that cannot be decoded"):
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
        load_folder(tmp_path, labels=True)
    assert load_folder(tmp_path).num_examples == 2


# === Facts of all splits ===


def test_classes_are_those_of_all_splits(tmp_path):
    for split, names in (("train", "abc"), ("test", "bc"), ("val", "d")):
        for name in names:
            save(tmp_path / split / name / "0.png")
    for split, expected in (("train", [0, 1, 2]), ("test", [1, 2]), ("all", None)):
        dataset = load_folder(tmp_path, split, labels=True)
        assert dataset.class_names == list("abcd") and dataset.num_classes == 4
        assert expected is None or dataset.labels.tolist() == expected
    part = load_folder(tmp_path, "train", labels=True, num_examples=1)
    assert part.num_classes == 4


def test_classes_can_be_those_of_a_model(tmp_path):
    save(tmp_path / "b" / "0.png")
    save(tmp_path / "c" / "0.png")
    names = ["c", "a", "b"]
    dataset = load_folder(tmp_path, labels=True, class_names=names)
    assert dataset.labels.tolist() == [2, 0] and dataset.class_names == names
    with pytest.raises(ValueError, match=r"classes \['a', 'c'\] alone.*with \['b'\]"):
        load_folder(tmp_path, labels=True, class_names=["a", "c"])


def test_sizes_and_colors_are_those_of_all_splits(tmp_path):
    for i in range(3):
        save(tmp_path / "train" / f"{i}.png")
        save(tmp_path / "test" / f"{i}.png", size=(8, 8 + 2 * (i == 2)), mode="L")
    save(tmp_path / "train" / "3.png")
    assert load_folder(tmp_path, "test", image_size=4).image_shape == (4, 4, 3)
    with pytest.raises(ValueError, match=r"different sizes.*test/2.png of \(8, 10\)"):
        load_folder(tmp_path, "train")


# === Splits that are split off ===


@pytest.mark.parametrize("classes", [("",), ("x", "y")])
def test_a_part_is_split_off_where_there_is_no_folder(tmp_path, classes):
    for name in classes:
        for i in range(60 // len(classes)):
            save(tmp_path / name / f"{i}.png", color=(i, 0, 0))
    parts = {s: load_folder(tmp_path, s) for s in ("train", "validation", "test")}
    files = {split: set(part.source.files) for split, part in parts.items()}
    assert [len(files[s]) for s in parts] == [48, 6, 6]
    assert len(set.union(*files.values())) == 60
    assert load_folder(tmp_path, "all").num_examples == 60
    assert set(load_folder(tmp_path, "test", seed=3).source.files) == files["test"]
    (note,) = parts["train"].describe()["notes"]
    assert "6 are the split 'test'" in note and "48 are left for 'train'" in note
    save(tmp_path / classes[0] / "new.png")  # moves next to nothing
    assert len(files["test"] & set(load_folder(tmp_path, "test").source.files)) >= 5


def test_folders_of_splits_come_first(tmp_path):
    for i in range(20):
        save(tmp_path / "train" / f"{i}.png")
    assert load_folder(tmp_path, "test").num_examples == 2
    save(tmp_path / "test" / "0.png")
    dataset = load_folder(tmp_path)
    assert dataset.num_examples == 20 and "notes" not in dataset.describe()
    with pytest.raises(ValueError, match=r"\['train', 'test', 'all'\].*'validation'"):
        load_folder(tmp_path, "validation")
    assert load_folder(tmp_path, "validation", held_out=0.25).num_examples == 5
    assert load_folder(tmp_path, held_out=0.25).num_examples == 15


# === Every file is loaded or named ===


def test_every_format_is_loaded(tmp_path):
    names = ["a.png", "b.webp", "c.tiff", "d.bmp", "e.jfif", "f.gif", "g.ppm", "h.JPEG"]
    for name in names:
        options = {"format": "JPEG"} if name[0] == "e" else {}
        save(tmp_path / name, color=(200, 180, 20), **options)
    frames = [Image.new("RGB", (8, 8), color) for color in ((200, 180, 20), "black")]
    frames[0].save(tmp_path / "f.gif", save_all=True, append_images=frames[1:])
    dataset = load_folder(tmp_path)
    assert [file.name for file in dataset.source.files] == names
    assert np.abs(dataset.arrays()[0] - np.array((200, 180, 20.0))).max() < 8


def test_what_is_not_loaded_is_named(tmp_path):
    for place in ("train/a", "train/b", "train/a/.ipynb_checkpoints", "train/b/@eaDir"):
        save(tmp_path / place / "x.png")
    for junk in ("train/Thumbs.db", "train/a/.DS_Store", "__MACOSX"):
        (tmp_path / junk).write_bytes(b"")
    dataset = load_folder(tmp_path)  # warns of nothing
    assert dataset.num_examples == 2 and dataset.skipped_files == []
    (tmp_path / "train" / "a" / "notes.txt").write_text("not an image")
    save(tmp_path / "more" / "y.png")
    with pytest.warns(UserWarning, match=r"2 files.*a/notes.txt.*; see `dataset"):
        dataset = load_folder(tmp_path)
    names = sorted(file.rsplit("/", 2)[-1] for file in dataset.skipped_files)
    assert names == ["notes.txt", "y.png"]


def test_links_to_folders_lead_in_no_circle(classes):
    (classes / "ants" / "again").symlink_to(classes)
    (classes / "wasps").symlink_to(classes / "bees")
    with pytest.warns(UserWarning, match="1 file .*ants/again"):
        assert load_folder(classes).num_examples == 6


# === Values of 16 bits ===


def write_png(path, pixels, color, depth=16, key=None):
    """Writes a PNG of kinds that Pillow does not write."""
    height, width = pixels.shape[:2]
    if depth == 4:
        rows = pixels.reshape(height, width // 2, 2)
        rows = (rows[..., 0] << 4 | rows[..., 1]).astype("uint8")
    else:
        rows = pixels.astype(">u2")
    data = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    chunks = [(b"IHDR", header)]
    if key is not None:
        chunks.append((b"tRNS", struct.pack(f">{len(key)}H", *key)))
    chunks += [(b"IDAT", zlib.compress(data)), (b"IEND", b"")]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(body))
            + kind
            + body
            + struct.pack(">I", zlib.crc32(kind + body))
            for kind, body in chunks
        )
    )


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_values_of_fewer_bits_in_16_do_not_become_black(tmp_path, bits):
    bright, dark = np.full((8, 8), (1 << bits) - 1), np.full((8, 8), 1 << (bits - 2))
    write_png(tmp_path / "train" / "0.png", dark, 0)
    write_png(tmp_path / "test" / "0.png", bright, 0)  # both splits have one scale
    dataset = load_folder(tmp_path)
    assert (dataset.arrays()[0] == 64).all()
    assert (load_folder(tmp_path, "test").arrays()[0] == 255).all()
    assert ("notes" in dataset.describe()) == (bits < 16)
    x = load_folder(tmp_path, bits=16).arrays()[0]
    assert (x == (1 << (bits - 2)) >> 8).all()


def test_color_of_fewer_bits_in_16_is_refused(tmp_path):
    write_png(tmp_path / "0.png", np.full((8, 8, 3), 4000), 2)
    with pytest.raises(ValueError, match="color images of 8 bits.*0.png.* 12 bits in"):
        load_folder(tmp_path)


@pytest.mark.parametrize(
    "color, depth, channels, value", [(0, 16, 1, 300), (2, 16, 3, 60000), (0, 4, 1, 3)]
)
def test_transparent_values_become_white(tmp_path, color, depth, channels, value):
    pixels = np.full((8, 8, channels), (1 << depth) * 5 // 8)
    pixels[:4] = value
    write_png(tmp_path / "0.png", pixels, color, depth, key=(value,) * channels)
    (x,) = load_folder(tmp_path).arrays()[0]
    assert (x[:4] == 255).all() and (x[4:] < 255).all()


# === Hostile files ===


@pytest.mark.parametrize("start", [b"%!PS-Adobe-3.0 EPSF-3.0", b"8BPS", b"\x01\xda"])
def test_other_formats_are_refused_by_their_first_bytes(tmp_path, monkeypatch, start):
    import subprocess

    monkeypatch.setattr(subprocess, "Popen", lambda *args, **kwargs: pytest.fail("run"))
    text = start + b"\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n%%EOF\n"
    (tmp_path / "a.png").write_bytes(text + bytes(600))
    with pytest.raises(ValueError, match="a.png .UnidentifiedImageError"):
        load_folder(tmp_path)


def test_huge_images_are_refused_before_they_are_decoded(tmp_path):
    stream = io.BytesIO()
    Image.new("RGBA", (1, 1)).save(stream, "png")
    data = bytearray(stream.getvalue())
    data[16:24] = struct.pack(">II", 13000, 13600)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(ValueError, match="a.png .*(13000 x 13600|Bomb)"):
        load_folder(tmp_path)
    save(tmp_path / "a.png", size=(8, 9))
    with pytest.raises(ValueError, match="`max_pixels`=71 pixels. Received: 9 x 8"):
        load_folder(tmp_path, max_pixels=71)
