"""GANs whose discriminator tells classes, learned from images of which few have one."""

from keras import ops

from kerasgen.arguments import check_int
from kerasgen.families.partly_labeled import PartlyLabeled
from kerasgen.features import ClassLabel


class Classifying:
    """Mixin of `TwoPlayerModel`: classes are told, and not asked for.

    Images are generated without labels, so that `num_classes`, the classes that
    `sample` takes, is None, whereas `known_classes` is how many are told. A model calls
    `learn_classes`, and gives `class_logits`.

    Attributes:
        known_classes: int or None.
    """

    known_classes = None

    def learn_classes(self, known_classes):
        """Declares labels `0..known_classes - 1`, or -1; None for no labels at all."""
        if known_classes is not None:
            self.known_classes = check_int("known_classes", known_classes, 2)
            label = ClassLabel(known_classes, self.allows_unlabeled)
            self.set_fields(self.fields.x, label)

    def refuse_losses(self, *names):
        """Raises ValueError if one of these arguments of `TwoPlayerModel` is given."""
        defaults = {"loss": None, "label_smoothing": 0.0, "top_k": 1.0}
        for name in names:
            if getattr(self, name) != defaults[name]:
                raise ValueError(
                    f"`{name}` must be {defaults[name]}: the discriminator's loss is "
                    f"that of its classes. Received: {name}={getattr(self, name)!r}"
                )

    @property
    def allows_unlabeled(self):
        return self.known_classes is not None

    @property
    def takes_labels(self):
        """False: `call` makes images without labels."""
        return False

    cross_entropy = PartlyLabeled.cross_entropy

    def class_logits(self, x, training=False):
        """Returns the logits of the classes of images in `data_range`."""
        raise NotImplementedError

    def classify(self, x, batch_size=None, weights=None):
        """Returns the probabilities of the classes.

        Args:
            x: `uint8` images or floats in `[0, 1]`, `(n, height, width, channels)`.
            batch_size: int or None. Images a call.
            weights: `"average"`, `"raw"`, or None for the averages where kept.

        Returns:
            float32 array `(n, known_classes)`.
        """

        def classify(x):
            logits = ops.cast(self.class_logits(self.preprocess(x)), "float32")
            return ops.softmax(logits, axis=-1)

        x, _ = self.tidy(x)
        self.check_batch(x, labeled=False)
        return self.run_in_batches("classify", classify, [x], batch_size, weights)

    def averaged_networks(self):
        return [self.generator, self.discriminator]
