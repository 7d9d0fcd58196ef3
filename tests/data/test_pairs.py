"""Pairs of pictures: arrays, two folders, pictures side by side, drawn ones."""

import numpy as np
import pytest

from kerasgen.data import Dataset, hold_out, load, load_pairs, pairs
from kerasgen.images import save_png

pytestmark = pytest.mark.any_backend

A = np.arange(7 * 4, dtype="uint8").reshape(7, 2, 2, 1) * 8
B = 255 - np.arange(7 * 12, dtype="uint8").reshape(7, 2, 2, 3)


def picture(value, size=(8, 6)):
    image = np.full((*size, 3), value, "uint8")
    image[0, 0] = 255
    return image


def levels(images):
    return images[:, 4, 4, 0].tolist()


def test_batches_are_targets_and_inputs_in_one_order():
    dataset = pairs(Dataset(A, batch_size=2, name="seven"), B, batch_size=2, seed=3)
    assert repr(dataset).startswith("seven and arrays (all): 7 images 2x2x3")
    assert ", each beside one of 2x2x1, " in repr(dataset)
    assert dataset.num_classes is None
    assert dataset.data_shape == (2, 2, 3) and dataset.label_shape == (2, 2, 1)
    rows = [batch for batch in dataset]
    assert len(rows) == 3
    for targets, inputs in rows:
        for target, given in zip(targets, inputs, strict=True):
            i = int((A == given).all(axis=(1, 2, 3)).argmax())
            np.testing.assert_array_equal(target, B[i])
    assert dataset.describe()["fingerprint"] != pairs(A[::-1], B).describe()


def test_other_numbers_and_other_kinds_are_refused():
    with pytest.raises(ValueError, match="`targets` must have as many.*3 targets, 7 i"):
        pairs(A, B[:3])
    with pytest.raises(TypeError, match="`inputs` must be a Dataset.*Received"):
        pairs(3, B)


@pytest.fixture
def published(tmp_path):
    """A folder as pix2pix's data sets are: `a` on the left, `b` on the right."""
    for split, count, value in (("train", 5, 20), ("val", 2, 60), ("test", 3, 90)):
        for i in range(count):
            both = [picture(value + i), picture(value + 100 + i)]
            path = tmp_path / split / f"{i}.png"
            save_png(path, np.concatenate(both, axis=1))
    return tmp_path


def test_pictures_side_by_side_as_pix2pix_publishes_them(published):
    name = f"folder:{published}"
    train = load_pairs(name)
    assert train.name == name and train.split == "train" and train.shuffle
    assert train.data_shape == train.label_shape == (8, 6, 3)
    targets, inputs = train.arrays()
    assert levels(inputs) == [20, 21, 22, 23, 24]
    assert levels(targets) == [120, 121, 122, 123, 124]
    back = load_pairs(name, split="validation", direction="b_to_a", batch_size=2)
    targets, inputs = back[0]
    assert levels(targets) == [60, 61] and levels(inputs) == [160, 161]
    assert load_pairs(name, split="test").num_examples == 3
    some = load_pairs(name, num_examples=2, batch_size=2, shuffle=False)
    targets, inputs = some[0]
    assert [x - 100 for x in levels(targets)] == levels(inputs)
    assert levels(load(name, half="right", shuffle=False).take(2)[0]) == [120, 121]


def test_halves_are_cropped_and_resized_each_by_itself(published):
    # The middle of a half of 8x6 is taken, and nothing of the other half.
    targets, inputs = load_pairs(f"folder:{published}", image_size=6).take(1)
    assert targets.shape == (1, 6, 6, 3)
    assert set(np.unique(inputs)) == {20} and set(np.unique(targets)) == {120}


def test_an_odd_width_is_refused_or_left_out(published):
    save_png(published / "train" / "odd.png", picture(3, (8, 13)))
    with pytest.raises(ValueError, match="odd.png.*must have an even width.*width=13"):
        load_pairs(f"folder:{published}")
    with pytest.warns(UserWarning, match="1 that cannot be decoded"):
        dataset = load_pairs(f"folder:{published}", on_error="skip")
    assert dataset.num_examples == 5


def fill(folder, count, value, ending=".png", size=(8, 6)):
    for i in range(count):
        save_png(folder / "new.png", picture(value + i, size))
        # Pillow looks at the content, not at the ending.
        (folder / "new.png").rename(folder / f"{i:02}{ending}")


@pytest.mark.parametrize("layout", ["A", "trainA", "apart"])
def test_two_folders_are_joined_by_the_names_of_their_files(tmp_path, layout):
    first, second = {"trainA": ("trainA", "trainB")}.get(layout, ("A", "B"))
    fill(tmp_path / first, 4, 20)
    fill(tmp_path / second, 4, 120, ending=".jpg")
    if layout == "apart":
        names = [f"folder:{tmp_path / n}" for n in (first, second)]
        dataset = load_pairs(*names)
        assert dataset.name == " and ".join(names)
    else:
        dataset = load_pairs(f"folder:{tmp_path}")
    targets, inputs = dataset.arrays()
    assert levels(inputs) == [20, 21, 22, 23]
    assert levels(targets) == [120, 121, 122, 123]


def test_splits_are_of_the_first_folder_and_partners_stay_together(tmp_path):
    fill(tmp_path / "A", 20, 20)
    fill(tmp_path / "B", 20, 120, ending=".jpg")
    parts = [load_pairs(f"folder:{tmp_path}", split=s) for s in ("train", "test")]
    assert [part.num_examples for part in parts] == [16, 2]
    assert len(parts[0].notes) == 1
    for part in parts:
        targets, inputs = part.arrays()
        assert [x - 100 for x in levels(targets)] == levels(inputs)
    for part in hold_out(parts[0], 4):
        targets, inputs = part.arrays()
        assert [x - 100 for x in levels(targets)] == levels(inputs)


def test_what_is_no_pair_is_refused(tmp_path):
    fill(tmp_path / "A", 3, 20)
    fill(tmp_path / "B", 2, 120)
    name = f"folder:{tmp_path}"
    with pytest.raises(ValueError, match="'02', which .*B has not, and 0 more"):
        load_pairs(name)
    (tmp_path / "A" / "02.png").unlink()
    fill(tmp_path / "A" / "deep", 1, 20)
    fill(tmp_path / "B" / "deep", 1, 120, size=(6, 8))
    for part in "AB":
        for i in range(2):
            path = tmp_path / part / f"{i:02}.png"
            path.rename(path.parent / "deep" / f"1{i}.png")
    with pytest.raises(ValueError, match="same proportions.*00.png of .8, 6. and"):
        load_pairs(name, image_size=4)
    fill(tmp_path / "B" / "deep", 1, 120, ending=".gif")
    with pytest.raises(ValueError, match="names differ by more than their endings"):
        load_pairs(name, image_size=4)
    with pytest.raises(ValueError, match="`direction` must be one of.*Received"):
        load_pairs(name, direction="back")
    for alone in ("digits", "shapes"):
        with pytest.raises(ValueError, match="`target` must name the data of the sec"):
            load_pairs(alone)


def test_a_file_that_is_left_out_leaves_out_its_partner(tmp_path):
    fill(tmp_path / "A", 3, 20)
    fill(tmp_path / "B", 3, 120)
    (tmp_path / "B" / "01.png").write_bytes(b"no picture")
    with pytest.warns(UserWarning, match="1 that cannot be decoded"):
        dataset = load_pairs(f"folder:{tmp_path}", on_error="skip")
    targets, inputs = dataset.arrays()
    assert levels(inputs) == [20, 22] and levels(targets) == [120, 122]


def test_drawn_shapes_are_outlined_and_filled():
    dataset = load_pairs("outlines", num_examples=12, batch_size=12)
    targets, inputs = dataset.arrays()
    dark = [(255.0 - x.min(axis=-1) > 60).sum(axis=(1, 2)) for x in (targets, inputs)]
    assert (dark[1] < dark[0]).all() and (dark[1] > 0).all()
    assert dataset.data_shape == (32, 32, 3) and dataset.name == "outlines"
    test = load_pairs("outlines", split="test", num_examples=12).arrays()[0]
    assert not np.array_equal(test, targets)
    back = load_pairs("outlines", direction="b_to_a", num_examples=12)
    np.testing.assert_array_equal(back.arrays()[0], inputs)


def test_other_data_are_joined_by_their_order():
    dataset = load_pairs("digits", "digits", image_size=8)
    np.testing.assert_array_equal(*dataset.take(3))
