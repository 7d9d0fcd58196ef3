"""Ways through models: from images to what looks at them, from codes to images."""

import keras
import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.arguments import check_choice
from kerasgen.explore.codes import check_model, row_labels
from kerasgen.explore.convolutions import Pass
from kerasgen.images.values import to_float
from kerasgen.metrics.checks import check_images
from kerasgen.training import averages
from kerasgen.training.generative_model import GenerativeModel

# How the networks that look at images are run, or called, by model.
METHODS = ("discriminate", "criticise")
NETWORKS = ("discriminator", "critic", "trunk", "encoder")
PARTS = ("discriminator", "encoder")


def seeing(model, x, part=None):
    """Returns the `Pass` of images through the network of a model that looks at them.

    A network that is told labels is told the first class for every image, so that its
    activations say nothing of an image's own label.

    Args:
        model: GAN, autoencoder, or `keras.Model` of images in `[0, 1]`.
        x: images, of which the first is run.
        part: `"discriminator"`, `"encoder"`, or None for the first that there is.

    Raises:
        TypeError: if it has none that takes images alone, or none with convolutions.
    """
    x = to_float(check_images("x", x)[:1])
    if not isinstance(model, GenerativeModel):
        if not isinstance(model, keras.Model):
            raise _refusal("be a GAN, an autoencoder or a keras.Model", model)
        return _checked(Pass(model, lambda x: model(x, training=False), [x]))
    check_choice("part", part, (None, *PARTS))
    shape = getattr(model, "image_shape", None)
    if model.fields.is_named or model.condition_shape is not None or shape is None:
        raise _refusal("look at images alone", model)
    if x.shape[1:] != shape:
        raise ValueError(
            f"`x` must hold images of shape {shape}. Received: x of shape {x.shape}"
        )
    model.sync()
    found = _checked(Pass(model, _run_of(model, part, 0), [x]))
    found.is_told = model.num_classes is not None and _differ(
        found, Pass(model, _run_of(model, part, 1), [x]), x
    )
    return found


def _differ(one, other, x):
    """Returns whether the convolutions of two passes answer differently."""
    every, x = range(len(one.stages)), [ops.convert_to_tensor(x)]
    pairs = zip(one.activations(x, every), other.activations(x, every), strict=True)
    return any(backend.to_numpy(a != b).any() for a, b in pairs)


def _checked(found):
    if not found.stages:
        raise _refusal("look at images by convolutions", found.model)
    return found


def _refusal(rule, model):
    name = type(model).__name__
    return TypeError(f"`model` must {rule}. Received: model of type {name}")


def _run_of(model, part, label):
    """Returns a function of images that runs what looks at them."""

    def told(x, classes):
        if classes is None:
            return None
        return ops.full((ops.shape(x)[0],), label, dtype="int32")

    looking = _looking(model, part)
    if looking is None:
        kinds = {None: "a network", "discriminator": "a discriminator"}
        kind = kinds.get(part, "an encoder")
        raise _refusal(f"have {kind} that looks at images", model)

    def run(x):
        with averages.scope(model, None):
            return looking(model.preprocess(x), lambda classes: told(x, classes))

    return run


def _looking(model, part):
    """Returns a function of a batch, and of what makes labels for classes, or None."""
    methods = [name for name in METHODS if hasattr(model, name)]
    if part != "encoder" and methods:
        method = getattr(model, methods[0])
        return lambda x, told: method(x, told(model.num_classes), False)
    if part != "discriminator" and hasattr(model, "infer"):
        classes = getattr(model, "encoder_classes", None)
        return lambda x, told: model.infer(x, told(classes))
    for name in NETWORKS:
        network = getattr(model, name, None)
        wanted = part is None or (name == "encoder") == (part == "encoder")
        if wanted and isinstance(network, keras.Model):
            return lambda x, told, network=network: network(x, training=False)
    return None


def drawing(model, label=None):
    """Returns the `Pass` of codes to the images, in `[0, 1]`, that a model draws.

    Args:
        model: a model that decodes codes of `latent_dim` values.
        label: int, the class of all images of a conditional model; or None.
    """
    check_model(model)
    labels = row_labels(model, label, 1)
    model.sync()

    def run(z):
        told = [] if labels is None else [ops.full((ops.shape(z)[0],), int(labels[0]))]
        with averages.scope(model, None):
            if hasattr(model, "decode"):
                return model.generate(z, *told)
            return model.to_images(model.generate(z, *told, training=False))

    codes = model.numpy_latents(np.random.default_rng(0), 1)
    found = Pass(model, run, [codes])
    if len(found.stages) < 2:
        raise _refusal("draw images by two convolutions or more", model)
    return found
