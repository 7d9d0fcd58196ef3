"""What the convolutions of a network learned, by what a linear classifier makes of it.

Radford, Metz and Chintala, 2016, https://arxiv.org/abs/1511.06434, section 5.
"""

import numpy as np
from keras import ops

from kerasgen.arguments import check_choice, check_int, check_number
from kerasgen.explore.convolutions import rows_of
from kerasgen.explore.feature_scores import FeatureScores
from kerasgen.explore.linear_probe import Probe, few_of_each, hold_out
from kerasgen.explore.passes import seeing
from kerasgen.explore.untrained import untrained
from kerasgen.images.values import to_float
from kerasgen.metrics.checks import check_images, check_same_size
from kerasgen.training.generative_model import GenerativeModel

GRID = 4  # rows and columns that activations are pooled to
COMPARED = ("random filters", "raw pixels")
REGULARIZATIONS = (0.1, 1.0, 10.0, 100.0)


def score_features(
    model,
    x,
    y,
    test_x,
    test_y,
    num_labeled=None,
    num_draws=5,
    part=None,
    compare=COMPARED,
    regularizations=REGULARIZATIONS,
    validation_share=0.2,
    trained_on=None,
    batch_size=128,
    seed=0,
):
    """Returns how well linear classifiers of a network's convolutions know classes.

    The activations of all convolutions are max-pooled to 4x4 places, flattened and
    joined, and a linear L2-SVM (scikit-learn's `LinearSVC`, one class against the
    others) is trained on them: the protocol that Radford et al. (2016,
    https://arxiv.org/abs/1511.06434, sections 5.1 and 5.2) use for the discriminator of
    a DCGAN. Beside it stand the same classifier of the same network with random
    weights, which its architecture alone is worth, and of the pixels.

    `C` is the one of `regularizations` that is right most often on images held out of
    the training images; with it the classifier is trained again on all of them. With
    few labels it is trained on `num_labeled` images of each class, drawn from those
    that are not held out, and `C` is the best one on average over the draws. Features
    are divided by their root mean square length, so that a `C` means the same for each
    kind.

    Args:
        model: GAN, autoencoder, or `keras.Model` of images in `[0, 1]`. One whose
            convolutions are told labels is told the first class for every image.
        x: `uint8` images or floats in `[0, 1]`, `(n, height, width, channels)`, to
            train classifiers on.
        y: ints `(n,)`, their classes.
        test_x, test_y: images and classes that classifiers are measured on.
        num_labeled: int, images of each class, for classifiers of few labels as well;
            or None.
        num_draws: int. How often few labels are drawn. Defaults to `5`.
        part: `"discriminator"`, `"encoder"`, or None for the first that there is.
        compare: tuple with some of `"random filters"` and `"raw pixels"`.
        regularizations: floats above 0, what `C` may be.
        validation_share: float. Part of the training images that is held out to choose
            `C`, at most 10,000 images. Defaults to `0.2`.
        trained_on: str or None. What the network was trained on, for the table.
        batch_size: int. Images a call of the network.
        seed: int. Of the choice of images and of the random weights.

    Returns:
        `FeatureScores`, which prints as a table: shares of test images.
    """
    x, test_x = check_images("x", x), check_images("test_x", test_x)
    check_same_size(x=x, test_x=test_x)
    y, test_y = _check_classes("y", y, x), _check_classes("test_y", test_y, test_x)
    check_int("seed", seed, 0)
    grid = [_check_regularization(c) for c in regularizations]
    for name in compare:
        check_choice("compare", name, COMPARED)
    generator = np.random.default_rng(seed)
    fitted, held_out = hold_out(y, validation_share, generator)
    draws = []
    if num_labeled is not None:
        check_int("num_labeled", num_labeled)
        check_int("num_draws", num_draws, 2)
        draws = [
            few_of_each(y, fitted, num_labeled, generator) for _ in range(num_draws)
        ]
    own = seeing(model, x, part)
    kinds = {f"{type(model).__name__}, trained": lambda: own}
    if "random filters" in compare:
        kinds["random filters"] = lambda: untrained(model, x, part, seed)
    if "raw pixels" in compare:
        kinds["raw pixels"] = lambda: None
    scores = []
    for name, make in kinds.items():
        network = make()
        train, test = (_features(network, a, batch_size) for a in (x, test_x))
        scale = np.sqrt(np.mean(np.sum(np.square(train), axis=1, dtype="float64")))
        for features in (train, test):
            features /= np.float32(scale)
        probe = Probe(name, train, y, test, test_y, held_out, grid, seed)
        scores.append(probe.with_all(fitted))
        if draws:
            scores.append(probe.with_few(draws, num_labeled))
    names = [stage.name for stage in own.stages]
    settings = {
        "network": f"{type(model).__name__}, {len(names)} convolutions, pooled to "
        f"{GRID}x{GRID}",
        "trained on": trained_on or "not known here",
        "classifier": "LinearSVC, L2, squared hinge, one class against the others",
        "training images": len(y),
        "held out of them to choose C": len(held_out),
        "test images": len(test_y),
        "seed": seed,
    }
    if own.is_told:
        settings["label that the network is told"] = "the first class, of all images"
    if isinstance(model, GenerativeModel):
        settings["updates of the network"] = int(model.steps)
    return FeatureScores(scores, settings)


def convolution_features(model, x, part=None, batch_size=128):
    """Returns the activations of all convolutions, pooled to 4x4 and joined.

    Maps are pooled by their maxima over 4 times 4 fields, which overlap where a side is
    no multiple of 4; maps of fewer places stay as they are. Images are run in batches.

    Args:
        model, x, part, batch_size: as in `score_features`.

    Returns:
        float32 array `(n, 16 * maps)`, the lowest convolution first.
    """
    return _features(seeing(model, x, part), check_images("x", x), batch_size)


def pooled(x, grid=GRID):
    """Returns maxima over fields of maps, `(batch, grid * grid * maps)`.

    Field `i` of a side of `n` places begins at `floor(i n / grid)` and ends before
    `ceil((i + 1) n / grid)`.

    Args:
        x: tensor `(batch, height, width, maps)`.
        grid: int.
    """
    for axis in (1, 2):
        side = x.shape[axis]
        count = min(grid, side)
        ends = [(i * side // count, -(-(i + 1) * side // count)) for i in range(count)]
        parts = [x[:, a:b] if axis == 1 else x[:, :, a:b] for a, b in ends]
        x = ops.stack([ops.max(part, axis=axis) for part in parts], axis=axis)
    return ops.reshape(x, (-1, x.shape[1] * x.shape[2] * x.shape[3]))


def _features(network, x, batch_size):
    """Returns the features of images by a `Pass`, or of None the pixels."""
    if network is None:
        return to_float(x).reshape(len(x), -1).copy()
    every = range(len(network.stages))

    def features(x):
        parts = [pooled(a) for a in network.activations([x], every)]
        return ops.cast(ops.concatenate(parts, axis=1), "float32")

    found, start = None, 0
    for rows in rows_of(network.model, features, [x], batch_size):
        if found is None:
            found = np.empty((len(x), rows.shape[1]), "float32")
        found[start : start + len(rows)] = rows
        start += len(rows)
    return found


def _check_classes(name, y, x):
    y = np.asarray(y)
    if y.shape != (len(x),) or y.dtype.kind not in "iu" or len(np.unique(y)) < 2:
        raise ValueError(
            f"`{name}` must be {len(x)} ints of two classes or more. "
            f"Received: {name} of shape {y.shape}, dtype {y.dtype}"
        )
    return y


def _check_regularization(value):
    if check_number("regularizations", value, 0.0) == 0.0:
        raise ValueError("`regularizations` must be above 0. Received: 0.0")
    return value
