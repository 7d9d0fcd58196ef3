"""What an encoder learned without labels is worth to a classifier with few."""

import keras
import numpy as np

from kerasgen import backend
from kerasgen.arguments import check_int, check_number
from kerasgen.data.dataset import Dataset
from kerasgen.data.unlabeled import hide_labels


def pretrain_classifier(
    model,
    x,
    y,
    test_x,
    test_y,
    num_labeled=100,
    num_seeds=5,
    epochs=50,
    batch_size=32,
    learning_rate=1e-3,
    trainable_encoder=True,
    seed=0,
):
    """Returns test errors of classifiers that start from an encoder, and from scratch.

    Both are the same network, `model.classifier(...)`, trained by Adam on the same few
    images in the same order, equally long (Erhan et al., 2010, "Why Does Unsupervised
    Pre-training Help Deep Learning?", https://jmlr.org/papers/v11/erhan10a.html). Each
    seed keeps other labels and draws other weights to start from. The test images must
    not have trained the model, or the comparison is with what it has seen.

    Args:
        model: a trained `LatentModel` without labels.
        x: `uint8` images or floats in `[0, 1]`, `(n, height, width, channels)`.
        y: ints `(n,)`, their labels, of which few are read.
        test_x, test_y: images and labels to measure errors on.
        num_labeled: int. Labels kept, evenly of all classes. Defaults to `100`.
        num_seeds: int. Repetitions. Defaults to `5`.
        epochs: int. Passes over the labelled images. Defaults to `50`.
        batch_size: int. Images a step, at most. Defaults to `32`.
        learning_rate: float. Of Adam. A large one forgets the encoder.
        trainable_encoder: bool. False trains the linear head alone, on the encoder's
            codes and on those of a random one.
        seed: int. The first seed. Defaults to `0`.

    Returns:
        dict of float64 arrays `(num_seeds,)`, shares of test images: `"pretrained"` and
        `"scratch"`.
    """
    if not hasattr(model, "classifier"):
        raise TypeError(
            "`model` must be a LatentModel, whose encoder gives codes. "
            f"Received: model of type {type(model).__name__}"
        )
    x, y, test_y = np.asarray(x), np.asarray(y), np.asarray(test_y)
    for name, value in {"num_seeds": num_seeds, "epochs": epochs}.items():
        check_int(name, value)
    check_int("batch_size", batch_size)
    check_int("seed", seed, 0)
    check_number("learning_rate", learning_rate, 0.0)
    classes = int(y.max()) + 1
    classifier = model.classifier(classes, trainable_encoder=trainable_encoder)
    classifier.compile(
        keras.optimizers.Adam(learning_rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    classifier.optimizer.build(classifier.trainable_variables)
    slots = [backend.to_numpy(v) for v in classifier.optimizer.variables]
    starts = {"pretrained": classifier.get_weights()}
    errors = {"pretrained": [], "scratch": []}
    for number in range(seed, seed + num_seeds):
        kept = np.flatnonzero(hide_labels(y, num_labeled, number) >= 0)
        starts["scratch"] = _fresh_weights(classifier, starts["pretrained"], number)
        for kind, start in starts.items():
            # The same model again, so that nothing is compiled anew.
            classifier.set_weights(start)
            for variable, value in zip(
                classifier.optimizer.variables, slots, strict=True
            ):
                variable.assign(value)
            batches = Dataset(x[kept], y[kept], min(batch_size, len(kept)), number)
            classifier.fit(batches, epochs=epochs, shuffle=False, verbose=0)
            logits = classifier.predict(np.asarray(test_x), verbose=0)
            errors[kind].append(np.mean(logits.argmax(axis=-1) != test_y))
    return {kind: np.array(values, "float64") for kind, values in errors.items()}


def _fresh_weights(classifier, weights, seed):
    """Returns `weights` with those of the encoder drawn anew, as before its training.

    Every layer's initializers draw them, with seeds that follow from `seed`.
    """
    config = {**classifier.get_config(), "name": None}
    fresh = type(classifier).from_config(config).encoding_networks()
    layers = [
        layer
        for net in fresh
        for layer in (net.layers if hasattr(net, "layers") else net._flatten_layers())
    ]
    for number, layer in enumerate(layers):
        if hasattr(layer, "kernel_initializer"):
            initializer = layer.kernel_initializer
            config = {**initializer.get_config(), "seed": 1000 * seed + number}
            draw = type(initializer).from_config(config)
            layer.kernel.assign(draw(layer.kernel.shape))
    classifier.set_weights(weights)  # the head's, too
    for own, drawn in zip(classifier.encoding_networks(), fresh, strict=True):
        own.set_weights(drawn.get_weights())
    drawn = classifier.get_weights()
    classifier.set_weights(weights)
    return drawn
