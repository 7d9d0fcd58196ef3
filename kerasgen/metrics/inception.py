"""The Inception of the published scores: Inception Score, FID, KID.

It is the network of 2015 that the first Inception Scores used and all comparable ones
since (Szegedy et al., 2016, "Rethinking the Inception Architecture for Computer
Vision", https://arxiv.org/abs/1512.00567; Salimans et al., 2016,
https://arxiv.org/abs/1606.03498; Heusel et al., 2017,
https://arxiv.org/abs/1706.08500), with what is its own: 1008 classes, averages that
leave out the padding, and a maximum in the place of the average in its last block.
Scores by another Inception, such as that of `keras.applications`, are other numbers.

https://github.com/mseitzer/pytorch-fid and https://github.com/toshas/torch-fidelity
publish its weights and compute the same features.
"""

import keras
import numpy as np
from keras import layers, ops

from kerasgen import backend
from kerasgen.arguments import check_choice, check_int
from kerasgen.images.values import to_uint8
from kerasgen.layers import channels_last
from kerasgen.metrics import resizing
from kerasgen.metrics.checks import check_images
from kerasgen.metrics.inception_weights import SHA256, assign_weights, load_weights

SIZE = 299
FEATURES = 2048
CLASSES = 1008


class Inception:
    """The network of the published FIDs, as a function of images.

    Args:
        weights: path of `pt_inception-2015-12-05-6726825d.pth` (pytorch-fid) or
            `weights-inception-2015-12-05-6726825d.pth` (torch-fidelity), which are the
            same file, or of a `.npz` file of the same arrays; or a dict of arrays.
            Defaults to None: the path in the environment variable `KERASGEN_INCEPTION`,
            else a file that Keras, pytorch-fid or torch-fidelity have downloaded
            before, else a download of 96 MB into Keras's cache.
        resize: str. The resize rule to 299 x 299 pixels: `"tensorflow"`, of the
            published FIDs and of torch-fidelity; `"torch"`, of pytorch-fid; or
            `"clean"`, of clean-fid. Scores by different rules cannot be compared.
            Defaults to `"tensorflow"`.
        sha256: str or None. What the SHA-256 of the file must be, or its first 8 hex
            digits or more; None takes any file. Defaults to that of the published one,
            so a `.npz` file needs its own, or None.

    Attributes:
        name: `"inception"`.
        feature_dim: 2048.
        num_classes: 1008.
        resize: the resize rule.
        bias: float32 array `(1008,)`, to add to `"logits"` for the class probabilities
            of the whole network. The Inception Score of the paper leaves it out.
        model: the `keras.Model` of `inception_network`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: there is no file and it cannot be downloaded, or it is another one,
            or its arrays are not the Inception's.

    Example:

    ```
    inception = Inception("pt_inception-2015-12-05-6726825d.pth")
    features = inception(images)["features"]
    ```
    """

    name = "inception"
    feature_dim = FEATURES
    num_classes = CLASSES

    def __init__(self, weights=None, resize="tensorflow", sha256=SHA256):
        self.resize = check_choice("resize", resize, tuple(resizing.RULES))
        arrays, self._digest = load_weights(weights, sha256)
        self.model = inception_network()
        self.bias = assign_weights(self.model, arrays)
        # XLA has slow convolutions on TensorFlow's CPU.
        jit = keras.backend.backend() != "tensorflow"
        self._resize = backend.compile_function(self.model, self._prepared, jit)
        self._network = backend.compile_function(self.model, self._outputs, jit)

    def __call__(self, images, batch_size=32):
        """Returns the features and the logits of images.

        Floats are rounded to `uint8` first, as files of samples are. Each image's
        result depends on that image alone.

        Args:
            images: `uint8`, or floats in [0, 1], `(n, height, width, channels)`, of any
                size, with 1 channel, which is repeated, or 3.
            batch_size: int. Images at a time. Defaults to `32`.

        Returns:
            dict of float32 arrays: `"features"` `(n, 2048)`, the mean over places of
            the last block, and `"logits"` `(n, 1008)`, without the classes' bias.
        """
        check_int("batch_size", batch_size)
        images = check_images("images", images)
        if images.shape[3] not in (1, 3):
            raise ValueError(
                "`images` must have 1 or 3 channels. "
                f"Received: images of shape {images.shape}"
            )
        count = len(images)
        outputs = {
            "features": np.empty((count, FEATURES), "float32"),
            "logits": np.empty((count, CLASSES), "float32"),
        }
        for start in range(0, count, batch_size):
            batch = images[start : start + batch_size]
            for key, values in self._batch(batch, batch_size).items():
                outputs[key][start : start + batch_size] = values
        return outputs

    def tensor_features(self, images):
        """Returns the features of a tensor of images, to be differentiated.

        Args:
            images: float tensor in `[0, 1]`, `(n, height, width, channels)`, which is
                not rounded.
        """
        if self.resize == "clean":
            raise ValueError(
                "`resize` must be 'tensorflow' or 'torch' for features that are "
                f"differentiated. Received: resize={self.resize!r}"
            )
        return self._outputs(self._prepared(255.0 * images))["features"]

    def describe(self):
        """Returns what tells this network from others, a dict of plain values.

        `"sha256"` is that of the file of weights, or of the arrays of a dict.
        """
        return {"name": self.name, "resize": self.resize, "sha256": self._digest}

    def identity(self):
        """Returns all that the features depend on, beside the images, a dict."""
        return self.describe()

    def _batch(self, batch, batch_size):
        batch = to_uint8(batch)
        count = len(batch)
        # Few sizes, so that little is compiled: all of it, or a power of two.
        size = min(batch_size, 1 << (count - 1).bit_length())
        batch = np.concatenate([batch, np.repeat(batch[:1], size - count, 0)])
        resize = self._prepared if self.resize == "clean" else self._resize
        outputs = self._network(resize(batch))
        return {k: ops.convert_to_numpy(v)[:count] for k, v in outputs.items()}

    def _outputs(self, x):
        with backend.no_copies():
            return self.model(x, training=False)

    def _prepared(self, batch):
        x = resizing.resize_and_scale(batch, SIZE, self.resize)
        return ops.repeat(x, 3, axis=-1) if x.shape[-1] == 1 else x


def inception_network():
    """Returns the network without its weights, a `keras.Model`.

    A convolution has the batch normalization in its kernel and bias, and a ReLU after
    it. Layers have the names of the published file's arrays, with `-` for the first
    dot, see `inception_weights.array_shapes`.

    Input:  float32 `(batch, 299, 299, 3)` in [-1, 1].
    Output: dict of float32 tensors: `"features"` `(batch, 2048)` and `"logits"`
        `(batch, 1008)`, without a bias.
    """
    image = keras.Input((SIZE, SIZE, 3), dtype="float32")
    x = _conv(image, "Conv2d_1a_3x3", 32, 3, 2)
    x = _conv(x, "Conv2d_2a_3x3", 32, 3, padding="valid")
    x = _conv(x, "Conv2d_2b_3x3", 64, 3)
    x = _max_pool(x)
    x = _conv(x, "Conv2d_3b_1x1", 80, 1)
    x = _conv(x, "Conv2d_4a_3x3", 192, 3, padding="valid")
    x = _max_pool(x)
    for block, filters in {"Mixed_5b": 32, "Mixed_5c": 64, "Mixed_5d": 64}.items():
        x = _block_35(x, block, filters)
    x = _to_17(x, "Mixed_6a")
    widths = {"Mixed_6b": 128, "Mixed_6c": 160, "Mixed_6d": 160, "Mixed_6e": 192}
    for block, filters in widths.items():
        x = _block_17(x, block, filters)
    x = _to_8(x, "Mixed_7a")
    x = _block_8(x, "Mixed_7b", _average(x))
    x = _block_8(x, "Mixed_7c", _max_pool(x, 1, "same"))
    features = channels_last.GlobalAveragePooling2D(dtype="float32")(x)
    logits = layers.Dense(CLASSES, use_bias=False, dtype="float32", name="fc")(features)
    return keras.Model(image, {"features": features, "logits": logits})


def _conv(x, name, filters, kernel_size, strides=1, padding=None):
    """A convolution that keeps height and width, or halves them without padding."""
    return channels_last.Conv2D(
        filters,
        kernel_size,
        strides=strides,
        padding=padding or ("same" if strides == 1 else "valid"),
        activation="relu",
        kernel_initializer="zeros",
        dtype="float32",
        name=name,
    )(x)


def _chain(x, name, *convolutions):
    """Convolutions one after the other, each of its arguments after the name."""
    for number, arguments in enumerate(convolutions, 1):
        x = _conv(x, f"{name}_{number}", *arguments)
    return x


def _max_pool(x, strides=2, padding="valid"):
    return channels_last.MaxPooling2D(3, strides, padding, dtype="float32")(x)


def _average(x):
    # Keras counts the pixels that there are, not the padding, as TensorFlow does.
    return channels_last.AveragePooling2D(3, 1, "same", dtype="float32")(x)


def _join(*branches):
    return layers.Concatenate(axis=-1, dtype="float32")(list(branches))


def _block_35(x, block, pool_filters):
    return _join(
        _conv(x, f"{block}-branch1x1", 64, 1),
        _chain(x, f"{block}-branch5x5", (48, 1), (64, 5)),
        _chain(x, f"{block}-branch3x3dbl", (64, 1), (96, 3), (96, 3)),
        _conv(_average(x), f"{block}-branch_pool", pool_filters, 1),
    )


def _to_17(x, block):
    return _join(
        _conv(x, f"{block}-branch3x3", 384, 3, 2),
        _chain(x, f"{block}-branch3x3dbl", (64, 1), (96, 3), (96, 3, 2)),
        _max_pool(x),
    )


def _block_17(x, block, filters):
    row, column = (filters, (1, 7)), (filters, (7, 1))
    return _join(
        _conv(x, f"{block}-branch1x1", 192, 1),
        _chain(x, f"{block}-branch7x7", (filters, 1), row, (192, (7, 1))),
        _chain(
            x,
            f"{block}-branch7x7dbl",
            *((filters, 1), column, row, column, (192, (1, 7))),
        ),
        _conv(_average(x), f"{block}-branch_pool", 192, 1),
    )


def _to_8(x, block):
    return _join(
        _chain(x, f"{block}-branch3x3", (192, 1), (320, 3, 2)),
        _chain(
            x,
            f"{block}-branch7x7x3",
            *((192, 1), (192, (1, 7)), (192, (7, 1)), (192, 3, 2)),
        ),
        _max_pool(x),
    )


def _block_8(x, block, pooled):
    branches = [_conv(x, f"{block}-branch1x1", 320, 1)]
    for name, convolutions, last in (
        ("branch3x3", [(384, 1)], "2"),
        ("branch3x3dbl", [(448, 1), (384, 3)], "3"),
    ):
        inner = _chain(x, f"{block}-{name}", *convolutions)
        branches.append(_conv(inner, f"{block}-{name}_{last}a", 384, (1, 3)))
        branches.append(_conv(inner, f"{block}-{name}_{last}b", 384, (3, 1)))
    return _join(*branches, _conv(pooled, f"{block}-branch_pool", 192, 1))
