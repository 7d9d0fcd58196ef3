"""GANs whose labels enter by normalisation into one player, by projection in the other.

Miyato and Koyama, 2018, "cGANs with Projection Discriminator",
https://arxiv.org/abs/1802.05637.
"""

import keras
from keras import ops

from kerasgen.families.adversarial import TwoPlayerModel


class ProjectedModel(TwoPlayerModel):
    """Base class of two-player GANs whose networks take labels beside their input.

    Their discriminators are normalised spectrally: both kinds of images are judged as
    one batch, with one power iteration an update. A model builds `self.generator` and
    `self.discriminator` of one input, or with `num_classes` of two, the second being
    `label_input()`.
    """

    judges_together = True
    paper_loss = "hinge"

    def label_input(self):
        """Returns the networks' symbolic labels, int `(batch,)`, or None without."""
        if self.num_classes is None:
            return None
        return keras.Input((), dtype="int32", name="labels")

    def generate(self, z, labels=None, training=False):
        return self.generator(self._with_labels(z, labels), training=training)

    def discriminate(self, x, labels, training):
        return self.discriminator(self._with_labels(x, labels), training=training)

    def _with_labels(self, x, labels):
        if self.num_classes is None:
            return x
        return ops.convert_to_tensor(x), ops.cast(labels, "int32")


def network(inputs, labels, outputs, name):
    """Returns the network from inputs, and labels where there are any, to outputs."""
    inputs = inputs if labels is None else (inputs, labels)
    return keras.Model(inputs, outputs, name=name)
