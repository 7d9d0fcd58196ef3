"""What models share that learn from few labels and many images without."""

import numpy as np
from keras import ops

from kerasgen.losses.likelihoods import categorical_log_prob


class PartlyLabeled:
    """Mixin of a `LatentModel`: the label -1 stands for none, and is inferred.

    A model gives `class_logits`. Where it does not infer labels (`infers_labels`), all
    is as in `LatentModel`.
    """

    allows_unlabeled = infers_labels = True

    @property
    def takes_labels(self):
        return super().takes_labels and not self.infers_labels

    def class_logits(self, x, training=False):
        """Returns the logits of `q(y|x)` of images in `data_range`."""
        raise NotImplementedError

    def complete_labels(self, x, labels=None):
        """Returns labels with the most probable class in the place of each -1.

        Args:
            x: float tensor of images in `data_range`.
            labels: int tensor `(batch,)`, or None for none.
        """
        best = ops.cast(ops.argmax(self.class_logits(x), axis=-1), "int32")
        if labels is None:
            return best
        labels = ops.cast(labels, "int32")
        return ops.where(labels < 0, best, labels)

    def cross_entropy(self, logits, labels):
        """Returns `-E log q(y|x)` over the images with a label, in nats; 0 for none.

        Args:
            logits: float tensor `(batch, num_classes)`.
            labels: int tensor `(batch,)`, -1 for none.
        """
        known = ops.cast(labels >= 0, "float32")
        classes = ops.maximum(ops.cast(labels, "int32"), 0)
        nats = -known * categorical_log_prob(classes, logits)
        return ops.sum(nats) / ops.maximum(ops.sum(known), 1.0)

    def call(self, inputs, training=False):
        if not self.infers_labels:
            return super().call(inputs, training)
        x, labels = inputs if isinstance(inputs, (tuple, list)) else (inputs, None)
        x = self.preprocess(x)
        labels = self.complete_labels(x, labels)
        return self.generate(self.infer(x, labels), labels)

    # === On arrays ===

    def classify(self, x, batch_size=None, weights=None):
        """Returns the probabilities of the classes, `q(y|x)`.

        Args:
            x: `uint8` images or floats in `[0, 1]`, `(n, height, width, channels)`.
            batch_size: int or None. Images a call.
            weights: `"average"`, `"raw"`, or None for the averages where kept.

        Returns:
            float32 array `(n, num_classes)`.
        """
        if not self.infers_labels:
            raise ValueError(
                "`classify` must be called on a model that infers labels. "
                f"Received: a {type(self).__name__} that does not"
            )

        def classify(x, labels):
            return ops.softmax(self.class_logits(self.preprocess(x)), axis=-1)

        arrays = self.image_arrays(x)
        return self.run_in_batches("classify", classify, arrays, batch_size, weights)

    def reconstruct(self, x, labels=None, batch_size=None, weights=None):
        """Returns the reconstructions of images, with their labels or inferred ones."""
        if not self.infers_labels:
            return super().reconstruct(x, labels, batch_size, weights)
        arrays = self.image_arrays(x, labels)
        return self.run_in_batches(
            "reconstruct", lambda *pair: self(pair), arrays, batch_size, weights
        )

    def image_arrays(self, x, labels=None):
        """Returns checked `[images, labels]`, with -1 for the labels not given."""
        if not self.infers_labels:
            return super().image_arrays(x, labels)
        x, labels = self.tidy(x, labels)
        labels = np.full(len(x), -1) if labels is None else labels
        self.check_batch(x, labels)
        x, _ = super().image_arrays(x, np.maximum(labels, 0))
        return [x, labels.astype("int32")]
