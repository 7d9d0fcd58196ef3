"""Real handwritten digits that need no download: scikit-learn's, 8x8 pixels."""

import numpy as np

from kerasgen.arguments import check_choice
from kerasgen.data.content import Content
from kerasgen.data.resizing import resize

NUM_TRAIN = 1500


def load_digits(split, image_size, labels, *, interpolation="bicubic"):
    """Loads the 1797 digits of the UCI test set, `uint8` of shape `(n, 8, 8, 1)`.

    The values 0..16 are spread over 0..255. A fixed permutation makes 1500 of them
    `"train"` and 297 `"test"`.

    Args:
        split: `"train"`, `"test"` or `"all"`.
        image_size: `(height, width)`, or None for 8x8.
        labels: bool. Whether to give the digit.
        interpolation: str, `"bicubic"`, `"bilinear"`, `"nearest"` or `"lanczos"`.
    """
    check_choice("split", split, ("train", "test", "all"))
    check_choice("labels", labels, (False, True))
    try:
        import sklearn.datasets
    except ImportError as error:
        raise ImportError(
            "`load('digits')` needs scikit-learn: pip install scikit-learn"
        ) from error

    data = sklearn.datasets.load_digits()
    order = np.random.default_rng(0).permutation(len(data.target))
    parts = {"train": order[:NUM_TRAIN], "test": order[NUM_TRAIN:], "all": order}
    chosen = parts[split]
    images = np.round(data.images[chosen] * (255 / 16)).astype("uint8")[..., None]
    return Content(
        resize(images, image_size, interpolation),
        data.target[chosen].astype("int32") if labels else None,
        tuple(str(digit) for digit in range(10)),
    )
