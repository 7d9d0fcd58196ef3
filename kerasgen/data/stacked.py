"""Stacked images: three grey ones as the red, green and blue of one, many modes known.

Metz, Poole, Pfau and Sohl-Dickstein, 2017, "Unrolled Generative Adversarial Networks",
https://arxiv.org/abs/1611.02163, section 3.3.3: of digits there are 1,000 modes, and
`kerasgen.metrics.class_coverage` counts them.
"""

import numpy as np

from kerasgen.data.content import Content

CHANNELS = 3
NUM_TRAIN, NUM_TEST = 128_000, 26_000  # of Srivastava et al., 2017, "VEEGAN"


class Stacked:
    """Source of images whose channels are rows of a source of grey images.

    Args:
        source: source of images `(height, width, 1)` or `(height, width)`.
        rows: ints `(n, channels)`, the image of each channel.
    """

    def __init__(self, source, rows):
        self.source, self.rows = source, rows

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, indices):
        rows = self.rows[indices]
        images = np.asarray(self.source[rows.reshape(-1)])
        images = images.reshape(*rows.shape, *images.shape[1:3])
        return np.moveaxis(images, 1, -1)


def stack(dataset, num_examples, labels, seed):
    """Returns the `Content` of triples of a data set's images, drawn with replacement.

    The class of a triple of classes `(a, b, c)` of `k` is `(a k + b) k + c`.

    Args:
        dataset: `kerasgen.data.Dataset` of grey images, with classes if `labels`.
        num_examples: int.
        labels: bool. Whether to give the classes of triples.
        seed: int. Of the choice; splits of one seed are drawn apart.
    """
    if dataset.image_shape is None or dataset.image_shape[-1] != 1:
        raise ValueError(
            "`stacked:` must name grey images. "
            f"Received: {dataset.name!r} with data of shape {dataset.data_shape}"
        )
    generator = np.random.default_rng([seed, *dataset.split.encode()])
    rows = generator.integers(dataset.num_examples, size=(num_examples, CHANNELS))
    source = Stacked(dataset.source, rows)
    if not labels:
        return Content(source)
    if dataset.num_classes is None:
        raise ValueError(
            f"`labels` must be False for {dataset.name!r}, which has no classes. "
            f"Received: labels={labels}"
        )
    count = dataset.num_classes
    classes = np.asarray(dataset.labels[rows.reshape(-1)]).reshape(rows.shape)
    classes = classes.astype("int32") @ count ** np.arange(CHANNELS)[::-1]
    return Content(source, classes.astype("int32"), num_classes=count**CHANNELS)
