"""CoGAN: two GANs that share weights, and so draw pairs from unpaired domains.

Liu and Tuzel, 2016, "Coupled Generative Adversarial Networks",
https://arxiv.org/abs/1606.07536, section 3.
Official code: mingyuliutw/CoGAN_PyTorch.

Differs from the paper:
1. Depth follows the image: the generator starts from 4 to 7 pixels and doubles up to
   its size, by kernels of 4x4; heads are 5x5 convolutions. The code's networks are for
   28x28 alone.
2. One logit and the logistic loss, where the code has two and a softmax: the same.
3. Adaptation of a classifier from one domain to the other is left out.
"""

import math

import keras
from keras import layers, ops

from kerasgen.arguments import check_image_shape, check_int, check_number
from kerasgen.families.adversarial import TwoPlayerModel
from kerasgen.features import Image
from kerasgen.layers import channels_last
from kerasgen.layers.batch_normalization import gainless_norm
from kerasgen.layers.sizes import halvings
from kerasgen.losses.likelihoods import float32
from kerasgen.losses.regularizers import half_square
from kerasgen.registry import register


@register
class CoGAN(TwoPlayerModel):
    """Coupled generative adversarial networks.

    Two generators get the same `z` and share all but their last layer; two
    discriminators share all but their first. Both learn from images of their own
    domain alone, and what is shared makes `G_a(z)` and `G_b(z)` a pair. Each player
    minimises the mean over the domains of the losses of a GAN.

    Args:
        image_shape: tuple `(height, width, channels)` of domain `a`, sides divisible by
            4 and at least 8.
        target_shape: tuple of domain `b`, with the same sides. None takes
            `image_shape`.
        latent_dim: int. Size of the noise vector `z`. Defaults to `100`.
        filters: int. Maps of the first convolution of a discriminator; the second has
            2.5 times as many, the dense layer 25 times; the generator starts from
            about 51 times as many and halves them. Defaults to `20`.
        shared: bool. Whether layers are shared; False trains two GANs that have nothing
            but `z` in common. Defaults to `True`.
        weight_decay: float, at least 0. Half of it times the squared weights of a
            player is added to its loss. Defaults to `5e-4`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   dict of images `"a"` and `"b"`, `uint8` or float in `[0, 1]`, as
        `kerasgen.data.unpaired` gives them.
    Sample:  dict of images, float32 in `[0, 1]`: pairs.
    Scalars: `discriminator_loss` and `generator_loss`, with the weight decay, and the
        mean probabilities of being real that images of both kinds have,
        `discriminator_real` and `discriminator_fake`, all over both domains.
    Raises:  ValueError: if the sides of the domains differ, or cannot be halved twice.

    Example:
    >>> model = kerasgen.gans.CoGAN((28, 28, 1), filters=4)
    >>> pairs = model.sample(2, seed=0)
    >>> pairs["a"].shape, pairs["b"].shape
    ((2, 28, 28, 1), (2, 28, 28, 1))

    Reference: [Liu and Tuzel, 2016](https://arxiv.org/abs/1606.07536), section 3.
    """

    data_range = (0.0, 1.0)

    def __init__(
        self,
        image_shape,
        target_shape=None,
        latent_dim=100,
        filters=20,
        shared=True,
        weight_decay=5e-4,
        **kwargs,
    ):
        super().__init__(image_shape, latent_dim, multiple_of=4, minimum=8, **kwargs)
        self.target_shape = target_shape
        if target_shape is not None:
            self.target_shape = check_image_shape(target_shape, 4, 8)
        other = self.target_shape or self.image_shape
        if other[:2] != self.image_shape[:2]:
            raise ValueError(
                "`target_shape` must have the sides of `image_shape`. Received: "
                f"target_shape={target_shape}, image_shape={image_shape}"
            )
        self.shapes = {"a": self.image_shape, "b": other}
        self.set_fields(
            {n: Image(shape, self.data_range) for n, shape in self.shapes.items()}
        )
        self.filters = check_int("filters", filters)
        self.shared = bool(shared)
        self.weight_decay = check_number("weight_decay", weight_decay, 0.0)
        self.generator = self._build_generator()
        self.discriminator = self._build_discriminator()
        self.add_players()

    def _build_generator(self):
        z = keras.Input((self.latent_dim,))
        trunk, made = None, []
        for name, (*_, channels) in self.shapes.items():
            if trunk is None or not self.shared:
                trunk = self._grown(z)
            head = channels_last.Conv2D(
                channels, 5, padding="same", name=f"head_{name}"
            )
            made.append(layers.Activation("sigmoid", dtype="float32")(head(trunk)))
        return keras.Model(z, made, name="generator")  # images in [0, 1]

    def _grown(self, z):
        height, width, _ = self.image_shape
        count = halvings(height, width)
        maps = math.ceil(self.filters * 51.2)
        base = (height >> count, width >> count, maps)
        x = layers.Reshape(base)(layers.Dense(math.prod(base), use_bias=False)(z))
        x = _activated(gainless_norm()(x))
        for _ in range(count):
            maps = math.ceil(maps / 2)
            x = channels_last.Conv2DTranspose(maps, 4, 2, "same", use_bias=False)(x)
            x = _activated(gainless_norm()(x))
        return x

    def _build_discriminator(self):
        rest, seen, said = None, [], []
        for name, shape in self.shapes.items():
            x = keras.Input(shape)
            first = channels_last.Conv2D(self.filters, 5, padding="same")
            h = channels_last.MaxPooling2D(name=f"pooled_{name}")(first(x))
            if rest is None or not self.shared:
                rest = [
                    channels_last.Conv2D(
                        math.ceil(2.5 * self.filters), 5, padding="same"
                    ),
                    channels_last.MaxPooling2D(),
                    channels_last.Flatten(),
                    layers.Dense(25 * self.filters),
                    layers.PReLU(shared_axes=[1]),
                    layers.Dense(1, dtype="float32"),
                ]
            for layer in rest:
                h = layer(h)
            seen.append(x)
            said.append(h)
        logits = layers.Concatenate(dtype="float32")(said)
        return keras.Model(seen, logits, name="discriminator")  # (b, 2)

    # === Pairs, which stand for an example as one vector ===

    def generate(self, z, labels=None, training=False):
        """Returns images of both domains in `data_range`, a dict."""
        return dict(zip(self.shapes, self.generator(z, training=training), strict=True))

    def generate_like(self, x, labels, training):
        return self.joined(super().generate_like(x, labels, training))

    def joined(self, x):
        """Returns a dict of images as one vector an example, `(batch, values)`."""
        shapes = self.shapes.items()
        parts = [ops.reshape(float32(x[n]), (-1, math.prod(s))) for n, s in shapes]
        return ops.concatenate(parts, axis=-1)

    def judge(self, x, labels, training, judged=None):
        """Returns the logits of both domains' images being real, `(batch, 2)`."""
        size = math.prod(self.image_shape)
        parts = (x[:, :size], x[:, size:])
        images = [
            self.disturbed(ops.reshape(part, (-1, *shape)), training)
            for part, shape in zip(parts, self.shapes.values(), strict=True)
        ]
        return self.discriminator(
            images, training=training if judged is None else judged
        )

    def compute_losses(self, phase, x, labels, training):
        return super().compute_losses(phase, self.joined(x), labels, training)

    def added_loss(self, phase):
        term = super().added_loss(phase)
        if not self.weight_decay:
            return term
        decay = self.weight_decay * half_square(self.phase_variables(phase))
        return decay if term is None else term + decay

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(2e-4, beta_1=0.5) for phase in self.phases}


def _activated(x):
    return layers.PReLU(shared_axes=[1, 2])(x)
