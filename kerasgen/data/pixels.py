"""What a recipe takes pixels for: black and white ones alone are made binary."""

import re

import numpy as np

# Of these the literature makes black and white images, as their pixels nearly are.
DRAWINGS = (
    "digits",
    "mnist",
    "binarized_mnist",
    "emnist",
    "kmnist",
    "omniglot",
    "quickdraw_bitmap",
    "sprites",
)
NUM_LOOKED_AT = 100


def is_black_and_white(dataset):
    """Returns whether images are drawings: by the data set's name, or by their pixels.

    Args:
        dataset: `kerasgen.data.Dataset`. Of its images 100, evenly spread, are looked
            at: grey ones that hold two values alone are black and white.
    """
    if dataset.image_shape is None or dataset.image_shape[2] != 1:
        return False
    if re.split("[/:]", dataset.name)[0] in DRAWINGS:
        return True
    rows = np.linspace(0, dataset.num_examples - 1, NUM_LOOKED_AT).astype(int)
    values = np.unique(np.asarray(dataset.source[np.unique(rows)]))
    return bool(np.isin(values, (0, 255 if values.dtype.kind == "u" else 1)).all())


def choose_likelihood(dataset, likelihood=None, other="discretized_logistic"):
    """Returns the arguments `likelihood` and `binarization` of a model, a dict.

    Args:
        dataset: `kerasgen.data.Dataset`. Its `notes` tell what was chosen.
        likelihood: str, or None: `"bernoulli"`, of pixels made binary by chance, for
            images that are black and white (see `is_black_and_white`), `"gaussian"` for
            points, and `other` for all else.
        other: str.
    """
    if likelihood is None:
        likelihood = "bernoulli"
        if dataset.image_shape is None:
            likelihood = "gaussian"
        elif not is_black_and_white(dataset):
            likelihood = other
            _note(dataset, f"the likelihood is {other!r}, and nothing is made binary")
    return {
        "likelihood": likelihood,
        "binarization": "dynamic" if likelihood == "bernoulli" else None,
    }


def choose_levels(dataset, levels=None, drawn=16):
    """Returns the number of grey levels of a model.

    Args:
        dataset: `kerasgen.data.Dataset`. Its `notes` tell what was chosen.
        levels: int, or None: `drawn` for images that are black and white (see
            `is_black_and_white`), 256 for all else.
        drawn: int.
    """
    if levels is not None:
        return levels
    if is_black_and_white(dataset):
        return drawn
    _note(dataset, "pixels have all their 256 levels")
    return 256


def choose_binarization(dataset, binarization=None):
    """Returns how a model of binary pixels makes images binary.

    Args:
        dataset: `kerasgen.data.Dataset`.
        binarization: `"dynamic"`, `"threshold"`, or None: `"dynamic"` for images that
            are black and white (see `is_black_and_white`).

    Raises:
        ValueError: if it is None and images are not black and white.
    """
    if binarization is None and not is_black_and_white(dataset):
        raise ValueError(
            "`binarization` must be given for images that are not black and white, "
            "which this model makes so: 'dynamic' by chance, or 'threshold' "
            "(--binarization dynamic); other recipes keep greys and colors. "
            f"Received: binarization=None, {dataset.name!r} of {dataset.image_shape}"
        )
    return binarization or "dynamic"


def _note(dataset, text):
    kind = "in color" if dataset.image_shape[2] > 1 else "grey, not black and white"
    dataset.notes.append(f"{text}, as images are {kind}")
