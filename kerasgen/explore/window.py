"""Which maps of a generator draw a concept, and what it draws without them.

Radford, Metz and Chintala, 2016, https://arxiv.org/abs/1511.06434, section 6.3.2: how a
generator of bedrooms forgets to draw windows.
"""

import numpy as np

from kerasgen.arguments import check_int
from kerasgen.explore.codes import draw_codes
from kerasgen.explore.convolutions import rows_of
from kerasgen.explore.passes import drawing
from kerasgen.explore.result import Exploration
from kerasgen.metrics.means import mean_figures


def drop_concept(
    model,
    detector,
    concept="concept",
    layer=-2,
    label=None,
    most=None,
    num_fitted=150,
    num_measured=200,
    num_random=5,
    num_shown=8,
    seed=0,
    batch_size=64,
    judge=None,
):
    """Draws images without the maps that draw a concept, beside random maps.

    A logistic regression tells the activations at places inside the concept's boxes
    from as many at random places outside of them in the same images (Radford et al.,
    2016, https://arxiv.org/abs/1511.06434, section 6.3.2). The maps of positive weight
    are set to 0 everywhere, and other latents are drawn with and without them, and
    without as many random maps. (The paper's authors drew boxes by hand; here a
    detector says what is inside, and whether the concept is there at all.)

    Args:
        model: a GAN or an autoencoder, whose images are drawn by convolutions.
        detector: function of images `(n, height, width, channels)` that returns how
            likely each place is inside of the concept, `(n, rows, columns)`, such as a
            `ConceptDetector`. It marks where the concept is for the regression. A
            concept is present where one place is above 0.5.
        concept: str. Its name, for the picture.
        layer: int or str. The convolution, by its place or name. Defaults to `-2`, the
            second highest, as in the paper.
        label: int, the class that a conditional model draws.
        most: int or None. Only so many maps, those of the largest weights.
        num_fitted: int. Images for the regression. Defaults to `150`, the paper's.
        num_measured: int. Others, that presence is measured on.
        num_random: int. Draws of random maps.
        num_shown: int. Images of the picture.
        seed: int. Of latents, places and maps.
        batch_size: int. Images a call.
        judge: function as `detector`, which says whether the concept is there in the
            images that are measured: one that was trained by itself, on other images,
            as maps chosen by what one detector answers to may be those that it alone
            answers to. None for `detector`.

    Returns:
        `Exploration` of three rows: as drawn, without the concept's maps, and without
        random ones. `facts`: `"presence"`, `"presence_standard_error"` and `"change"`,
        `(3,)`: shares of images where the concept is present, over all draws of random
        maps, and the root mean square change of pixels; `"random_presence"`
        `(num_random,)`; `"weights"` `(maps,)`; `"dropped"`, the numbers of the maps;
        `"accuracy"` of the regression on its own places; `"num_measured"`;
        `"marked_presence"` `(3,)`, the shares as `detector` itself sees them.

    Raises:
        ValueError: if the detector finds the concept nowhere, or everywhere.
    """
    sizes = {"num_fitted": num_fitted, "num_measured": num_measured}
    for name, value in (sizes | {"num_random": num_random}).items():
        check_int(name, value, 2)
    check_int("num_shown", num_shown, 1, num_measured)
    network = drawing(model, label)
    stage = network.choose(layer)
    maps = network.stages[stage].shape[-1]
    check_int("seed", seed, 0)
    codes = draw_codes(model, num_fitted + num_measured, seed)
    generator = np.random.default_rng([seed, 1])
    fitted, measured = codes[:num_fitted], codes[num_fitted:]
    weights, accuracy = _regression(
        network, fitted, stage, detector, generator, batch_size
    )
    order = np.argsort(-weights)
    count = int((weights > 0).sum())
    count = count if most is None else min(count, check_int("most", most))
    keeps = [np.ones(maps, "float32")]
    keeps.append(_without(order[:count], maps))
    for _ in range(num_random):
        keeps.append(_without(generator.permutation(maps)[:count], maps))
    images = _drawn(network, stage, measured, keeps, batch_size)
    marked = _presence(detector, images)
    present = marked if judge is None else _presence(judge, images)
    return _result(
        model,
        images,
        codes=measured[:num_shown],
        title=f"{type(model).__name__}, {network.stages[stage].name}: {count} of "
        f"{maps} maps dropped",
        rows=[f"as drawn: {concept} in", "without its maps:", "without random ones:"],
        present=present,
        facts={
            "weights": weights,
            "dropped": np.sort(order[:count]),
            "accuracy": accuracy,
            "num_measured": num_measured,
            "marked_presence": np.array([share.mean() for share in _sets(marked)]),
        },
    )


def _regression(network, codes, stage, detector, generator, batch_size):
    """Returns the weights of maps, and how often the regression is right."""
    from sklearn.linear_model import LogisticRegression

    def both(z):
        activations, images = network.activations([z], [stage], outputs=True)
        return [activations, images]

    parts = list(rows_of(network.model, both, [codes], batch_size))
    activations, images = (np.concatenate(p) for p in zip(*parts, strict=True))
    inside = _resized(np.asarray(detector(images)) > 0.5, activations.shape[1:3])
    within, outside = [], []
    for maps, places in zip(activations, inside, strict=True):
        here, there = maps[places], maps[~places]
        count = min(len(here), len(there))
        within.append(generator.permutation(here)[:count])
        outside.append(generator.permutation(there)[:count])
    features = np.concatenate([*within, *outside]).astype("float64")
    if not len(features):
        raise ValueError(
            "`detector` must find the concept somewhere in the model's images, but not "
            f"everywhere. Received: {inside.mean():.1%} of all places inside"
        )
    features /= max(np.sqrt(np.mean(features**2)), 1e-12)
    targets = np.repeat([1, 0], len(features) // 2)
    found = LogisticRegression(max_iter=2000).fit(features, targets)
    return found.coef_[0], float(found.score(features, targets))


def _resized(mask, shape):
    """Returns bools of a grid at the places of another, nearest centre."""
    rows, columns = (
        ((np.arange(count) + 0.5) * side / count).astype(int)
        for count, side in zip(shape, mask.shape[1:], strict=True)
    )
    return mask[:, rows][:, :, columns]


def _without(numbers, maps):
    keep = np.ones(maps, "float32")
    keep[numbers] = 0.0
    return keep


def _drawn(network, stage, codes, keeps, batch_size):
    """Returns images of codes with each set of maps, `(sets, n, ...)`."""
    rows = [np.tile(codes, (len(keeps), 1)), np.repeat(keeps, len(codes), axis=0)]

    def draw(z, keep):
        return network.outputs([z], stage, keep)

    found = np.concatenate(list(rows_of(network.model, draw, rows, batch_size)))
    return found.reshape(len(keeps), len(codes), *found.shape[1:])


def _presence(detector, images):
    """Returns whether the concept is in images, `(sets, n)`."""
    found = [np.asarray(detector(part)) for part in images]
    return np.array([part.max(axis=(1, 2)) > 0.5 for part in found])


def _sets(present):
    """Returns the shares of each image: as drawn, without the concept, at random."""
    return [present[0], present[1], present[2:].mean(axis=0)]


def _result(model, images, codes, title, rows, present, facts):
    figures = [mean_figures("share", share) for share in _sets(present)]
    changes = np.sqrt(np.mean((images - images[:1]) ** 2, axis=(1, 2, 3, 4)))
    presence = np.array([f["share"] for f in figures])
    facts |= {
        "presence": presence,
        "presence_standard_error": np.array(
            [f["share_standard_error"] for f in figures]
        ),
        "random_presence": present[2:].mean(axis=1),
        "change": np.array([0.0, changes[1], changes[2:].mean()]),
    }
    return Exploration(
        images[:3, : len(codes)],
        np.tile(codes, (3, 1, 1)),
        facts,
        title=title,
        row_labels=[
            f"{row} {share:.0%}" for row, share in zip(rows, presence, strict=True)
        ],
        fields=getattr(model, "fields", None),
    )
