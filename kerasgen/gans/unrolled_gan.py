"""Unrolled GAN: a generator that sees the discriminator's next steps.

Metz, Poole, Pfau and Sohl-Dickstein, 2017, "Unrolled Generative Adversarial Networks",
https://arxiv.org/abs/1611.02163, section 2. Official code: poolio/unrolled_gan, a
notebook of points.

Differs from the paper:
1. Images have networks of this library and a discriminator without batch
   normalisation, which has no second gradient on TensorFlow; the paper's are smaller.
2. The unrolled steps take the optimizer's current learning rate, all of them one batch
   and the same latents, and leave out clipping and weight decay.
3. The paper's recurrent generator of MNIST is not here.
4. Another loss or penalty: the generator takes the negative of the discriminator's, and
   no step ahead has the penalty.
5. Labels, which the paper has none of, join latents and examples.
"""

import math

import keras
from keras import layers, ops

from kerasgen.arguments import check_choice, check_int
from kerasgen.families.named_networks import NamedNetworksModel
from kerasgen.registry import register

VARIANTS = {"paper": ("relu", 0.8, 0.25), "released": ("tanh", 1.4, 1.0)}


@register
class UnrolledGAN(NamedNetworksModel):
    """GAN whose generator's loss is that of the discriminator some steps ahead.

    With `f(G, D) = E log D(x) + E log(1 - D(G(z)))` the discriminator ascends `f(G, D)`
    and the generator descends `f(G, D_K(G))`, where `D_K` is what `K` steps of the
    discriminator's optimizer, from its slots as they are, make of `D` (equations 9 to
    11). The gradient goes through those steps: the generator sees how the discriminator
    would answer, and does not chase one mode after the other. The weights of `D` move
    one step only.

    Args:
        image_shape: tuple `(height, width, channels)`, both sides divisible by 4 and at
            least 8, but for `"mlp"`, which takes any, and `(features,)`: points.
        latent_dim: int. Size of the noise vector `z`. Defaults to `256`, the paper's.
        unrolling: int, at least 0. `K`. With 0 it is a GAN of the minimax form.
        variant: `"paper"`, whose players move in turn; `"mlp"` is then two ReLU layers,
            its discriminator's input divided by 4; or `"released"`, whose players move
            at once, of two tanh layers.
        architecture: `"mlp"`, `"dcgan"`, `"cnn"` or `"resnet"`; None takes `"mlp"` for
            points, else `"dcgan"`.
        filters: int or None. Maps of the discriminator's first convolution and before
            the generator's last, or units of the dense layers; None takes 64, 128 for
            the resnet and for `"mlp"`.
        num_classes: int or None. Makes both players conditional on labels.
        latent_distribution: `"normal"`, `"uniform"` on `[-1, 1]`, or
            `"unit_variance_uniform"` on `[-sqrt(3), sqrt(3)]`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`.
    Sample:  images, float32 in `[0, 1]`, or points, same shape.
    Scalars: `discriminator_loss`, in nats; `generator_loss`, the negative of what that
        loss will be `K` steps ahead; the mean probabilities of being real that examples
        of both kinds have, `discriminator_real` and `discriminator_fake`.
    Raises:  ValueError: if the image cannot be halved, but for `"mlp"`; where the
        discriminator's optimizer is neither Adam nor SGD.

    Example:
    >>> model = kerasgen.gans.UnrolledGAN(image_shape=(2,), latent_dim=8, unrolling=3)
    >>> model.sample(4, seed=0).shape
    (4, 2)

    Reference: [Metz et al., 2017](https://arxiv.org/abs/1611.02163), section 2.2.
    """

    discriminator_normalization = None

    def __init__(
        self,
        image_shape,
        latent_dim=256,
        unrolling=5,
        variant="paper",
        architecture=None,
        filters=None,
        num_classes=None,
        latent_distribution="normal",
        **kwargs,
    ):
        self.variant = check_choice("variant", variant, tuple(VARIANTS))
        super().__init__(
            image_shape,
            latent_dim,
            architecture,
            filters,
            num_classes=num_classes,
            latent_distribution=latent_distribution,
            **kwargs,
        )
        self.unrolling = check_int("unrolling", unrolling, 0)
        self.add_players(simultaneous=variant == "released")

    def build_generator(self):
        if self.architecture != "mlp":
            return super().build_generator()
        net = self._dense("generator", self.generator_input_shape)
        net.add(self._layer(math.prod(self.image_shape)))
        net.add(layers.Reshape(self.image_shape))
        net.add(layers.Activation(self.fields.x.output_activation, dtype="float32"))
        return net  # points, or images in [-1, 1]

    def build_discriminator(self, outputs=1):
        if self.architecture != "mlp":
            return super().build_discriminator(outputs)
        scale = VARIANTS[self.variant][2]
        net = self._dense("discriminator", self.judged_shape, scale)
        net.add(self._layer(outputs, dtype="float32"))
        return net  # (b, 1), logits

    def _dense(self, name, shape, scale=1.0):
        net = keras.Sequential([keras.Input(shape)], name=name)
        if scale != 1.0:
            net.add(layers.Rescaling(scale))
        for _ in range(2):
            activation = VARIANTS[self.variant][0]
            net.add(self._layer(self.filters or 128, activation=activation))
        return net

    def _layer(self, units, **options):
        kernel = keras.initializers.Orthogonal(VARIANTS[self.variant][1])
        return layers.Dense(units, kernel_initializer=kernel, **options)

    def compute_losses(self, phase, x, labels, training):
        fake = self.generate_like(x, labels, training)
        if phase == "generator":
            return {"loss": self._ahead(x, fake, labels, training)}
        return self._judged(x, ops.stop_gradient(fake), labels, training)[0]

    def compute_joint_losses(self, phases, x, labels, training):
        fake = self.generate_like(x, labels, training)
        losses, real, said = self._judged(x, fake, labels, training)
        ahead = self._ahead(x, fake, labels, training)
        return {"discriminator": losses, "generator": {"loss": ahead}}

    def _ahead(self, x, fake, labels, training):
        """Returns `f(G, D_K(G))`, of the loss that the discriminator has."""

        def loss():
            said = self._judge_both(x, fake, labels, training)
            return self.discriminator_objective(*said)

        with self.unrolled("discriminator", loss, self.unrolling):
            return -loss()

    def default_optimizers(self):
        # Of points: the paper 1e-4 for both.
        rates = dict.fromkeys(self.phases, 1e-4)
        if self.variant == "released":
            rates["generator"] = 1e-3
        return {p: keras.optimizers.Adam(rates[p], beta_1=0.5) for p in self.phases}
