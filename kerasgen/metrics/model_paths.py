"""The perceptual path length of a model, between latents of its own prior."""

import inspect

import numpy as np

from kerasgen.arguments import check_int, decoder_classes, resolve_labels
from kerasgen.families.adversarial_model import AdversarialModel
from kerasgen.families.latent_model import LatentModel
from kerasgen.images.values import to_float
from kerasgen.metrics.path_length import perceptual_path_length

_PRIORS = (LatentModel.numpy_latents, AdversarialModel.numpy_latents)
_EPSILON = 1e-4


def model_path_length(
    model, network=None, num_samples=1000, labels=None, seed=0, batch_size=64
):
    """Returns the perceptual path length of a model's images.

    Ways are on arcs where latents are standard normal, else straight; both ends of a
    way have one class, and one value of each categorical code of an InfoGAN.

    Args:
        model: model of images that it makes of vectors of `latent_dim` values and of
            nothing else that is drawn.
        network: `kerasgen.metrics.FeatureNetwork`, or None for pixels. The distance of
            two images is the mean of the squared differences of their features, or of
            their pixels in `[0, 1]`; images are not rounded.
        num_samples: int. Ways. Defaults to `1000`.
        labels: ints `(num_samples,)`, classes of a conditional model; None draws them.
        seed: int.
        batch_size: int. Ways at once. Defaults to `64`.

    Returns:
        dict, as `kerasgen.metrics.perceptual_path_length`.

    Raises:
        TypeError: if the model is none of these.
    """
    if not has_paths(model):
        raise TypeError(
            "`model` must make images, in float32, of vectors of latents alone. "
            f"Received: {type(model).__name__}"
        )
    check_int("num_samples", num_samples)
    generator = np.random.default_rng([check_int("seed", seed, 0), 2])
    ends = [model.numpy_latents(generator, num_samples) for _ in range(2)]
    codes = getattr(model, "latent_codes", None)
    if codes is not None:
        starts, others = (codes.split(z)[0] for z in ends)
        for start, end in zip(starts, others, strict=True):
            end[:] = start
    classes = decoder_classes(model)
    if classes is not None:
        labels = resolve_labels(labels, num_samples, classes, generator)
    normal = getattr(model, "latent_range", None) is None
    normal = normal and type(model).numpy_latents in _PRIORS

    def generate(z, labels=None):
        z = z.astype("float32")
        if isinstance(model, LatentModel):
            return model.decode(z, labels)
        return model.sample(len(z), labels, seed=0, latents=z)

    def distance(first, second):
        if network is not None:
            first, second = network.unrounded(first), network.unrounded(second)
        first, second = (to_float(x).reshape(len(x), -1) for x in (first, second))
        return np.mean(np.square(first.astype("float64") - second), axis=1)

    return perceptual_path_length(
        generate,
        distance,
        tuple(ends),
        interpolation="spherical" if normal else "linear",
        epsilon=_EPSILON,
        batch_size=batch_size,
        seed=seed,
        labels=labels if classes is not None else None,
    )


def has_paths(model):
    """Returns whether `model_path_length` can be had of a model."""
    if not isinstance(model, (LatentModel, AdversarialModel)):
        return False
    decode = getattr(model, "decode", None)
    drawn = decode is not None and "seed" in inspect.signature(decode).parameters
    vectors = getattr(model, "latent_shape", (model.latent_dim,))
    return (
        len(vectors) == 1
        and not drawn
        and model.condition_shape is None
        and getattr(model, "given", None) is None  # a part of the images
        and model.compute_dtype == "float32"
    )
