"""Every feature: what it checks, prepares, finishes, draws and shows."""

import numpy as np
import pytest
from keras import ops

from kerasgen import features
from kerasgen.features import (
    Attributes,
    Boxes,
    ClassLabel,
    Feature,
    Fields,
    Image,
    Keypoints,
    LabelMap,
    Series,
    Tensor,
    Text,
    Tracks,
    Video,
    Volume,
)

GENERATOR = np.random.default_rng(0)
PIXELS = GENERATOR.integers(0, 256, (4, 6, 5, 3), "uint8")
ALL = [
    Image((6, 5, 3)),
    Image((6, 5, 1), data_range=(-1.0, 1.0)),
    Tensor((2,)),
    ClassLabel(4),
    ClassLabel(4, allows_unlabeled=True),
    Series((7, 2), [(-1.0, 3.0), (0.0, 0.5)], ["speed", "force"]),
    Text(5, ["", "<unknown>", "a", "circle", "red"]),
    Volume((4, 6, 5)),
    Volume(4, data_range=(-1.0, 1.0)),
    LabelMap((6, 5), 3),
    LabelMap((6, 5), 2, names=["ground", "sky"]),
    Boxes(3),
    Boxes(3, 4),
    Keypoints(["nose", "chin"]),
    Video(3, (6, 5, 1), data_range=(-1.0, 1.0)),
    Tracks(4, 6, num_past=2),
]
ATTRIBUTES = Attributes({"hair": ["black", "blond"], "kind": 3}, {"age": (10, 90)})


@pytest.mark.parametrize("feature", ALL, ids=repr)
def test_examples_pass_the_checks_and_go_through_the_networks_range_and_back(feature):
    value = feature.example(5, np.random.default_rng(1))
    checked = feature.check(value, "x", 5)
    assert checked.shape == (5, *feature.shape)
    tensor = ops.convert_to_tensor(feature.tidy(value))
    back = ops.convert_to_numpy(feature.finish(feature.prepare(feature.shaped(tensor))))
    scale = 255.0 if isinstance(feature, (Image, Video)) else 1.0
    np.testing.assert_allclose(back, value / scale, atol=1e-6)
    again = feature.example(5, np.random.default_rng(1))
    np.testing.assert_array_equal(value, again)


@pytest.mark.parametrize("feature", [*ALL, ATTRIBUTES], ids=repr)
def test_a_feature_is_made_again_from_its_config(feature):
    again = type(feature)(**feature.get_config())
    assert again == feature and repr(again) == repr(feature)
    assert again != ClassLabel(7)


def test_images_reach_the_ends_of_the_range():
    feature = Image((1, 2, 1), data_range=(-1.0, 1.0))
    assert feature.output_activation == "tanh"
    assert Image((1, 2, 1)).output_activation == "sigmoid"
    assert Image((1, 2, 1), (-0.5, 0.5)).output_activation == "linear"
    assert Tensor((2,)).output_activation == "linear"
    black_and_white = ops.convert_to_tensor(np.uint8([[[[0], [255]]]]))
    prepared = ops.convert_to_numpy(feature.prepare(black_and_white))
    np.testing.assert_array_equal(prepared.ravel(), [-1.0, 1.0])
    beyond = ops.convert_to_tensor(np.float32([[[[-3.0], [3.0]]]]))
    assert ops.convert_to_numpy(feature.finish(beyond)).ravel().tolist() == [0.0, 1.0]


def test_grey_images_may_lack_their_channel():
    feature = Image((6, 5, 1))
    assert feature.check(PIXELS[..., 0]).shape == (4, 6, 5, 1)
    assert feature.tidy(PIXELS[..., 0]).shape == (4, 6, 5, 1)
    assert feature.shaped(ops.convert_to_tensor(PIXELS[..., 0])).shape == (4, 6, 5, 1)


def test_the_shape_of_a_model_is_taken_however_odd_and_turned_images_are_told():
    maps = np.zeros((4, 1, 1, 5), "float32")  # one-hot codes of a grid of 1x1
    assert Image((1, 1, 5)).check(maps).shape == maps.shape
    with pytest.raises(ValueError, match="must have its channels last.*np.transpose"):
        Image((6, 5, 3)).check(np.moveaxis(PIXELS, -1, 1))


def test_pictures_are_images_and_dark_ones_too():
    picture = Image((6, 5, 3)).picture(PIXELS // 100)
    assert picture.shape == PIXELS.shape and picture.max() <= 2 / 255
    assert Tensor((2,)).picture(np.zeros((3, 2))) is None


@pytest.mark.parametrize(
    "feature, value, message",
    [
        (Image((6, 5, 3)), None, r"`x` must be given: images of shape \(6, 5, 3\)"),
        (Image((6, 5, 3)), PIXELS[:, 1:], r"`x` must have images of shape \(6, 5, 3\)"),
        (Image((6, 5, 3)), PIXELS[:2], "one entry for each of the 4 examples"),
        (Image((6, 5, 3)), PIXELS.astype("int64"), 'pass `x.astype\\("uint8"\\)`'),
        (Image((6, 5, 3)), PIXELS * 1.0, r"floats in \[0, 1\]"),
        (Tensor((2,)), None, "`x` must be given: floats"),
        (Tensor((2,)), np.zeros((4, 3), "float32"), r"examples of shape \(2,\)"),
        (Tensor((2,)), np.full((4, 2), np.inf, "float32"), "must be finite"),
        (Tensor((2,)), np.zeros((4, 2), "uint8"), "must be floats"),
        (ClassLabel(4), None, "`x` must be given to a model with num_classes=4"),
        (ClassLabel(4), np.array([0, 1, 2, 4]), r"`x` must be in \[0, 3\]"),
        (ClassLabel(4), np.array([0, 1, 2, -1]), r"`x` must be in \[0, 3\]"),
        (ClassLabel(4), np.zeros(4, "float32"), "`x` must be integers"),
    ],
)
def test_what_is_wrong_is_refused_by_the_name_of_the_field(feature, value, message):
    with pytest.raises(ValueError, match=f"{message}.*Received: "):
        feature.check(value, "x", 4)


def test_classes_are_drawn_where_none_are_given():
    drawn = ClassLabel(3).draw(300, np.random.default_rng(0))
    assert set(drawn) == {0, 1, 2} and drawn.dtype == np.int32
    assert Image((6, 5, 3)).draw(3, np.random.default_rng(0)) is None


FIELDS = Fields({"a": Image((6, 5, 3)), "z": Tensor((2,))}, ClassLabel(3))


def test_named_fields_are_treated_each_by_its_own():
    x, y = FIELDS.example(4, np.random.default_rng(0))
    assert set(features.check(FIELDS.x, x)) == {"a", "z"}
    prepared = features.over(
        FIELDS.x, "prepare", {k: ops.array(v) for k, v in x.items()}
    )
    assert prepared["a"].shape == (4, 6, 5, 3) and prepared["z"].shape == (4, 2)
    assert int(features.count_examples(prepared)) == 4
    assert y.shape == (4,) and FIELDS.is_named


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda x: x["a"], "must be a dict of arrays with the keys .*'a', 'z'"),
        (lambda x: {"a": x["a"]}, "Received: x with keys .'a'.$"),
        (lambda x: {**x, "b": x["a"]}, "Received: x with keys"),
        (lambda x: {**x, "z": x["z"][:3]}, r"`x\['z'\]` must have one entry for each"),
        (lambda x: {**x, "a": x["a"][..., :2]}, r"`x\['a'\]` must have images"),
    ],
)
def test_what_is_wrong_with_named_fields_is_said(change, message):
    x = FIELDS.example(4, np.random.default_rng(0))[0]
    with pytest.raises(ValueError, match=message):
        features.check(FIELDS.x, change(x))
    with pytest.raises(
        ValueError, match="`x` must be one array. Received: x of type dict"
    ):
        features.check(Image((6, 5, 3)), x)


@pytest.mark.parametrize("bad", [{}, (6, 5, 3), {"a": (6, 5, 3)}])
def test_fields_are_features(bad):
    with pytest.raises(TypeError, match="`x` must be a Feature, or a dict of them"):
        Fields(bad)


def test_every_feature_is_listed_with_its_examples():
    """A new feature joins the tests above."""
    kinds = {c for c in vars(features).values() if isinstance(c, type)}
    kinds = {c for c in kinds if issubclass(c, Feature)} - {Feature}
    assert kinds == {type(feature) for feature in [*ALL, ATTRIBUTES]}
