"""Networks of features by the name that a user gives."""

import difflib
import os
from pathlib import Path

import keras

from kerasgen.losses.perceptual import caffe
from kerasgen.metrics.classifier_networks import classifier_network
from kerasgen.metrics.feature_networks import FeatureNetwork, random_network
from kerasgen.metrics.inception import Inception
from kerasgen.metrics.inception_weights import FILES, URL, local_weights

OF_DATA = ("auto", "classifier", "random")  # made for the data at hand
NAMES = (*OF_DATA, "inception")
# Of Keras, with the range of pixels that each takes; None: as in `caffe`.
APPLICATIONS = {
    "vgg16": ("VGG16", None),
    "resnet50": ("ResNet50", None),
    "mobilenet_v2": ("MobileNetV2", (-1.0, 1.0)),
    "efficientnet_v2_b0": ("EfficientNetV2B0", (0.0, 255.0)),
}
APPLICATION_SIDE = 224


def feature_network(name, train=None, test=None, weights=None, download=False):
    """Returns the network of features of a name.

    Args:
        name: str, one of
            - `"classifier"`: trained here on the labels of `train`, once, and kept;
            - `"random"`: convolutions of seeded random weights;
            - `"auto"`: the first for labelled data, else the second;
            - `"inception"`: that of the published scores, `kerasgen.metrics.Inception`;
            - `"mobilenet_v2"` or another of `APPLICATIONS`: of `keras.applications`;
            - the path of a `.keras` file;
            or a `keras.Model` or `FeatureNetwork` of one's own.
        train: `kerasgen.data.Dataset` of training images, for the first three.
        test: `kerasgen.data.Dataset` of others, on which a classifier is measured.
        weights: path of the weights of Inception, as there, or of a network of
            `keras.applications`. None for a file that was downloaded before.
        download: bool. Whether weights may be fetched. Defaults to `False`.

    Returns:
        `kerasgen.metrics.FeatureNetwork`, or `kerasgen.metrics.Inception`.
    """
    if isinstance(name, (FeatureNetwork, Inception)):
        return name
    if isinstance(name, keras.Model):
        return FeatureNetwork(name.name, name)
    if name == "inception":
        return _inception(weights, download)
    if name in APPLICATIONS:
        return _application(name, weights, download)
    if isinstance(name, os.PathLike) or str(name).endswith(".keras"):
        path = Path(name)
        if not path.is_file():
            raise ValueError(f"`network` must be a file. Received: network={name!r}")
        return FeatureNetwork(path.stem, keras.models.load_model(path))
    known = (*NAMES, *APPLICATIONS)
    if name not in known:
        near = difflib.get_close_matches(str(name), known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(
            f"`network` must be one of {known}, the path of a .keras file or a model."
            f"{hint} Received: network={name!r}"
        )
    if train is None or train.image_shape is None:
        raise ValueError(
            f"`train` must be a data set of images for network={name!r}. "
            f"Received: train={train!r}"
        )
    labelled = train.num_classes is not None
    if name == "classifier" or (name == "auto" and labelled):
        return classifier_network(train, test)
    height, width, channels = train.image_shape
    return random_network((max(height, 8), max(width, 8), channels))


def _inception(weights, download):
    if weights is None and not download:
        weights = local_weights()
        if weights is None:
            raise ValueError(
                "`weights` must be the path of the file of weights, unless `download` "
                f"is True: {FILES[0]}, published at {URL}. "
                "Received: network='inception', weights=None"
            )
    return Inception(weights)


def _application(name, weights, download):
    kind, value_range = APPLICATIONS[name]
    shape = (APPLICATION_SIDE, APPLICATION_SIDE, 3)
    if weights is None and not download:
        raise ValueError(
            "`weights` must be the path of the file of weights, unless `download` is "
            f"True. Received: network={name!r}, weights=None"
        )
    build = getattr(keras.applications, kind)
    try:
        network = build(
            include_top=False,
            pooling="avg",
            input_shape=shape,
            weights=weights or "imagenet",
        )
    except Exception as error:  # whatever a download fails with
        raise ValueError(
            "`weights` must be the path of the file of weights where it can't be "
            f"downloaded. Received: weights={weights!r}, network={name!r}: {error}"
        ) from error
    inputs = keras.Input(shape)
    x = inputs
    if value_range is None:  # mean colours taken off, channels turned round
        x = keras.layers.Lambda(caffe, output_shape=shape)(x)
        value_range = (0.0, 255.0)
    facts = {"trained_on": "ImageNet" if weights is None else str(weights)}
    return FeatureNetwork(name, keras.Model(inputs, network(x)), facts, value_range)
