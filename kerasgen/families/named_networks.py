"""GANs of papers about what trains them: their networks are chosen by name."""

import math

from keras import ops

from kerasgen.arguments import check_choice, check_int
from kerasgen.families.adversarial import TwoPlayerModel
from kerasgen.layers.labels import join_label_maps, join_label_vector
from kerasgen.networks.players import FILTERS, named_discriminator, named_generator


class NamedNetworksModel(TwoPlayerModel):
    """Base class of two-player GANs whose networks are those of `networks/players.py`.

    A model says what its paper's loss and penalty are, and calls `add_players`.

    Args:
        image_shape: tuple `(height, width, channels)`, both sides divisible by 4 and at
            least 8, but for `"mlp"`, which takes any, and `(features,)`: points.
        latent_dim: int. Size of the noise vector `z`.
        architecture: `"dcgan"`, `"cnn"`, `"resnet"` or `"mlp"`; None takes `"mlp"` for
            points, else `"dcgan"`.
        filters: int or None. Maps of the discriminator's first convolution and before
            the generator's last, or units of the dense layers; None takes 64 for
            `"dcgan"` and `"cnn"`, 128 for the resnet, 512 for `"mlp"`.
        outputs: int. Scores of the discriminator for an example. Defaults to `1`.
        **kwargs: as in `TwoPlayerModel`.

    Attributes:
        generator_normalization: `"batch"` or None.
        normalizes_mlp: bool. Whether that of both players holds for `"mlp"`, too.
        discriminator_normalization: `"batch"`, `"spectral"` or None.
        judges_labels: bool. Whether the discriminator sees labels.
    """

    takes_points = True
    generator_normalization = "batch"
    discriminator_normalization = "batch"
    normalizes_mlp = True
    judges_labels = True

    def __init__(
        self,
        image_shape,
        latent_dim=100,
        architecture=None,
        filters=None,
        outputs=1,
        **kwargs,
    ):
        if architecture is None:
            points = isinstance(image_shape, (tuple, list)) and len(image_shape) == 1
            architecture = "mlp" if points else "dcgan"
        check_choice("architecture", architecture, tuple(FILTERS))
        dense = architecture == "mlp"
        super().__init__(
            image_shape,
            latent_dim,
            multiple_of=1 if dense else 4,
            minimum=1 if dense else 8,
            **kwargs,
        )
        if self.is_points and not dense:
            raise ValueError(
                '`architecture` must be "mlp" for points. '
                f"Received: architecture={architecture!r}, image_shape={image_shape}"
            )
        self.architecture = architecture
        self.filters = filters if filters is None else check_int("filters", filters)
        self.generator = self.build_generator()
        setattr(self, self.judge_name, self.build_discriminator(outputs))

    def build_generator(self):
        """Returns the network from latents, with labels behind, to examples."""
        return named_generator(
            self.architecture,
            self.generator_input_shape[0],
            self.image_shape,
            self.filters,
            self.fields.x.output_activation,
            self._normalization(self.generator_normalization),
        )

    def build_discriminator(self, outputs=1):
        """Returns the network from examples, with labels behind, to scores."""
        return named_discriminator(
            self.architecture,
            self.judged_shape,
            self.filters,
            self._normalization(self.discriminator_normalization),
            outputs,
            self.judge_name,
        )

    def _normalization(self, chosen):
        plain = self.architecture == "mlp" and not self.normalizes_mlp
        return None if plain else chosen

    @property
    def judged_shape(self):
        """Shape of what the discriminator sees of one example, labels included."""
        classes = (self.num_classes or 0) if self.judges_labels else 0
        if self.architecture == "mlp":
            return (math.prod(self.image_shape) + classes,)
        *sides, channels = self.image_shape
        return (*sides, channels + classes)

    def with_labels(self, x, labels):
        """Returns what the discriminator sees: examples with their labels behind."""
        classes = self.num_classes if self.judges_labels else None
        if self.architecture != "mlp":
            return join_label_maps(x, labels, classes)
        x = ops.reshape(x, (-1, math.prod(self.image_shape)))
        return join_label_vector(x, labels, classes)

    def discriminate(self, x, labels, training):
        network = getattr(self, self.judge_name)
        return network(self.with_labels(x, labels), training=training)
