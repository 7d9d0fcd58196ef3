"""Tracks of text files: which windows are scenes, of whom, about which origin."""

import numpy as np
import pytest

import kerasgen

pytestmark = pytest.mark.any_backend


def load(path, *args, **kwargs):
    return kerasgen.data.load(f"tracks:{path}", *args, batch_size=1, **kwargs)


def place(person, frame):
    return 10.0 * person + 0.1 * frame, 0.5 * person - 0.2 * frame


def lines(people, separator="\t"):
    """Returns the text of people, a dict from each to the frames they are there."""
    rows = [(f, p, *place(p, f)) for p, frames in people.items() for f in frames]
    text = (separator.join(map(str, (*row, 0.0))) for row in sorted(rows))
    return "\n".join(text) + "\n"


@pytest.fixture
def folder(tmp_path):
    """Frames 0, 10, ... 60; windows of 5 steps: of 2, 3 and 1 people at 0, 10, 20."""
    frames = range(0, 70, 10)
    people = {1: frames[:6], 2: frames, 3: frames[1:6], 4: [0, 20]}
    for name, separator in (("train", "\t"), ("val", " "), ("test", ",")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(lines(people, separator))
    (tmp_path / "test" / "b.txt").write_text(lines({7: frames[:5], 9: frames[:5]}))
    return tmp_path


def test_scenes_are_windows_of_people_who_are_there_throughout(folder):
    data = load(folder, labels=None, past=3, future=2, shuffle=False)
    assert data.num_examples == 2
    assert (data.data_shape, data.label_shape) == ((3, 2, 3), (3, 3, 3))
    future, past = data.take(2)
    whole = np.concatenate([past, future], axis=2)
    assert whole[..., 2].all(axis=2).tolist() == [
        [True, True, False],
        [True, True, True],
    ]
    for scene, people, start in ((0, (1, 2), 0), (1, (1, 2, 3), 10)):
        origin = data.origins[scene]
        for row, person in enumerate(people):
            for step in range(5):
                expected = np.array(place(person, start + 10 * step)) - origin
                np.testing.assert_allclose(
                    whole[scene, row, step, :2], expected, atol=1e-5
                )
        middle = whole[scene, : len(people), 2, :2].mean(axis=0)
        np.testing.assert_allclose(middle, 0.0, atol=1e-5)
    assert not whole[0, 2].any()


def test_splits_separators_and_whole_tracks(folder):
    tracks = [
        load(folder, split, past=3, future=2, shuffle=False).take(2)[0]
        for split in ("train", "validation", "test")
    ]
    np.testing.assert_array_equal(tracks[0], tracks[1])
    np.testing.assert_array_equal(tracks[0], tracks[2])
    assert tracks[0].shape == (2, 3, 5, 3)
    test = load(folder, "test", past=3, future=2)
    assert test.num_examples == 3 and test.field.num_past == 3
    assert load(folder, "all", past=3, future=2).num_examples == 7
    file = load(folder / "test" / "b.txt", past=3, future=2)
    assert file.num_examples == 1 and file.data_shape == (2, 5, 3)


def test_scenes_of_more_people_are_left_out_and_a_part_can_be_taken(folder):
    few = load(folder, past=3, future=2, num_agents=2)
    assert (few.num_examples, few.data_shape) == (1, (2, 5, 3))
    part = load(folder, "all", past=3, future=2, num_examples=3, labels=True)
    assert part.num_examples == len(part.origins) == 3
    alone = load(folder, past=3, future=2, min_agents=1)
    assert alone.num_examples == 3


@pytest.mark.parametrize(
    "text, message",
    [("1 2 3\n", "line 1 of"), ("0 1 2 3\n\n0 2 x 3", "line 3 of"), ("\n", "lines. R")],
)
def test_lines_that_are_not_numbers_are_named(tmp_path, text, message):
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(ValueError, match="`tracks:` must hold lines") as error:
        load(tmp_path)
    assert message.removesuffix(". R") in str(error.value)


def test_what_holds_no_scene_is_refused(folder, tmp_path_factory):
    with pytest.raises(ValueError, match="must hold a scene of 2 to"):
        load(folder)
    with pytest.raises(FileNotFoundError, match="`tracks:` must name a folder"):
        load(folder / "nowhere")
    with pytest.raises(ValueError, match="must hold .txt or .csv files"):
        load(tmp_path_factory.mktemp("empty"))
    with pytest.raises(ValueError, match="`split` must be one of"):
        load(folder / "test" / "b.txt", "test", past=3, future=2)
