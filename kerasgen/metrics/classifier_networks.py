"""Small classifiers that are trained here, for features of the data at hand.

Once trained, a classifier is kept in a file, so that it is the same one for all scores:
below `KERAS_HOME` (`~/.keras`), in `kerasgen/classifiers`.
"""

import hashlib
import json
from pathlib import Path

import keras
import numpy as np

import kerasgen.data
from kerasgen.arguments import check_int
from kerasgen.atomic_folder import replacing
from kerasgen.data.order import batches, fingerprint
from kerasgen.metrics.feature_networks import (
    SEED,
    FeatureNetwork,
    convolutional_layers,
    seeded_weights,
)
from kerasgen.metrics.kept_files import cache_folder

VERSION = 1  # of the network and its training: a change of either makes new files
LARGEST = 64  # pixels of a side
FEATURES = 128
SEEN = 1000  # examples that tell the data from others


def classifier_network(dataset, test=None, steps=1000, seed=SEED, folder=None):
    """Returns a `FeatureNetwork` of a classifier, trained once and then kept.

    Three pairs of convolutions and a layer of 128 units, which are the features, scaled
    to a mean square of 1 on training images; Adam from 1e-3 to 0 by half a cosine,
    batches of 128. Takes a minute or so on a CPU core for small images.

    Args:
        dataset: `kerasgen.data.Dataset` of labelled images, which it learns from.
        test: `kerasgen.data.Dataset` of others, or None: on it the accuracy is measured
            that scores state beside them.
        steps: int. Updates. Defaults to `1000`.
        seed: int. Of the weights and the order.
        folder: path of the folder of files; None for the one below `KERAS_HOME`.

    Raises:
        ValueError: if the data have no labels.
    """
    if dataset.num_classes is None or dataset.image_shape is None:
        raise ValueError(
            "`dataset` must be of labelled images. "
            f"Received: {dataset.name!r} with data of shape {dataset.data_shape}, "
            f"num_classes={dataset.num_classes}"
        )
    key = {
        "version": VERSION,
        "data": fingerprint(dataset.num_examples, lambda _: dataset.spread(SEEN)),
        "steps": check_int("steps", steps),
        "seed": check_int("seed", seed, 0),
        "keras": keras.version(),
        "backend": keras.backend.backend(),
    }
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:16]
    folder = cache_folder("classifiers") if folder is None else Path(folder)
    file = folder / f"{Path(str(dataset.name).replace(':', '-')).name}-{digest}.keras"
    model = _loaded(file)
    if model is None:
        model = train_classifier(dataset, steps, seed)
        with replacing(file) as temporary:
            model.save(temporary)
    facts = {"trained_on": f"{dataset.name}, {dataset.split}, {steps} updates"}
    network = FeatureNetwork(f"{dataset.name} classifier", model, facts)
    if test is not None:
        x, labels = test.spread(10_000)
        right = np.argmax(network(x)["logits"], axis=1) == labels
        network.facts["accuracy"] = float(right.mean())
        network.facts["accuracy_num_examples"] = len(right)
    return network


def _loaded(file):
    if not file.is_file():
        return None
    try:
        return keras.models.load_model(file)
    except (OSError, ValueError, KeyError, TypeError):  # cut off: trained anew
        return None


def train_classifier(dataset, steps, seed=SEED):
    """Returns a `keras.Model` from images to features and logits, just trained.

    Arguments and training are as in `classifier_network`, which keeps what it trains.
    """
    height, width, channels = dataset.image_shape
    scale = min(1.0, LARGEST / max(height, width))
    shape = (max(8, round(height * scale)), max(8, round(width * scale)), channels)
    inputs, features = convolutional_layers(shape, FEATURES)
    logits = keras.layers.Dense(dataset.num_classes, name="logits")(features)
    model = keras.Model(inputs, [features, logits])
    seeded_weights(model, seed)
    network = FeatureNetwork("classifier", model)
    learner = keras.Model(inputs, logits)
    learner.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(1e-3, steps)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    size = min(128, dataset.num_examples)
    data = kerasgen.data.Dataset(
        dataset.source,
        dataset.labels,
        size,
        num_classes=dataset.num_classes,
        field=dataset.fields,
        seed=seed,
    )
    for x, labels in batches(data, steps):
        learner.train_on_batch(network.prepare(x), labels)
    seen = network(dataset.spread(SEEN)[0])["features"].astype("float64")
    scale = 1.0 / max(float(np.sqrt(np.mean(seen**2))), 1e-12)
    scaled = keras.layers.Rescaling(scale, name="scaled")(features)
    return keras.Model(inputs, [scaled, logits])
