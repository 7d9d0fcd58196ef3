"""The resize rules of published scores, which move a score by whole points.

None of the first two widens its kernel: an image that is made smaller is aliased. See
Parmar, Zhang and Zhu, 2022, "On Aliased Resizing and Surprising Subtleties in GAN
Evaluation", https://arxiv.org/abs/2104.11222.
"""

import numpy as np
from keras import ops

RULES = {
    "tensorflow": "bilinear, corners aligned at the top left, as TensorFlow 1 did",
    "torch": "bilinear, pixels' centres aligned, not antialiased, as PyTorch does",
    "clean": "bicubic, antialiased, by Pillow in float, as clean-fid does",
}


def resize_and_scale(images, size, rule):
    """Returns images of one size with values in about [-1, 1], a tensor.

    Args:
        images: `uint8` tensor `(n, height, width, channels)`; an array for `"clean"`.
        size: int. Height and width of the result, whatever the proportions were.
        rule: str, one of `RULES`. Values become `(x - 128) / 128`, but for `"torch"`
            `2 x / 255 - 1`.

    Returns:
        float32 tensor `(n, size, size, channels)`.
    """
    if rule == "clean":
        return (ops.convert_to_tensor(_pillow(images, size)) - 128.0) / 128.0
    images = ops.cast(images, "float32")
    if rule == "torch":
        images = images / 255.0
    images = _interpolate(images, size, 2, rule)
    images = _interpolate(images, size, 1, rule)
    return 2.0 * images - 1.0 if rule == "torch" else (images - 128.0) / 128.0


def _interpolate(images, size, axis, rule):
    length = images.shape[axis]
    places = np.arange(size, dtype="float32")
    scale = np.float32(length) / np.float32(size)
    if rule == "torch":
        places = np.maximum(scale * (places + np.float32(0.5)) - np.float32(0.5), 0)
    else:
        places = scale * places
    low = np.minimum(places.astype("int32"), length - 1)
    high = np.minimum(low + 1, length - 1)
    share = (places - low.astype("float32")).reshape((size, *[1] * (3 - axis)))
    first = ops.take(images, low, axis=axis)
    return first + (ops.take(images, high, axis=axis) - first) * share


def _pillow(images, size):
    from PIL import Image

    output = np.empty((len(images), size, size, images.shape[3]), "float32")
    for image, place in zip(images, output, strict=True):
        for channel in range(image.shape[2]):
            whole = Image.fromarray(image[..., channel].astype("float32"))
            whole = whole.resize((size, size), Image.Resampling.BICUBIC)
            place[..., channel] = np.asarray(whole)
    return np.clip(output, 0, 255)
