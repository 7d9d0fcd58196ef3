"""The base of variational autoencoders whose prior depends on a condition."""

from keras import ops

from kerasgen.arguments import check_int
from kerasgen.families.variational_model import VariationalModel
from kerasgen.layers.gaussian import Gaussian
from kerasgen.losses.divergences import gaussian_kl
from kerasgen.losses.likelihoods import gaussian_moments, gaussian_sample
from kerasgen.networks.dense_network import dense_network
from kerasgen.networks.image_networks import check_widths


class ConditionalVariationalModel(VariationalModel):
    """Base of models with a posterior `q(z|x, c)`, a prior `p(z|c)` and a `p(x|z, c)`.

    The prior is a diagonal Gaussian that a network makes of the condition `c`. A code
    is `(z - mean) / deviation` of that Gaussian, so that codes are drawn from
    `N(0, I)`, and the divergence is that of a code's posterior from `N(0, I)`. A model
    says what the condition is (`condition`), and calls `add_player` at the end of its
    constructor.

    Args:
        image_shape: as in `LatentModel`.
        latent_dim: int. Size of `z`.
        condition_size: int. Values of a condition.
        prior_widths: tuple of ints. Units of the prior's hidden layers.
        **kwargs: as in `VariationalModel`.
    """

    default_widths = {**VariationalModel.default_widths, "dense": (500, 500)}
    encoding_parts = ("encoder", "prior_network")

    def __init__(self, image_shape, latent_dim, condition_size, prior_widths, **kwargs):
        inputs = check_int("latent_dim", latent_dim) + condition_size
        super().__init__(image_shape, latent_dim, decoder_inputs=inputs, **kwargs)
        self.prior_widths = check_widths(prior_widths or (), name="prior_widths")
        sizes = (condition_size, self.prior_widths, 2 * latent_dim)
        self.prior_network = dense_network(
            "prior", *sizes, self.activation, self.dtype_policy
        )
        self.gaussian = Gaussian(name="gaussian")

    def add_player(self):
        """Declares the one phase, which owns all networks and the likelihood."""
        networks = [self.encoder, self.prior_network, self.gaussian, self.decoder]
        scalars = ("loss", "reconstruction", "kl")
        self.add_phase("vae", [*networks, self.pixels], scalars)

    def compute_losses(self, phase, x, labels, training):
        x = self.observe(x, training)
        mean, log_variance = self.posterior(x, labels, training)
        noise = self.draw_normal(mean, training)
        # Adds the divergence, which is the same for codes as for `z`, to the loss.
        annealing = self.annealing(training)
        z = self.gaussian((mean, log_variance), noise, annealing=annealing)
        outputs = self.run_decoder(z, labels, training)
        reconstruction = -ops.mean(self.pixels.log_prob(x, outputs))
        return {
            "loss": reconstruction,
            "reconstruction": reconstruction,
            "kl": ops.mean(gaussian_kl(mean, log_variance)),
        }

    # === On tensors: `labels` are labels, or what a model takes in their place ===

    def condition(self, labels):
        """Returns the condition as float32 vectors, `(batch, condition_size)`."""
        raise NotImplementedError

    def prior(self, labels, training=False):
        """Returns the mean and log-variance of `p(z|c)`, `(batch, latent_dim)` each."""
        condition = self.condition(labels)
        return gaussian_moments(self.prior_network(condition, training=training))

    def posterior(self, x, labels=None, training=False):
        """Returns the mean and log-variance of the code, by the prior's scale."""
        mean, log_variance = super().posterior(x, labels, training)
        prior_mean, prior_log_variance = self.prior(labels, training)
        mean = (mean - prior_mean) * ops.exp(-0.5 * prior_log_variance)
        return mean, log_variance - prior_log_variance

    def run_decoder(self, z, labels=None, training=False):
        z = gaussian_sample(*self.prior(labels, training), z)
        z = ops.concatenate([z, self.condition(labels)], axis=-1)
        return self.decoder(z, training=training)
