"""Faces: attributes say what is drawn, people stay themselves, heads turn."""

import numpy as np
import pytest

from kerasgen.data import load, unpaired
from kerasgen.data.face_geometry import POINTS, POSES
from kerasgen.data.faces import DISCRETE, VALUES
from kerasgen.features import Attributes, Keypoints

pytestmark = pytest.mark.any_backend


@pytest.fixture(scope="module")
def faces():
    return load("faces", num_examples=300, batch_size=4, labels=True)


def test_attributes_are_drawn_evenly_and_given_as_such(faces):
    y = faces.labels[np.arange(300)]
    assert isinstance(faces.fields.y, Attributes)
    assert set(y) == {*DISCRETE, "light"}
    for name, values in VALUES.items():
        counts = np.bincount(y[name], minlength=len(values))
        assert len(counts) == len(values) and counts.min() > 300 / len(values) / 2
    assert y["identity"].max() == 99 and np.ptp(y["light"]) > 1.9
    assert all(key in y for key in faces.source.attributes([0]))


@pytest.mark.parametrize("name", DISCRETE)
def test_a_class_alone_has_its_names(name):
    dataset = load("faces", num_examples=8, batch_size=4, labels=name)
    facts = dataset.source.attributes(np.arange(8))
    np.testing.assert_array_equal(dataset.labels[np.arange(8)], facts[name])
    expected = VALUES.get(name, range(100))
    assert dataset.num_classes == len(expected) == len(dataset.class_names)


def different(source, name, values, **others):
    """Returns the share of the pixels that each value changes, next to the first."""
    images = source.draw(**others, **{name: np.array(values)}).astype(int)
    changed = np.abs(images - images[0]).max(axis=-1) > 20
    return changed.mean(axis=(1, 2))


@pytest.mark.parametrize("name", [*VALUES, "identity", "light"])
def test_each_attribute_changes_the_picture_and_nothing_else_does(faces, name):
    values = [-1.0, 0.0, 1.0] if name == "light" else [0, 1, 2, 3]
    shares = different(faces.source, name, values, identity=[7] * len(values)) if (
        name != "identity"
    ) else different(faces.source, name, values)  # fmt: skip
    assert shares[0] == 0 and (shares[1:] > 0.004).all()
    same = faces.source.draw(**{name: [values[1]] * 3}, style_seed=1)
    again = faces.source.draw(**{name: [values[1]] * 3}, style_seed=1)
    np.testing.assert_array_equal(same, again)


def test_glasses_change_the_eyes_alone_and_the_mouth_its_own_place(faces):
    draw = faces.source.draw
    plain = draw(identity=3, hair=1).astype(int)[0]
    for changed, rows in ((dict(glasses=1), (16, 38)), (dict(mouth=2), (32, 52))):
        other = draw(identity=3, hair=1, **changed).astype(int)[0]
        where = np.nonzero(np.abs(other - plain).max(axis=-1) > 8)[0]
        assert rows[0] <= where.min() and where.max() <= rows[1]


def test_light_comes_from_the_side_that_it_is_said_to(faces):
    images = faces.source.draw(identity=1, hair=0, light=[-1.0, 1.0]).astype(float)
    left, right = images[:, 26:40, 18:32], images[:, 26:40, 32:46]
    ratio = left.mean(axis=(1, 2, 3)) / right.mean(axis=(1, 2, 3))
    assert ratio[0] > 1.1 and ratio[1] < 1 / 1.1


def test_heads_turn_and_far_points_are_hidden(faces):
    count = len(POSES)
    arrays = {name: np.zeros(count, int) for name in DISCRETE}
    facts = {**arrays, "pose": np.arange(count), "light": np.zeros(count)}
    facts["style"] = np.full((count, 6), 0.5)
    points = faces.source.keypoints(facts)
    Keypoints(POINTS).check(points)
    nose = points[:, POINTS.index("nose"), 1]
    assert (np.diff(nose) > 0).all() and nose[count // 2] == pytest.approx(
        0.5, abs=0.01
    )
    ears = points[:, [POINTS.index("left ear"), POINTS.index("right ear")], 2]
    assert ears[0].tolist() == [0, 1] and ears[-1].tolist() == [1, 0]
    assert ears[count // 2].tolist() == [1, 1]
    mirrored = points[::-1, POINTS.index("left eye"), 1]
    np.testing.assert_allclose(
        1 - mirrored, points[:, POINTS.index("right eye"), 1], atol=1e-5
    )
    dataset = load("faces", num_examples=5, batch_size=5, labels="keypoints")
    assert dataset.arrays()[1].shape == (5, len(POINTS), 3)


def test_domains_are_chosen_by_attributes():
    options = {"num_examples": 20, "batch_size": 4}
    bare = load("faces", where={"glasses": "none"}, **options)
    worn = load("faces", where={"glasses": ["round", 2], "identity": [4]}, **options)
    assert set(bare.source.attributes(np.arange(20))["glasses"]) == {0}
    found = worn.source.attributes(np.arange(20))
    assert set(found["glasses"]) == {1, 2} and set(found["identity"]) == {4}
    assert unpaired(bare, worn)[0][0]["b"].shape == (1, 64, 64, 3)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"where": {"glasses": "blue"}}, "`where` must name values of 'glasses'"),
        ({"where": {"identity": 100}}, "`where` must name values of 'identity'"),
        ({"where": {"beard": 1}}, "`where` must be one of"),
        ({"labels": ["age", "keypoints"]}, "`labels` must be 'keypoints' alone"),
        ({"num_identities": 1}, "`num_identities` must be at least 2"),
        ({"image_size": 16}, "`image_size` must be at least 32"),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        load("faces", **options)
    with pytest.raises(TypeError, match="`where` must be a dict.*Received"):
        load("faces", where=["glasses"])


def test_what_is_no_attribute_cannot_be_drawn(faces):
    with pytest.raises(TypeError, match="`attributes` must be among.*Received"):
        faces.source.draw(beard=1)
    with pytest.raises(ValueError, match=r"`age` must be in \[0, 5\].*Received"):
        faces.source.draw(age=6)
