"""Pictures of a model's reconstructions during training."""

import inspect
import math

import keras
import numpy as np

from kerasgen import images
from kerasgen.arguments import check_int, decoder_classes
from kerasgen.callbacks.output import PictureCallback
from kerasgen.data.order import spread_indices
from kerasgen.images.text import class_texts


class ReconstructionGrid(PictureCallback):
    """Draws images above their reconstructions after every epoch.

    Writes `directory/name/epoch-0001.png` and so on, `epoch-0000.png` before training.
    A row of images is followed by the row of their reconstructions, as the text beside
    them says. 2-D points become a scatter plot of the reconstructions over the points.

    Args:
        data: A `kerasgen.data.Dataset`; or images, a `uint8` array or floats in
            [0, 1] of the shape `(n, height, width, channels)`; or a pair `(images,
            labels)`. Where it holds more than `num_images`, those drawn are spread
            over all of it, so that data sorted by class show every class.
        directory: Path of a folder, made when it is missing, or `None` to keep the
            picture in memory only.
        num_images: Integer, the number of images, or all when there are fewer.
        period: Integer, epochs between pictures. The last epoch is always drawn.
        name: String, the name of the folder and of the images in TensorBoard.

    Attributes:
        latest: The latest picture, `uint8` `(height, width, channels)`, or `None`.
        latest_step: Integer, the number of training steps behind it.
    """

    needs = "reconstruct"

    def __init__(
        self, data, directory, num_images=32, period=1, name="reconstructions"
    ):
        super().__init__(directory, name, period=period)
        self.num_images = check_int("num_images", num_images)
        self.images, self.labels = _choose(data, self.num_images)
        self.class_names = getattr(data, "class_names", None)

    def draw(self):
        outputs = self._reconstruct()
        if outputs.shape != self.images.shape:
            raise ValueError(
                "`model.reconstruct` must keep the shape of the images. Received: "
                f"images of shape {self.images.shape}, reconstructions of shape "
                f"{outputs.shape}"
            )
        if outputs.ndim == 2:
            title = self.title("reconstructions")
            return images.points_figure(outputs, self.images, title)
        return pairs(
            images.to_uint8(self.images),
            self.show(outputs),
            self.labels if np.ndim(self.labels) == 1 else None,
            self.class_names,
            self.title("reconstructions"),
        )

    def _reconstruct(self):
        model = self.model
        options = {}
        if self.labels is not None and decoder_classes(model) is not None:
            if "labels" in inspect.signature(model.reconstruct).parameters:
                options["labels"] = self.labels
        outputs = model.reconstruct(self.images, **options)
        return keras.ops.convert_to_numpy(outputs)


def pairs(inputs, outputs, labels=None, class_names=None, title=None):
    """Lays out rows of images, each followed by the row of their reconstructions.

    Args:
        inputs, outputs: `uint8` images of one shape.
        labels: ints, the classes, or None.
        class_names: sequence of str, or None.
        title: str, or None.

    Returns:
        One `uint8` image.
    """
    columns = math.ceil(math.sqrt(2 * len(inputs)))
    rows, captions = [], []
    for start in range(0, len(inputs), columns):
        chosen = slice(start, start + columns)
        above = class_texts([] if labels is None else labels[chosen], class_names)
        for block, words in ((inputs[chosen], above), (outputs[chosen], [])):
            missing = columns - len(block)
            ends = ((0, missing), *[(0, 0)] * (block.ndim - 1))
            rows.append(np.pad(block, ends, constant_values=255))
            captions += words + [""] * (columns - len(words))
    return images.labeled_grid(
        np.concatenate(rows),
        captions,
        columns,
        title,
        row_labels=("image", "reconstruction") * (len(rows) // 2),
    )


def _choose(data, count):
    """Returns `(images, labels)`, at most `count` from all over the data."""
    if isinstance(data, keras.utils.PyDataset) and hasattr(data, "spread"):
        return data.spread(count)
    if isinstance(data, (tuple, list)) and len(data) == 2:
        inputs, labels = data
    else:
        inputs, labels = data, None
    if not hasattr(inputs, "shape"):
        raise TypeError(
            "`data` must be a kerasgen Dataset, an array of images, or a pair (images, "
            f"labels). Received: data of type {type(data).__name__}"
        )
    inputs = keras.ops.convert_to_numpy(inputs)
    if inputs.ndim not in (2, 4) or len(inputs) == 0:
        raise ValueError(
            "`data` must hold images (n, height, width, channels) or points (n, 2), "
            f"n > 0. Received: data of shape {inputs.shape}"
        )
    labels = None if labels is None else np.asarray(labels)
    classes = labels if labels is not None and labels.ndim == 1 else None
    total = len(inputs)
    chosen = spread_indices(min(count, total), total, classes)
    return inputs[chosen], None if labels is None else labels[chosen]
