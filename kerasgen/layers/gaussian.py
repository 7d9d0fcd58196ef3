"""The reparameterised diagonal Gaussian, which adds its divergence from the prior.

Kingma and Welling, 2014, "Auto-Encoding Variational Bayes",
https://arxiv.org/abs/1312.6114, section 2.4 and appendix B.
"""

import keras

from kerasgen.arguments import check_number
from kerasgen.losses.divergences import free_bits, gaussian_kl_terms
from kerasgen.losses.likelihoods import gaussian_sample


@keras.saving.register_keras_serializable("kerasgen")
class Gaussian(keras.layers.Layer):
    """Returns `z = mean + e^(log_variance / 2) noise`, a sample of `q(z|x)`.

    Gradients reach the mean and the log-variance through the sample. Each call adds
    the loss `kl_weight * E[KL(q(z|x) || p(z))]`, in nats a batch entry, with
    `add_loss`. The layer computes in float32 unless told otherwise.

    Args:
        kl_weight: float. Weight of the divergence in the loss. Defaults to `1.0`.
        free_bits: float. Nats of each latent that cost as much as none, see
            `kerasgen.losses.divergences.free_bits`. Defaults to `0.0`.
        dtype: dtype policy. Defaults to `"float32"`.
        **kwargs: as in `keras.layers.Layer`.

    Call:
        inputs: tuple `(mean, log_variance)` of float tensors `(batch, ...)`.
        noise: float tensor of the same shape, from `N(0, I)`.
        prior: tuple `(mean, log_variance)` that broadcasts to those of `inputs`, or
            None for `N(0, I)`.
        annealing: scalar. Multiplies the weight. Defaults to `1.0`.
    """

    def __init__(self, kl_weight=1.0, free_bits=0.0, dtype="float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)
        self.kl_weight = check_number("kl_weight", kl_weight, 0.0)
        self.free_bits = check_number("free_bits", free_bits, 0.0)
        self.built = True

    def call(self, inputs, noise, prior=None, annealing=1.0):
        terms = gaussian_kl_terms(*inputs, *(prior or ()))
        divergence = free_bits(terms, self.free_bits)
        self.add_loss(self.kl_weight * annealing * divergence)
        return gaussian_sample(*inputs, noise)

    def compute_output_shape(self, input_shape, noise_shape=None):
        return input_shape[0]
