"""What every exploration needs of a model: its codes, its images, its prior."""

import inspect

import keras
import numpy as np

from kerasgen.arguments import (
    check_int,
    class_names,
    decoder_classes,
    label_numbers,
)
from kerasgen.families.latent_model import LatentModel
from kerasgen.images.text import class_texts

NUM_DRAWS = 4096  # codes that stand for a prior which is not in closed form


def check_model(model):
    """Raises unless a model turns vectors of `latent_dim` values into images."""
    method = getattr(model, "sample", None)
    takes_latents = method and "latents" in inspect.signature(method).parameters
    size = getattr(model, "latent_dim", None)
    vectors = isinstance(size, int) and getattr(model, "latent_shape", (size,)) == (
        size,
    )
    if not vectors or not (hasattr(model, "decode") or takes_latents):
        raise TypeError(
            "`model` must have codes of `latent_dim` values that it can decode, as a "
            f"LatentModel or an AdversarialModel has. Received: {_name(model)}"
        )
    if getattr(model, "condition_shape", None) is not None:
        raise TypeError(
            "`model` must not be conditional on images, only on classes. "
            f"Received: {_name(model)}"
        )


def check_encoder(model):
    """Raises unless a model turns images into such codes."""
    check_model(model)
    if not hasattr(model, "encode"):
        raise TypeError(
            "`model` must have an encoder where images are to be encoded; a GAN has "
            f"none, give codes to it. Received: {_name(model)}"
        )


def row_labels(model, labels, count):
    """Returns the labels of `count` rows as an int32 array, or None.

    Args:
        model: the model.
        labels: None, an int for all rows, or `count` ints.
        count: int.
    """
    classes = decoder_classes(model)
    if labels is None:
        if classes is not None:
            raise ValueError(
                "`labels` must be given for a model with "
                f"num_classes={classes}. Received: labels=None"
            )
        return None
    if classes is None:
        raise ValueError(
            "`labels` must be None for a model without `num_classes`. "
            f"Received: labels={labels!r}"
        )
    labels = np.asarray(label_numbers(labels, class_names(model)))
    if labels.shape not in ((), (count,)) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"`labels` must be an int or {count} ints. "
            f"Received: labels of shape {labels.shape}, dtype {labels.dtype}"
        )
    return np.broadcast_to(labels, (count,)).astype("int32")


def class_suffix(model, labels):
    """Returns what a title says of the class of all rows: nothing without one."""
    if labels is None or len(set(labels.tolist())) != 1:
        return ""
    return f", class {class_texts(labels[:1], class_names(model))[0]}"


def row_classes(model, labels):
    """Returns the names of the classes of rows, for their labels, or None."""
    return None if labels is None else class_texts(labels, class_names(model))


def encode(model, x, labels=None):
    """Returns the codes of images: means of posteriors, `(n, latent_dim)`."""
    check_encoder(model)
    return model.encode(x, labels=row_labels(model, labels, len(x)))


def as_codes(model, x, labels=None, name="x"):
    """Returns codes as they are, and the codes of images.

    Args:
        model: the model.
        x: codes `(n, latent_dim)`, or one, `(latent_dim,)`; or images `(n, height,
            width, channels)`, or one.
        labels: int or ints, of a conditional model's images.
        name: str. Name of the argument, for messages.

    Returns:
        float32 array `(n, latent_dim)`.
    """
    x = np.asarray(keras.ops.convert_to_numpy(x) if keras.ops.is_tensor(x) else x)
    if x.ndim and x.shape[-1] == model.latent_dim and x.ndim <= 2:
        if x.dtype.kind not in "fiu" or not np.isfinite(x).all():
            raise ValueError(
                f"`{name}` must hold finite numbers. Received: {name} of dtype "
                f"{x.dtype}, or with NaN or infinite values"
            )
        return np.atleast_2d(x).astype("float32")
    shape = _data_shape(model)
    if x.shape[-len(shape) :] == shape and x.ndim - len(shape) in (0, 1):
        return encode(model, x if x.ndim > len(shape) else x[None], labels)
    raise ValueError(
        f"`{name}` must be codes of shape (n, {model.latent_dim}) or images of shape "
        f"{('n', *shape)}. Received: {name} of shape {x.shape}"
    )


def decode(model, codes, labels=None):
    """Returns the images of codes, float32 in `[0, 1]`.

    Args:
        model: `LatentModel`, `AdversarialModel`, or what decodes as they do.
        codes: array `(rows, columns, latent_dim)`.
        labels: int32 array `(rows,)`, or None.

    Returns:
        array `(rows, columns, height, width, channels)`.
    """
    rows, columns, size = codes.shape
    z = np.asarray(codes, "float32").reshape(rows * columns, size)
    labels = None if labels is None else np.repeat(labels, columns)
    if hasattr(model, "decode"):
        images = model.decode(z, labels=labels)
    else:
        images = model.sample(len(z), labels=labels, seed=0, latents=z)
    return images.reshape(rows, columns, *images.shape[1:])


def draw_codes(model, count, seed):
    """Draws codes from the prior, `(count, latent_dim)`."""
    check_model(model)
    check_int("seed", seed, 0)
    return model.numpy_latents(np.random.default_rng(seed), count)


def prior_quantiles(model, probabilities):
    """Returns quantiles of each latent's prior, `(n, latent_dim)`.

    Exact for the standard normal and uniform priors. Of any other prior it is those
    of the normal distribution with the mean and standard deviation of 4096 codes drawn
    from it.

    Args:
        model: the model.
        probabilities: floats in `(0, 1)`, `(n,)`.
    """
    from scipy.special import ndtri

    check_model(model)
    p = np.asarray(probabilities, "float64")[:, None]
    known = getattr(model, "latent_distribution", None)
    if known is None and type(model).numpy_latents is LatentModel.numpy_latents:
        known = "normal"
    bounds = getattr(model, "latent_range", None)
    if bounds is not None:
        low, high = bounds
        mean, scaled = np.full(model.latent_dim, low), (high - low) * p
    elif known == "normal":
        mean, scaled = np.zeros(model.latent_dim), ndtri(p)
    else:
        z = draw_codes(model, NUM_DRAWS, seed=0).astype("float64")
        mean, scaled = z.mean(axis=0), z.std(axis=0) * ndtri(p)
    return (mean + scaled).astype("float32")


def prior_scale(model):
    """Returns the mean and the standard deviation of each latent's prior.

    As exact as `prior_quantiles`. A latent that never varies has deviation 1.

    Returns:
        two float32 arrays `(latent_dim,)`.
    """
    bounds = getattr(model, "latent_range", None)
    if bounds is not None:
        low, high = bounds
        mean = np.full(model.latent_dim, (low + high) / 2, "float32")
        return mean, np.full(model.latent_dim, (high - low) / 12**0.5, "float32")
    from scipy.special import ndtr

    mean, above = prior_quantiles(model, [0.5, ndtr(1.0)])
    return mean, np.where(above > mean, above - mean, np.float32(1))


def image_function(model):
    """Returns the function of codes and labels (or None) to images, of tensors.

    What it gives, in `[0, 1]`, can be differentiated with respect to codes.
    """
    check_model(model)
    if not hasattr(model, "decode"):
        return lambda z, labels: model(z if labels is None else (z, labels))
    if type(model).decode is not LatentModel.decode:
        raise TypeError(
            "`model` must decode without drawing pixels, so that images change "
            f"smoothly with codes. Received: {_name(model)}"
        )
    return model.generate


def check_dimensions(model, dimensions, name="dimensions"):
    """Raises unless `dimensions` name latents, each once; returns a list of ints."""
    found = [check_int(name, int_, 0) for int_ in np.atleast_1d(dimensions).tolist()]
    if not found or max(found) >= model.latent_dim or len(set(found)) < len(found):
        raise ValueError(
            f"`{name}` must be different ints in [0, {model.latent_dim - 1}]. "
            f"Received: {name}={dimensions!r}"
        )
    return found


def _data_shape(model):
    fields = getattr(model, "fields", None)
    return tuple(model.image_shape if fields is None else fields.shape)


def _name(model):
    return f"model of type {type(model).__name__}"
