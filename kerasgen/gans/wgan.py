"""WGAN: a GAN whose critic estimates a distance, its weights clipped to a box.

Arjovsky, Chintala and Bottou, 2017, "Wasserstein GAN",
https://arxiv.org/abs/1701.07875, algorithm 1.
Official code: martinarjovsky/WassersteinGAN.

Differs from the paper:
1. Convolutions of `"dcgan"` have biases, and the gains of batch normalisation start at
   1 (the code: no biases, gains normal with a deviation of 0.02).
2. The dense generator of images ends in a tanh (the code: in no activation).
3. The code's critic gives real examples the low values, here as in the paper the high
   ones: the game is the same.
4. While the generator rests for 100 updates of the critic, its pass still follows each
   5 of them: its moving statistics and its logged loss are of these, too.
"""

from keras import ops

from kerasgen.arguments import check_choice, check_int, check_number
from kerasgen.families.named_networks import NamedNetworksModel
from kerasgen.registry import register
from kerasgen.training.pytorch_rmsprop import pytorch_rmsprop

VARIANTS = ("paper", "released")
BURST, FIRST, EVERY = 100, 25, 500  # of the released code


@register
class WGAN(NamedNetworksModel):
    """Wasserstein GAN with weight clipping.

    The critic minimises `E C(G(z)) - E C(x)`, each of its weights held in `[-c, c]`,
    gains and biases too; so it is Lipschitz with some constant, and the gap estimates
    the Wasserstein distance times a factor that is not known.

    Args:
        image_shape: tuple `(height, width, channels)`, both sides divisible by 4 and at
            least 8; any for `"mlp"`, which also takes `(features,)`: points, real
            vectors, such as the `mixture` data. 64x64 is the paper's.
        latent_dim: int. Size of the noise vector `z`.
        architecture: `"dcgan"`, with batch normalisation in both players; `"mlp"`,
            three dense layers of ReLU without it; `"cnn"` or `"resnet"`; None takes
            `"mlp"` for points, else `"dcgan"`.
        filters: int or None. Maps of the critic's first convolution and before the
            generator's last, or units. Defaults to 64, of the resnet 128, of mlp 512.
        num_classes: int or None. Makes both players conditional on labels.
        critic_steps: int. The critic's updates in a step, each on a fresh batch.
        clip: float above 0. `c`.
        variant: `"paper"`, which clips after each update of the critic; or
            `"released"`, which clips before it, so that the generator sees a critic
            one update outside of the box. Before each of the generator's first 25
            updates, and before every 500th, its critic makes 100 (or the multiple of
            `critic_steps` above it), and the generator rests in the steps between.
        latent_distribution: `"normal"`, `"uniform"` on `[-1, 1]`, or
            `"unit_variance_uniform"` on `[-sqrt(3), sqrt(3)]`.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`.
    Sample:  images, float32 in `[0, 1]`, or points, same shape.
    Scalars: `critic_gap`, `E C(x) - E C(G(z))`, with `critic_loss` its negative;
        `generator_loss`.
    Raises:  ValueError: if a convolutional architecture does not fit the image.

    Example:
    >>> model = kerasgen.gans.WGAN(image_shape=(32, 32, 1), filters=8)
    >>> model.sample(2, seed=0).shape
    (2, 32, 32, 1)

    Reference: [Arjovsky et al., 2017](https://arxiv.org/abs/1701.07875), algorithm 1.
    """

    paper_loss = "wasserstein"
    judge_name = "critic"
    opinions = ("gap",)
    normalizes_mlp = False

    def __init__(
        self,
        image_shape,
        latent_dim=100,
        architecture=None,
        filters=None,
        num_classes=None,
        critic_steps=5,
        clip=0.01,
        variant="paper",
        latent_distribution="normal",
        **kwargs,
    ):
        super().__init__(
            image_shape,
            latent_dim,
            architecture,
            filters,
            num_classes=num_classes,
            latent_distribution=latent_distribution,
            **kwargs,
        )
        self.critic_steps = check_int("critic_steps", critic_steps)
        self.clip = check_number("clip", clip, minimum=1e-8)
        self.variant = check_choice("variant", variant, VARIANTS)
        self.generator_updates = self._add_state("generator_updates")
        self.waited = self._add_state("steps_without_generator")
        self.add_players(updates=self.critic_steps)

    def describe(self, real, fake):
        return {"gap": ops.mean(real) - ops.mean(fake)}

    def update(self, phase, x, labels):
        if phase == "critic" and self.variant == "released":
            self.clip_weights(phase, self.clip)
        super().update(phase, x, labels)

    def moved(self, phase):
        if phase == "critic" and self.variant == "paper":
            self.clip_weights(phase, self.clip)
        super().moved(phase)

    def gate(self, phase, scalars):
        """Returns whether the critic has made its updates for the generator's next."""
        if phase != "generator" or self.variant == "paper":
            return None
        done = ops.convert_to_tensor(self.generator_updates.value)
        is_burst = ops.logical_or(done < FIRST, done % EVERY == 0)
        waited = self.waited.value + 1
        is_open = waited >= ops.where(is_burst, -(-BURST // self.critic_steps), 1)
        self.waited.assign(ops.where(is_open, 0, waited))
        self.generator_updates.assign(done + ops.cast(is_open, done.dtype))
        return is_open

    def default_optimizers(self):
        return {p: pytorch_rmsprop(5e-5) for p in self.phases}
