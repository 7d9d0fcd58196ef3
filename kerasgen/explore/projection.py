"""Projection: the codes of given images, found by descent through the generator.

Creswell and Bharath, 2016, "Inverting the Generator of a Generative Adversarial
Network", https://arxiv.org/abs/1611.05644; with features and many starts, one of them
an encoder's, after Zhu et al., 2016, "Generative Visual Manipulation on the Natural
Image Manifold", https://arxiv.org/abs/1609.03552, section 4.1, who descend by L-BFGS.
"""

import numpy as np
from keras import ops

from kerasgen.arguments import check_int, check_number
from kerasgen.explore.codes import (
    check_encoder,
    decode,
    encode,
    image_function,
    prior_scale,
    row_classes,
    row_labels,
)
from kerasgen.explore.descent import ROWS, descend
from kerasgen.explore.result import Exploration
from kerasgen.images.text import as_label
from kerasgen.metrics.named_networks import feature_network


def project(
    model,
    x,
    labels=None,
    steps=200,
    restarts=4,
    learning_rate=0.1,
    start=None,
    pixel_weight=1.0,
    network=None,
    feature_weight=1.0,
    prior_weight=0.0,
    limit=None,
    seed=0,
    batch_size=None,
):
    """Finds codes whose images are like given ones: a row for each image.

    The generator stays as it is; Adam moves the codes alone, each by its own image's
    loss, from `restarts` starts, of which the best is kept. The loss of a code is

        pixel_weight * mean (x - G(z))^2
        + feature_weight * mean (F(x) - F(G(z)))^2
        + prior_weight * mean u^2

    with means over pixels, features and latents, where `u` is the code in deviations
    of the prior about its mean. Steps are in these deviations as well, and shrink to
    nothing by half a cosine. No code depends on the images beside it.

    Args:
        model: a model that decodes codes of `latent_dim` values.
        x: images `(n, height, width, channels)`, `uint8` or floats in `[0, 1]`, or
            other data that the model makes.
        labels: int or ints `(n,)`, for a conditional model.
        steps: int. Defaults to `200`.
        restarts: int. Starts of each image. Defaults to `4`.
        learning_rate: float. Of the first step. Defaults to `0.1`.
        start: where the first start is: `"encoder"` for the code of the model's own,
            a `LatentEncoder` for that of one that was fitted to it, or codes
            `(n, latent_dim)`; the others are drawn from the prior, as all are by None.
        pixel_weight: float. Defaults to `1.0`.
        network: network `F` of features, as in `kerasgen.metrics.feature_network`: a
            `FeatureNetwork`, an `Inception`, a `keras.Model` or the path of one; or
            None, for pixels alone. It sees images that are not rounded to `uint8`.
        feature_weight: float. Defaults to `1.0`; not used without `network`.
        prior_weight: float. Defaults to `0.0`.
        limit: float or None. Codes are kept within so many deviations of the prior's
            mean, latent by latent. Those of a uniform prior stay in its range anyway.
        seed: int. The same seed gives the same codes. Defaults to `0`.
        batch_size: int or None. Codes that descend together; it does not change them.
            None for 64.

    Returns:
        `Exploration` with two columns, the image and its projection, and between them
        what `start` gives, if anything; `codes` `(n, 1, latent_dim)`. `facts`:
        `"error"` `(n,)`, the mean squared error of pixels; `"loss"` `(n,)`, the least
        of the descent; `"losses"` `(n, restarts)`, the least of each start; `"curves"`
        `(n, restarts, steps + 1)`, the loss before each step and after the last.

    Raises:
        TypeError: if the model has no codes, or draws its images pixel by pixel.
    """
    generate = image_function(model)
    check_int("steps", steps)
    check_int("restarts", restarts)
    check_int("seed", seed, 0)
    check_number("learning_rate", learning_rate, 0.0)
    _check_weights(pixel_weight, network, feature_weight, prior_weight)
    x = model.tidy(x)[0]
    model.check_batch(x, labeled=False)
    labels = row_labels(model, labels, len(x))
    target = ops.convert_to_numpy(model.to_images(model.preprocess(x)))
    first = _first_codes(model, x, labels, start)
    center, scale = prior_scale(model)
    bounds = _bounds(model, center, scale, limit)
    codes = (_starts(model, first, len(x), restarts, seed) - center) / scale
    network = None if network is None else feature_network(network)
    given = [np.repeat(target, restarts, axis=0)]
    if network is not None:
        parts = [
            network.tensor_features(target[i : i + ROWS])
            for i in range(0, len(x), ROWS)
        ]
        features = np.concatenate([ops.convert_to_numpy(part) for part in parts])
        given.append(np.repeat(features, restarts, axis=0))
    if labels is not None:
        given.append(np.repeat(labels, restarts))

    def losses(u, target, *more):
        classes = None if labels is None else more[-1]
        images = generate(ops.add(center, ops.multiply(scale, u)), classes)
        found = prior_weight * _mean_square(u)
        found = found + pixel_weight * _mean_square(images - target)
        if network is not None:
            features = network.tensor_features(images)
            found = found + feature_weight * _mean_square(features - more[0])
        return found

    starts = np.clip(codes, *bounds).astype("float32")
    u, curves = descend(
        model, losses, starts, given, steps, learning_rate, bounds, batch_size
    )
    curves = curves.reshape(len(x), restarts, steps + 1)
    least, rows = curves.min(axis=2), np.arange(len(x))
    best = np.argmin(least, axis=1)
    codes = (center + scale * u).reshape(len(x), restarts, -1)[rows, best][:, None]
    images, columns = [target[:, None], decode(model, codes, labels)], ["projection"]
    if first is not None:
        images.insert(1, decode(model, first[:, None], labels))
        columns.insert(0, "start")
    difference = (images[-1] - images[0]).astype("float64").reshape(len(x), -1)
    facts = {
        "error": np.mean(difference**2, axis=1),
        "loss": least[rows, best],
        "losses": least,
        "curves": curves,
    }
    captions = [[""] * len(columns) + [as_label(error)] for error in facts["error"]]
    return Exploration(
        np.concatenate(images, axis=1),
        codes,
        facts,
        title=f"{type(model).__name__}: projections, with mean squared errors",
        row_labels=row_classes(model, labels),
        column_labels=["image", *columns],
        labels=sum(captions, []),
        fields=getattr(model, "fields", None),
    )


def _check_weights(pixel_weight, network, feature_weight, prior_weight):
    check_number("pixel_weight", pixel_weight, 0.0)
    check_number("feature_weight", feature_weight, 0.0)
    check_number("prior_weight", prior_weight, 0.0)
    if not pixel_weight and (network is None or not feature_weight):
        raise ValueError(
            "`pixel_weight` must be above 0, unless `network` and `feature_weight` are "
            f"given. Received: pixel_weight={pixel_weight}, network={network!r}, "
            f"feature_weight={feature_weight}"
        )


def _first_codes(model, x, labels, start):
    """Returns the codes `(n, latent_dim)` of the first start, or None."""
    if start is None:
        return None
    if isinstance(start, str):
        if start != "encoder":
            raise ValueError(
                "`start` must be 'encoder', a LatentEncoder, codes or None. "
                f"Received: start={start!r}"
            )
        check_encoder(model)
        return encode(model, x, labels)
    if hasattr(start, "encode"):
        start = start.encode(x)
    codes = np.asarray(start, "float32")
    if codes.shape != (len(x), model.latent_dim) or not np.isfinite(codes).all():
        raise ValueError(
            f"`start` must give finite codes of shape {(len(x), model.latent_dim)}. "
            f"Received: codes of shape {codes.shape}"
        )
    return codes


def _starts(model, first, count, restarts, seed):
    """Returns the starts of all images, `(count * restarts, latent_dim)`.

    Each start has a generator of its own, so that more of them change none.
    """
    starts = [
        model.numpy_latents(np.random.default_rng([seed, number]), count)
        for number in range(restarts)
    ]
    if first is not None:
        starts[0] = first
    return np.stack(starts, axis=1).reshape(count * restarts, -1)


def _bounds(model, center, scale, limit):
    """Returns `(low, high)` of codes in deviations of the prior, float32 arrays."""
    reach = np.inf if limit is None else check_number("limit", limit, 0.0)
    low, high = np.full_like(center, -reach), np.full_like(center, reach)
    if getattr(model, "latent_range", None) is not None:
        least, most = model.latent_range
        low = np.maximum(low, (least - center) / scale)
        high = np.minimum(high, (most - center) / scale)
    return low, high


def _mean_square(x):
    return ops.mean(ops.square(ops.reshape(x, (ops.shape(x)[0], -1))), axis=-1)
