"""Samples of a conditional model against the classes that they were asked for."""

import numpy as np

from kerasgen import images


class PixelClassifier:
    """A support vector machine on pixels, trained on real images.

    With the radial kernel and the settings of scikit-learn's `SVC`; it takes images as
    vectors. About 1 % of handwritten digits are beyond it.

    Args:
        x: images, `uint8` or float in `[0, 1]`, `(n, height, width, channels)`.
        labels: ints `(n,)`.

    Reference: Cortes and Vapnik, 1995, "Support-vector networks".
    """

    def __init__(self, x, labels):
        from sklearn.svm import SVC

        labels = np.asarray(labels)
        if labels.shape != (len(x),) or len(np.unique(labels)) < 2:
            raise ValueError(
                "`labels` must be one for each image, of two classes or more. "
                f"Received: {len(x)} images, labels of shape {labels.shape}, classes "
                f"{np.unique(labels).tolist()}"
            )
        self._machine = SVC().fit(_vectors(x), labels)

    def predict(self, x):
        """Returns the classes of images, ints `(n,)`."""
        return self._machine.predict(_vectors(x))


def within_class_variance(x, labels):
    """Returns the mean variance of a pixel among the images of a class.

    Of samples, over that of real images: 0 where a model draws one image a class, about
    1 where it draws as many kinds as there are.

    Args:
        x: images, `uint8` or float in `[0, 1]`, `(n, height, width, channels)`.
        labels: ints `(n,)`, at least two of each class.

    Returns:
        float, the mean over pixels and over classes.
    """
    x, labels = _vectors(x), np.asarray(labels)
    classes, counts = np.unique(labels, return_counts=True)
    if labels.shape != (len(x),) or counts.min() < 2:
        raise ValueError(
            "`labels` must be one for each image, two or more of each class. "
            f"Received: {len(x)} images, {counts.tolist()} of classes {classes}"
        )
    return float(np.mean([x[labels == k].var(axis=0, ddof=1).mean() for k in classes]))


def _vectors(x):
    x = images.to_float(x)
    return x.reshape(len(x), -1)
