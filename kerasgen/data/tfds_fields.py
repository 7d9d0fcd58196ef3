"""Features that a prepared TensorFlow data set declares, as `kerasgen.features`.

`Image`, `Video`, `ClassLabel`, integers, `Text`, `BBoxFeature` alone, in a `Sequence`
or in one of dicts with a `ClassLabel`, and `Tensor` of a fixed shape. Others raise.
"""

import itertools

import numpy as np

from kerasgen.backend.memory import check_memory
from kerasgen.data.resizing import centre_shares, resize_one
from kerasgen.data.tfds_records import (
    MODES,
    check_count,
    common_size,
    count_classes,
    iterate,
    to_pil,
)
from kerasgen.features import Boxes, ClassLabel, Fields, Image, Tensor, Text, Video

READ = "Image, Video, ClassLabel, Text, BBoxFeature, Sequence of these boxes, Tensor"


def read_fields(
    builder, split, x_key, labels, image_size, num_examples, interpolation, given=None
):
    """Returns `(images, labels, fields)`: arrays, and what they are.

    Args:
        builder: builder of the data set.
        split: str.
        x_key: str. An `Image` or a `Video`.
        labels: str, list of str for a dict, or False.
        image_size: `(height, width)`, or None if all images have one size.
        num_examples: int or None.
        interpolation: str, for resizing.
        given: `Text` or `Boxes`, or dict of such, to be used for labels, or None.
    """
    info = builder.info.splits[split]
    keys = [] if labels is False else [labels] if isinstance(labels, str) else labels
    given = given if isinstance(given, dict) else dict.fromkeys(keys, given)
    how = builder, image_size, interpolation
    parts = {key: _part(key, *how, given.get(key)) for key in (x_key, *keys)}
    count = num_examples or info.num_examples
    if count > info.num_examples:
        raise ValueError(
            f"`num_examples` must be at most {info.num_examples}. "
            f"Received: num_examples={num_examples}"
        )
    check_count(builder, split, info, count)
    size = sum(np.prod(p.field.shape) * p.dtype().itemsize for p in parts.values())
    check_memory(f"{split!r} of {builder.name!r}", count * size, "pass `num_examples`")
    arrays = {k: np.empty((count, *p.field.shape), p.dtype) for k, p in parts.items()}
    found = 0
    for i, example in enumerate(itertools.islice(iterate(builder, split, info), count)):
        found, size = i + 1, None
        for key, part in parts.items():  # the image first, whose size boxes ask for
            arrays[key][i], size = part.read(example, size)
    if found < count:
        raise ValueError(
            f"`data_dir` must hold whole files. Received: {builder.data_path}, with "
            f"{found} of the {count} examples of split {split!r}"
        )
    y = {key: parts[key].field for key in keys}
    values = {key: arrays[key] for key in keys}
    if isinstance(labels, str):
        y, values = y[labels], values[labels]
    x = arrays[x_key]
    return x, values if keys else None, Fields(parts[x_key].field, y if keys else None)


def _part(key, builder, image_size, interpolation, given):
    """Returns how a feature is read; raises for one of another kind."""
    features = builder.info.features
    if key not in features:
        raise ValueError(
            f"`labels` must name features of {builder.name!r}, {list(features)}. "
            f"Received: {key!r}"
        )
    feature, kind = features[key], type(features[key]).__name__
    if kind in ("Image", "Video"):
        return _Pixels(key, feature, builder, image_size, interpolation)
    if kind == "Text":
        return _Texts(key, builder, given)
    if _boxes(feature) is not None:
        return _Boxes(key, feature, builder, image_size, given)
    if kind in ("ClassLabel", "Scalar", "Tensor"):
        if np.issubdtype(feature.np_dtype, np.integer) and feature.shape == ():
            return _Class(key, feature, builder)
        if np.issubdtype(feature.np_dtype, np.floating) and None not in feature.shape:
            return _Numbers(key, feature)
    raise ValueError(
        f"`labels` must name features of kinds that are read: {READ}. "
        f"Received: {key!r}, of kind {feature!r}"
    )


def _boxes(feature):
    """Returns the keys of boxes and of their classes within a feature, or None."""
    kind = type(feature).__name__
    inner = getattr(feature, "feature", None)
    if kind == "BBoxFeature" or (
        kind == "Sequence" and type(inner).__name__ == "BBoxFeature"
    ):
        return "", None
    if kind != "Sequence" or type(inner).__name__ != "FeaturesDict":
        return None
    kinds = {name: type(part).__name__ for name, part in inner.items()}
    boxes = [name for name, part in kinds.items() if part == "BBoxFeature"]
    classes = [name for name, part in kinds.items() if part == "ClassLabel"]
    if len(boxes) != 1:
        return None
    return "/" + boxes[0], "/" + classes[0] if len(classes) == 1 else None


def _value(example, key):
    """Returns what an example holds, flat as in records or nested as in arrays."""
    if key in example:
        return example[key]
    for part in key.split("/"):
        example = example[part]
    return example


class _Pixels:
    dtype = np.uint8

    def __init__(self, key, feature, builder, image_size, interpolation):
        self.key, self.interpolation = key, interpolation
        video = type(feature).__name__ == "Video"
        image = feature.feature if video else feature
        if image.np_dtype != np.uint8:
            raise ValueError(
                f"`image_key` must name a uint8 feature. Received: {key!r} of "
                f"{image.np_dtype}"
            )
        if video and feature.shape[0] is None:
            raise ValueError(
                "`image_key` must name videos of a fixed number of frames. "
                f"Received: {key!r} of shape {feature.shape}"
            )
        if image_size is None and video and None in image.shape[:2]:
            raise ValueError(
                "`image_size` must be given for videos of sizes that are not declared. "
                f"Received: image_size=None, {key!r} of shape {feature.shape}"
            )
        if image_size is None:
            image_size = common_size(builder, key, image.shape[:2])
        channels = image.shape[-1] or 3
        self.mode, self.image_size = MODES[channels], tuple(image_size)
        self.field = Image((*self.image_size, channels))
        self.frames = feature.shape[0] if video else None
        if video:
            self.field = Video(self.frames, self.field.shape)

    def read(self, example, size):
        value = _value(example, self.key)
        if self.frames is None:
            pixels, own = self._one(value)
            return pixels, size or own
        frames = [value] if isinstance(value, bytes) else value
        if len(frames) != self.frames:
            raise ValueError(
                f"`image_key` must name videos of {self.frames} frames. "
                f"Received: one of {len(frames)}"
            )
        return np.stack([self._one(frame)[0] for frame in frames]), size

    def _one(self, value):
        image = to_pil(value, self.mode)
        pixels = resize_one(image, self.image_size, self.interpolation)
        return pixels.reshape(*self.image_size, -1), image.size[::-1]


class _Class:
    dtype = np.int32

    def __init__(self, key, feature, builder):
        self.key = key
        count = getattr(feature, "num_classes", None)
        self.field = ClassLabel(count or count_classes(builder, key))

    def read(self, example, size):
        return int(_value(example, self.key)), size


class _Numbers:
    dtype = np.float32

    def __init__(self, key, feature):
        self.key, self.field = key, Tensor(feature.shape)

    def read(self, example, size):
        value = _value(example, self.key)
        if isinstance(value, bytes):
            raise ValueError(
                "`labels` must name tensors that are stored as numbers. "
                f"Received: {self.key!r}, encoded in {len(value)} bytes"
            )
        return np.asarray(value, "float32").reshape(self.field.shape), size


class _Texts:
    dtype = np.int32

    def __init__(self, key, builder, given):
        self.key, self.field = key, given
        if given is None:  # of the words that are learned from
            split = "train" if "train" in builder.info.splits else "all"
            info = builder.info.splits[split]
            rows = iterate(builder, split, info)
            self.field = Text.from_captions([self._text(row) for row in rows])

    def _text(self, example):
        value = _value(example, self.key)
        return value.decode("utf-8") if isinstance(value, bytes) else str(value)

    def read(self, example, size):
        return self.field.encode([self._text(example)])[0], size


class _Boxes:
    dtype = np.float32

    def __init__(self, key, feature, builder, image_size, given):
        box, label = _boxes(feature)
        self.key, self.image_size = key + box, image_size
        self.label = None if label is None else key + label
        self.field = given
        if given is None:
            classes = label and feature.feature[label[1:]]
            rows = iterate(builder, "all", builder.info.splits["all"])
            most = max(1, *(len(self._sides(row)) for row in rows))
            known = classes is not None and classes.num_classes > 1
            names = classes.names if known else None
            self.field = Boxes(most, classes.num_classes if known else None, names)

    def _sides(self, example):
        return np.asarray(_value(example, self.key), "float32").reshape(-1, 4)

    def read(self, example, size):
        boxes = self._sides(example)
        if self.image_size is not None and size is not None:
            boxes = centre_shares(boxes * [*size, *size], size, self.image_size)
        rows = boxes
        if self.field.num_classes is not None:
            classes = np.reshape(_value(example, self.label), (-1, 1))
            rows = np.concatenate([boxes, classes], axis=1)
        kept = rows[(boxes[:, 2:] > boxes[:, :2]).all(axis=1)]
        return self.field.packed(kept, self.key), size
