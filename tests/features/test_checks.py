import numpy as np
import pytest

from kerasgen.data import Dataset, validate_batch
from kerasgen.features.checks import check_images

RGB = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), "uint8")
FLOATS = RGB.astype("float32") / 255


def with_value(value):
    changed = FLOATS.copy()
    changed[4, 2, 2, 1] = value
    return changed


BAD_IMAGES = [
    (RGB.transpose(0, 3, 1, 2), "channels last.*np.transpose"),
    (np.array([RGB[0], RGB[0, :4]], dtype=object), "np.stack"),
    (np.zeros((0, 8, 8, 3), "uint8"), "at least one example"),
    (np.zeros((6, 64), "uint8"), r"shape \(n, height, width, channels\)"),
    (np.zeros((2, 3, 4, 5, 6), "uint8"), r"shape \(n, height, width, channels\)"),
    (FLOATS * 255, "divide by 255"),
    (FLOATS * 2 - 1, r"\(x \+ 1\) / 2"),
    (with_value(np.nan), "must be finite.*in 1 of 6 examples, the first at index 4"),
    (with_value(np.inf), "must be finite.*in 1 of 6 examples, the first at index 4"),
    (with_value(1.5), r"floats in \[0, 1\].*, 1.5\]"),
    (RGB.astype("int64"), 'astype\\("uint8"\\)'),
    (RGB > 9, "Received: .* of dtype bool"),
    (np.minimum(RGB, 1), "range 0..255"),
]


@pytest.mark.parametrize("bad, message", BAD_IMAGES)
def test_bad_images_are_refused_in_a_data_set(bad, message):
    with pytest.raises(ValueError, match=message):
        Dataset(bad, batch_size=2)


@pytest.mark.parametrize("bad, message", BAD_IMAGES)
def test_bad_images_are_refused_in_a_batch(bad, message):
    with pytest.raises(ValueError, match=message):
        turned = "channels last" in message  # no model has such a shape
        validate_batch(bad, image_shape=(8, 8, 3) if turned else bad.shape[1:])


def test_a_fault_in_a_late_chunk_is_found(monkeypatch):
    monkeypatch.setattr("kerasgen.features.checks.CHUNK_BYTES", FLOATS[:2].nbytes)
    with pytest.raises(ValueError, match="must be finite"):
        check_images(with_value(np.nan))


@pytest.mark.parametrize("x", [RGB, FLOATS, FLOATS.astype("float16")])
def test_good_batches_pass(x):
    validate_batch(x, image_shape=(8, 8, 3))
    validate_batch(x, labels=np.arange(6), image_shape=(8, 8, 3), num_classes=6)


def test_the_shape_must_be_the_models():
    with pytest.raises(ValueError) as error:
        validate_batch(RGB, image_shape=(28, 28, 1))
    assert str(error.value) == (
        "`x` must have images of shape (28, 28, 1). Received: shape (8, 8, 3)"
    )


def test_points_are_checked_by_data_shape():
    points = np.array([[-4.0, 3.0], [0.0, 1.0]])
    validate_batch(points, data_shape=(2,))
    with pytest.raises(ValueError, match=r"examples of shape \(3,\)"):
        validate_batch(points, data_shape=(3,))
    with pytest.raises(ValueError, match="must be images"):
        validate_batch(points, image_shape=(8, 8, 3))
    with pytest.raises(ValueError, match="must be finite"):
        validate_batch(np.where(points > 0, np.nan, points), data_shape=(2,))


@pytest.mark.parametrize(
    "labels, message",
    [
        (None, r"num_classes=4: train on \(images, labels\)"),
        (np.arange(6), r"in \[0, 3\]. Received: labels from 0 to 5"),
        (-np.arange(6), r"in \[0, 3\]. Received: labels from -5 to 0"),
        (np.zeros(6), "must be integers"),
        (np.zeros((6, 4), "int32"), "one-hot"),
        (np.zeros(5, "int32"), "each of the 6 images"),
    ],
)
def test_wrong_labels_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        validate_batch(RGB, labels, image_shape=(8, 8, 3), num_classes=4)


def test_a_model_that_allows_unlabeled_images_takes_the_label_of_minus_one():
    options = {"image_shape": (8, 8, 3), "num_classes": 6, "allows_unlabeled": True}
    validate_batch(RGB, np.arange(6) - 1, **options)
    for bad in (np.arange(6) - 2, np.arange(6) + 1):
        with pytest.raises(ValueError, match=r"in \[0, 5\], or -1 for no label. Rec"):
            validate_batch(RGB, bad, **options)
    with pytest.raises(ValueError, match="Received: labels from -1 to 4"):
        validate_batch(RGB, np.arange(6) - 1, image_shape=(8, 8, 3), num_classes=6)


def test_a_model_without_classes_ignores_labels():
    for labels in (np.arange(6) - 1, np.arange(6, dtype="int64")[:, None]):
        validate_batch(RGB, labels=labels, image_shape=(8, 8, 3))


@pytest.mark.parametrize(
    "y, message",
    [
        (FLOATS, "Received: y of dtype float32"),
        (np.zeros(6), "Received: y of dtype float64"),
        (RGB, "Received: y of shape"),
        (np.eye(6, dtype="int32"), "not one-hot rows"),
        (np.arange(5), "one entry for each of the 6"),
    ],
)
def test_a_model_without_classes_passes_over_nothing_but_labels(y, message):
    with pytest.raises(ValueError, match=message):
        validate_batch(RGB, labels=y, image_shape=(8, 8, 3))


def test_a_tensor_of_the_backend_is_a_batch():
    from keras import ops

    validate_batch(ops.convert_to_tensor(FLOATS), image_shape=(8, 8, 3))
    bfloat16 = ops.cast(ops.convert_to_tensor(FLOATS), "bfloat16")
    validate_batch(bfloat16, image_shape=(8, 8, 3))


def test_what_overshoots_is_to_be_clipped():
    """As images do that were resized by cubic interpolation."""
    x = FLOATS * 1.07 - 0.05
    with pytest.raises(ValueError, match=r"np.clip\(x, 0, 1\).*Received: x with"):
        validate_batch(x, image_shape=x.shape[1:])
