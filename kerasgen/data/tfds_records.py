"""Images and labels from the files of a prepared TensorFlow data set.

TFRecord files are read here, by their framing, so that TensorFlow (and a GPU it would
take) is not needed; other formats go through `tfds`'s own random access reader.
"""

import io
import itertools
import os
import struct

import numpy as np

from kerasgen.backend.memory import check_memory
from kerasgen.data.image_decoding import open_image, to_mode
from kerasgen.data.resizing import resize_one
from kerasgen.data.tfds_safety import check_files

FRAME_BYTES = 16  # of a record in a file, beside its content
MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def read_examples(
    builder, split, image_key, label_key, image_size, num_examples, interpolation
):
    """Returns `(images, labels)`: a `uint8` array, and an int32 array or None."""
    info = builder.info.splits[split]
    if num_examples is not None and num_examples > info.num_examples:
        raise ValueError(
            f"`num_examples` must be at most {info.num_examples}. "
            f"Received: num_examples={num_examples}"
        )
    count = num_examples or info.num_examples
    feature = builder.info.features[image_key]
    if feature.np_dtype != np.uint8:
        raise ValueError(
            f"`image_key` must name a uint8 feature. Received: {image_key!r} of "
            f"{feature.np_dtype}"
        )
    check_count(builder, split, info, count)
    if image_size is None:
        image_size = common_size(builder, image_key, feature.shape[:2])
    channels = feature.shape[-1] or 3
    height, width = image_size
    size = count * height * width * channels
    check_memory(f"{split!r} of {builder.name!r}", size, "pass `num_examples`")
    labels = None if label_key is None else np.empty(count, "int32")
    images, found = np.empty((count, *image_size, channels), "uint8"), 0
    examples = itertools.islice(iterate(builder, split, info), count)
    for i, example in enumerate(examples):
        found = i + 1
        image = to_pil(example[image_key], MODES[channels])
        pixels = resize_one(image, image_size, interpolation)
        images[i] = pixels.reshape(images.shape[1:])
        if labels is not None:
            labels[i] = int(example[label_key])
    if found < count:
        raise ValueError(
            f"`data_dir` must hold whole files. Received: {builder.data_path}, with "
            f"{found} of the {count} examples of split {split!r}"
        )
    return images, labels


def count_classes(builder, label_key):
    """Returns the largest label of all splits, plus one."""
    info = builder.info.splits["all"]
    return max(int(e[label_key]) for e in iterate(builder, "all", info)) + 1


def common_size(builder, image_key, declared):
    """Returns `(height, width)` of the images of all splits."""
    if None not in declared:
        return tuple(declared)
    sizes = {}
    for example in iterate(builder, "all", builder.info.splits["all"]):
        image = example[image_key]
        if isinstance(image, bytes):
            width, height = _decoded(image, lambda found: found.size)
            sizes[height, width] = None
        else:
            sizes[image.shape[:2]] = None
        if len(sizes) > 1:
            first, second = sizes
            raise ValueError(
                "`image_size` must be given for images of different sizes. Received: "
                f"image_size=None, images of {first} and {second}"
            )
    return next(iter(sizes))


def check_count(builder, split, info, count):
    """Raises unless so many records can be in the files."""
    files = [part.filename for part in info.file_instructions]
    check_files(builder.data_path, files)
    held = sum(os.path.getsize(file) for file in files if os.path.isfile(file))
    if count * FRAME_BYTES > held > 0:
        raise ValueError(
            f"`data_dir` must hold whole files. Received: {builder.data_path}, with "
            f"{held} bytes for the {count} examples of split {split!r}"
        )


def iterate(builder, split, info):
    """Yields dicts from feature to encoded image, array or number."""
    check_files(builder.data_path, [p.filename for p in info.file_instructions])
    if builder.info.file_format.value != "tfrecord":
        yield from builder.as_data_source(split)
        return
    for part in info.file_instructions:
        records = read_tfrecord(part.filename)
        stop = None if part.take < 0 else part.skip + part.take
        for record in itertools.islice(records, part.skip, stop):
            yield _parse(record, part.filename)


def read_tfrecord(path):
    """Yields the records of a TFRecord file: length, checksum, bytes, checksum."""
    with open(path, "rb") as file:
        while header := file.read(12):
            size = struct.unpack("<Q", header[:8])[0] if len(header) == 12 else -1
            record = file.read(size) if 0 <= size < 1 << 31 else b""
            if len(record) != size or len(file.read(4)) != 4:
                raise ValueError(
                    f"`data_dir` must hold whole files. Received: {path}, truncated or "
                    "damaged"
                )
            yield record


def _parse(record, path):
    from google.protobuf.message import DecodeError
    from tensorflow_datasets.proto import tf_example_pb2

    try:
        example = tf_example_pb2.Example.FromString(record)
    except DecodeError as error:
        raise ValueError(
            f"`data_dir` must hold whole files. Received: {path}, damaged ({error})"
        ) from error
    values = {}
    for key, feature in example.features.feature.items():
        kind = feature.WhichOneof("kind")
        value = getattr(feature, kind).value if kind else ()
        values[key] = value[0] if len(value) == 1 else value
    return values


def to_pil(image, mode):
    from PIL import Image

    if isinstance(image, bytes):
        image = _decoded(image, lambda found: to_mode(found, mode).copy())
    else:
        image = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
    return image if image.mode == mode else image.convert(mode)


def _decoded(data, function):
    """Returns what a function makes of an encoded image."""
    try:
        with open_image(io.BytesIO(data)) as image:
            return function(image)
    except Exception as error:  # Pillow raises many kinds for broken files
        raise ValueError(
            "`data_dir` must hold images that can be decoded. "
            f"Received: one of {len(data)} bytes ({type(error).__name__}: {error})"
        ) from error
