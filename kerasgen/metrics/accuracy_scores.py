"""Classification accuracy scores: what a classifier learns from samples.

- Ravuri and Vinyals, 2019, "Classification Accuracy Score for Conditional Generative
  Models", https://arxiv.org/abs/1905.10887: train on samples, test on real images.
- Shmelkov, Schmid and Alahari, 2018, "How good is my GAN?",
  https://arxiv.org/abs/1807.09499, which calls this GAN-train, and GAN-test the
  reverse: train on real images, test on samples.

The first falls where samples lack variety or are of other classes than asked for; the
second where they do not look like their class, and a collapsed generator may have 1.

Differs from the papers: the small convolutional classifier of
`kerasgen.metrics.feature_network("classifier")`, in place of a ResNet-50 (or others),
and as many samples as real images, which are few: compare with the same classifier
trained on as many real images, which is measured beside.
"""

import numpy as np

from kerasgen.arguments import check_int
from kerasgen.data import Dataset
from kerasgen.metrics.checks import check_images, check_same_size
from kerasgen.metrics.classifier_networks import train_classifier
from kerasgen.metrics.feature_networks import SEED, FeatureNetwork
from kerasgen.metrics.means import mean_figures


def classification_accuracy(
    samples,
    sample_labels,
    train,
    train_labels,
    test,
    test_labels,
    num_classes=None,
    steps=500,
    seed=SEED,
):
    """Returns how often classifiers are right that learn from samples, or see them.

    Two classifiers are trained, on the samples and on as many real images, by one seed
    and one number of updates: half a minute each for 28x28 pixels on a CPU core.

    Args:
        samples: images `(n, height, width, channels)`, `uint8` or floats in `[0, 1]`.
        sample_labels: ints `(n,)`, the classes that the model was asked for.
        train, train_labels: as many real images, `n`, with their classes: those that
            the model was trained on.
        test, test_labels: other real images, `(m, height, width, channels)`, and
            classes.
        num_classes: int, or None for the largest label plus one.
        steps: int. Updates of each classifier, of up to 128 images. Defaults to `500`.
        seed: int. Of the weights and of the order.

    Returns:
        dict, each with its number of examples and standard error over them:
        - `accuracy_trained_on_samples`: trained on samples, tested on `test`;
        - `accuracy_trained_on_real`: trained on `train`, tested on `test`, what the
          first is compared with;
        - `accuracy_tested_on_samples`: trained on `train`, tested on samples.

    Reference: Ravuri and Vinyals, 2019, section 3; Shmelkov et al., 2018, section 3.
    """
    check_int("steps", steps)
    sets = {
        "samples": _checked("samples", samples, sample_labels),
        "train": _checked("train", train, train_labels),
        "test": _checked("test", test, test_labels),
    }
    check_same_size(**{name: x for name, (x, _) in sets.items()})
    if len(sets["samples"][0]) != len(sets["train"][0]):
        raise ValueError(
            "`train` must be as many images as `samples`. Received: "
            f"{len(sets['train'][0])} and {len(sets['samples'][0])} images"
        )
    least = 1 + max(int(labels.max()) for _, labels in sets.values())
    num_classes = max(least, 2) if num_classes is None else num_classes
    check_int("num_classes", num_classes, least)

    def learned(name):
        x, labels = sets[name]
        data = Dataset(x, labels, min(128, len(x)), num_classes=num_classes, name=name)
        return FeatureNetwork(name, train_classifier(data, steps, seed))

    def right(network, name):
        x, labels = sets[name]
        return np.argmax(network(x)["logits"], axis=1) == labels

    of_samples, of_real = learned("samples"), learned("train")
    found = {
        "accuracy_trained_on_samples": right(of_samples, "test"),
        "accuracy_trained_on_real": right(of_real, "test"),
        "accuracy_tested_on_samples": right(of_real, "samples"),
    }
    figures = {}
    for name, values in found.items():
        figures |= mean_figures(name, values)
    return figures


def _checked(name, x, labels):
    x, labels = check_images(name, x), np.asarray(labels)
    if (
        labels.shape != (len(x),)
        or labels.dtype.kind not in "iu"
        or int(labels.min()) < 0
    ):
        raise ValueError(
            f"the labels of `{name}` must be {len(x)} ints from 0 on. "
            f"Received: labels of shape {labels.shape}, dtype {labels.dtype}"
        )
    return x, labels
