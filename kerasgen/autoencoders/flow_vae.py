"""Flow VAE: a VAE whose posterior is a Gaussian bent by normalising flows.

Rezende and Mohamed, 2015, "Variational Inference with Normalizing Flows",
https://arxiv.org/abs/1505.05770, sections 3 and 4 (planar flows); Kingma, Salimans,
Jozefowicz, Chen, Sutskever and Welling, 2016, "Improved Variational Inference with
Inverse Autoregressive Flow", https://arxiv.org/abs/1606.04934, algorithm 1. Official
code: none read.

Differs from the paper:
1. Dense tanh layers in place of maxout; for the inverse autoregressive flow, in place
   of residual convolutions and levels of latents.
2. Annealing raises the divergence's weight alone, not that of all of log p(x, z).
3. Adam at 1e-3 in place of RMSprop at 1e-5 (Adamax for the other).
4. The order of the latents is reversed from one autoregressive flow to the next, in
   raster order otherwise; its hidden layers are ReLU, not ELU.
5. The first latent in an autoregressive flow's order is scaled and moved by trained
   constants: no context of the image reaches it in that flow.
6. The convolutional form and labels are not the paper's.
"""

import keras
from keras import ops

from kerasgen.arguments import check_choice, check_int
from kerasgen.families.latent_model import LatentModel
from kerasgen.families.variational_model import VariationalModel
from kerasgen.layers.divergence import DivergenceLoss
from kerasgen.layers.flows import InverseAutoregressiveFlow, PlanarFlow
from kerasgen.losses.likelihoods import gaussian_moments, gaussian_sample
from kerasgen.networks.image_networks import check_widths
from kerasgen.registry import register


@register
class FlowVAE(VariationalModel):
    """Variational autoencoder with normalising flows in the posterior.

    The encoder gives a Gaussian for `z_0` and parameters of the flows that lead to the
    code `z_K`, so that `log q(z_K|x) = log q(z_0|x) - sum log |det dz_k/dz_{k-1}|`. The
    prior is `N(0, I)`; the divergence is estimated by the sample.

    Args:
        image_shape: tuple `(height, width, channels)`, of any size, or `(features,)`
            for real vectors, of a Gaussian likelihood and dense layers.
        latent_dim: int. Size of `z`. Defaults to `40`.
        flow: `"planar"`, whose parameters the encoder gives, or `"iaf"`, masked
            networks with the encoder's context.
        num_flows: int. Flows in a row. Defaults to `10`.
        flow_widths: tuple of ints or None. Units of the hidden layers of each network
            of `"iaf"`; the first is also the size of the context. None stands for
            `(320,)`; must be None for planar flows, which have no networks.
        likelihood, binarization, variance, levels: as in `kerasgen.autoencoders.VAE`.
        kl_annealing_steps: int. Steps of training over which the divergence's weight
            rises from 0 to 1. Defaults to `0`.
        architecture: `"dense"` or `"conv"` (4x4 convolutions of stride 2).
        hidden_widths: tuple of ints or None. Units of the encoder's dense layers, or
            maps of its convolutions, mirrored in the decoder. None stands for
            `(400,)`, or `(32, 64, 64)` for `"conv"`.
        activation: name of the hidden layers' activation. Defaults to `"tanh"`.
        num_classes: int or None. Makes the model conditional on labels.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`,
        or points, float `(batch, features)`.
    Sample:  images, float32 in `[0, 1]`, same shape: means of `p(x|z)`, or drawn
        pixels with `mean=False`.
    Scalars: `loss`, `reconstruction` (`E_q[-log p(x|z)]`), `kl` (sampled) and
        `log_det`, the flows' part of it (what they lower it by), in nats an image.
    Raises:  ValueError: if `flow_widths` does not fit `flow`, or `binarization`,
        `variance` or `levels` does not fit `likelihood`.

    Example:
    >>> model = kerasgen.autoencoders.FlowVAE(image_shape=(28, 28, 1), flow="iaf")
    >>> model.sample(2, seed=0).shape
    (2, 28, 28, 1)

    Reference: [Rezende and Mohamed, 2015](https://arxiv.org/abs/1505.05770)
    """

    default_widths = {**VariationalModel.default_widths, "dense": (400,)}
    has_divergence = False

    encoding_parts = ("encoder", "flows")

    def __init__(
        self,
        image_shape,
        latent_dim=40,
        flow="planar",
        num_flows=10,
        flow_widths=None,
        likelihood="bernoulli",
        binarization="dynamic",
        variance=None,
        levels=None,
        kl_annealing_steps=0,
        architecture="dense",
        hidden_widths=None,
        activation="tanh",
        num_classes=None,
        **kwargs,
    ):
        check_int("latent_dim", latent_dim)
        check_int("num_flows", num_flows)
        check_choice("flow", flow, ("planar", "iaf"))
        flow_widths = _check_flow_widths(flow_widths, flow)
        widths = flow_widths or (320,)
        parameters = num_flows * (2 * latent_dim + 1) if flow == "planar" else widths[0]
        super().__init__(
            image_shape,
            latent_dim,
            likelihood=likelihood,
            binarization=binarization,
            variance=variance,
            levels=levels,
            kl_annealing_steps=kl_annealing_steps,
            encoder_units=2 * latent_dim + parameters,
            architecture=architecture,
            hidden_widths=hidden_widths,
            activation=activation,
            num_classes=num_classes,
            **kwargs,
        )
        self.flow, self.num_flows, self.flow_widths = flow, num_flows, flow_widths
        self.flows = []
        for i in range(num_flows):
            options = {"name": f"flow_{i}"}
            if flow == "iaf":
                options.update(reverse=i % 2, mask_seed=i, dtype=self.dtype_policy)
                made = InverseAutoregressiveFlow(
                    latent_dim, widths, widths[0], **options
                )
            else:
                made = PlanarFlow(latent_dim, **options)
            self.flows.append(made)
        self.divergence_loss = DivergenceLoss(name="divergence_loss")
        networks = [self.encoder, *self.flows, self.decoder]
        self.add_phase(
            "vae",
            [*networks, self.divergence_loss, self.pixels],
            scalars=("loss", "reconstruction", "kl", "log_det"),
        )

    def compute_losses(self, phase, x, labels, training):
        x = self.observe(x, training)
        moments = self.moments(x, labels, training)
        noise = self.draw_normal(moments[:, : self.latent_dim], training)
        z, log_det = self._flow_codes(moments, noise)
        kl = -self._log_ratio(moments, noise, z, log_det)
        z = self.divergence_loss(z, kl, annealing=self.annealing(training))
        outputs = self.run_decoder(z, labels, training)
        reconstruction = -ops.mean(self.pixels.log_prob(x, outputs))
        return {
            "loss": reconstruction,
            "reconstruction": reconstruction,
            "kl": ops.mean(kl),
            "log_det": ops.mean(log_det),
        }

    def _split(self, moments):
        """Returns the mean and log-variance of `z_0`, and the flows' parameters."""
        end = 2 * self.latent_dim
        return *gaussian_moments(moments[:, :end]), moments[:, end:]

    def _flow_codes(self, moments, noise):
        """Returns codes and the sum of the flows' `log |det|`, `(batch,)`."""
        mean, log_variance, rest = self._split(moments)
        z, total = gaussian_sample(mean, log_variance, noise), 0.0
        planar = self.flow == "planar"
        parts = ops.split(rest, self.num_flows, axis=-1) if planar else None
        for i, flow in enumerate(self.flows):
            z, log_det = flow(z, parts[i] if planar else rest)
            total = total + log_det
        return z, total

    def _log_ratio(self, moments, noise, z, log_det):
        """Returns `log p(z) - log q(z|x)`, `(batch,)`."""
        _, log_variance, _ = self._split(moments)
        # Both constants cancel, and (z_0 - mean) / deviation is the noise.
        ratio = log_variance + ops.square(noise) - ops.square(z)
        return 0.5 * ops.sum(ratio, axis=-1) + log_det

    # === Codes ===

    def moments(self, x, labels=None, training=False):
        """Returns the encoder's outputs: a Gaussian's moments and flow parameters."""
        return self.run_encoder(x, labels, training)

    def draw_code(self, moments, noise, labels=None):
        z, log_det = self._flow_codes(moments, noise)
        return z, self._log_ratio(moments, noise, z, log_det)

    def infer(self, x, labels=None, training=False):
        moments = self.moments(self.grey(x), labels, training)
        noise = ops.zeros_like(moments[:, : self.latent_dim])
        return self._flow_codes(moments, noise)[0]

    def encode(self, x, labels=None, batch_size=None, weights=None):
        """Returns where the flows take the means of `z_0`, as `LatentModel.encode`."""
        return LatentModel.encode(self, x, labels, batch_size, weights)

    def default_optimizers(self):
        return {phase: keras.optimizers.Adam(1e-3) for phase in self.phases}


def _check_flow_widths(widths, flow):
    if widths is not None and (flow == "planar" or not widths):
        raise ValueError(
            "`flow_widths` must name the layers of 'iaf', and be None for 'planar'. "
            f"Received: flow_widths={widths!r}, flow={flow!r}"
        )
    return check_widths(widths, name="flow_widths")
