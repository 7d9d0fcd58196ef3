"""Pictures of a model's samples during training."""

import math

import numpy as np

from kerasgen import images
from kerasgen.arguments import check_int, class_names, label_numbers
from kerasgen.callbacks.output import PictureCallback
from kerasgen.features import pictures

_NUM_SAMPLES = 64
_REFERENCE_POINTS = 1000


class SampleGrid(PictureCallback):
    """Draws samples from the same noise after every epoch.

    Writes `directory/name/epoch-0000.png` before training, `epoch-0001.png` after the
    first epoch and so on, and `directory/name.gif` at the end of training, an
    animation of all pictures in the folder. The pictures of a run that is resumed
    (with `initial_epoch`, or by `kerasgen.callbacks.Backup`) go on where they ended.

    Images, and pictures of other kinds of data (see `kerasgen.features`), are laid out
    in a grid, with their classes above them. The samples of a
    model of 2-D points become a scatter plot, over points of the training data where
    the model knows them.

    Args:
        directory: Path of a folder, made when it is missing, or `None` to keep the
            picture in memory only.
        num_samples: Integer, the number of samples. Defaults to 64, or for a
            conditional model to as many full rows of the classes (60 for 10).
        labels: Integer or sequence of integers, the classes of the samples, repeated
            up to `num_samples`. Defaults to all classes in turn, a column or more
            each, when the model is conditional.
        period: Integer, epochs between pictures. The last epoch is always drawn.
        seed: Integer, the seed of the samples.
        name: String, the name of the folder, of the animation, and of the images in
            TensorBoard.
        animate: Boolean, whether to write the animation.
        columns: Integer, samples in a row. Defaults to a nearly square grid, in
            which every column holds one class where there are several.

    Attributes:
        latest: The latest picture, `uint8` `(height, width, channels)`, or `None`.
        latest_step: Integer, the number of training steps behind it.

    Example:

    ```python
    model.fit(data, epochs=20, callbacks=[kerasgen.callbacks.SampleGrid("runs/dcgan")])
    ```
    """

    def __init__(
        self,
        directory,
        num_samples=None,
        labels=None,
        period=1,
        seed=0,
        name="samples",
        animate=True,
        columns=None,
    ):
        super().__init__(directory, name, period=period, animate=animate)
        self.num_samples = num_samples
        if num_samples is not None:
            check_int("num_samples", num_samples)
        most = _NUM_SAMPLES if num_samples is None else num_samples
        self.labels = None if labels is None else _check_labels(labels, most)
        self.seed = check_int("seed", seed, minimum=0)
        self.columns = None if columns is None else check_int("columns", columns)

    def on_train_begin(self, logs=None):
        if not getattr(self.model, "parts_fitted", True):
            raise ValueError(
                "`callbacks` must hold no SampleGrid in the `fit` of a model that "
                "draws samples after `fit_prior` alone: use ReconstructionGrid. "
                f"Received: a {type(self.model).__name__} before `fit_prior`"
            )
        super().on_train_begin(logs)

    def draw(self):
        model = self.model
        num_classes = getattr(model, "num_classes", None)
        labels = label_numbers(self.labels, class_names(model))
        if labels is None and num_classes is not None:
            labels = np.arange(num_classes)
        count, labels, columns = class_layout(self.num_samples, labels, self.columns)
        samples = model.sample(count, labels=labels, seed=self.seed)
        drawn = pictures(getattr(model, "fields", None), samples)
        if drawn.ndim == 2:
            title = self.title("samples")
            return images.points_figure(samples, _reference(model), title)
        return images.labeled_grid(
            self.show(drawn),
            labels,
            columns,
            self.title("samples"),
            class_names=class_names(model),
        )


def class_layout(num_samples, labels, columns=None):
    """Lays samples out so that every column holds one class.

    Args:
        num_samples: int, or None for 64, or as many full rows of the classes.
        labels: ints, the classes, repeated up to the number of samples; or None.
        columns: int, samples in a row, or None for a nearly square grid.

    Returns:
        `(number of samples, their labels or None, columns or None)`.
    """
    count = (
        _NUM_SAMPLES if num_samples is None else check_int("num_samples", num_samples)
    )
    if columns is not None:
        check_int("columns", columns)
    if labels is None:
        return count, None, columns
    if columns is None and len(labels) > 1:
        columns = _class_columns(count, len(labels))
    if num_samples is None and columns is not None:
        count = max(1, count // columns) * columns
    return count, np.resize(labels, count).astype("int32"), columns


def _class_columns(num_samples, num_classes):
    """Returns the multiple of `num_classes` that makes the grid most nearly square."""
    side = math.sqrt(num_samples)
    if num_classes > 4 * side:
        return None
    return num_classes * max(1, round(side / num_classes))


def _reference(model):
    spread = getattr(getattr(model, "training_data", None), "spread", None)
    return None if spread is None else spread(_REFERENCE_POINTS)[0]


def _check_labels(labels, num_samples):
    array = np.atleast_1d(np.asarray(labels))
    if array.ndim != 1 or not 0 < array.size <= num_samples:
        raise ValueError(
            "`labels` must be an integer or a sequence of 1 to `num_samples` integers. "
            f"Received: labels={labels!r}, num_samples={num_samples}"
        )
    if array.dtype.kind not in "iuU":
        raise TypeError(
            "`labels` must be integers or names of classes. "
            f"Received: labels={labels!r}"
        )
    return array
