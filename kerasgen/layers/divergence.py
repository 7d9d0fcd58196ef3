"""A divergence as a layer, which adds it to the loss."""

import keras
from keras import ops

from kerasgen.arguments import check_number
from kerasgen.registry import PACKAGE


@keras.saving.register_keras_serializable(PACKAGE)
class DivergenceLoss(keras.layers.Layer):
    """Returns codes as they are and adds the divergence they cost to the loss.

    Each call adds `kl_weight * annealing * E[divergence]` with `add_loss`. It is for
    posteriors whose divergence is no sum over latents in closed form, such as the
    sampled `log q(z|x) - log p(z)`; `kerasgen.layers.gaussian.Gaussian` is for the
    others.

    Args:
        kl_weight: float. Weight of the divergence in the loss. Defaults to `1.0`.
        **kwargs: as in `keras.layers.Layer`.

    Call:
        inputs: tensor of codes.
        divergence: float tensor `(batch,)`, in nats.
        annealing: scalar. Multiplies the weight. Defaults to `1.0`.
    """

    def __init__(self, kl_weight=1.0, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        self.kl_weight = check_number("kl_weight", kl_weight, 0.0)
        self.built = True

    def call(self, inputs, divergence, annealing=1.0):
        self.add_loss(self.kl_weight * annealing * ops.mean(divergence))
        return inputs

    def compute_output_shape(self, input_shape, divergence_shape=None):
        return input_shape

    def get_config(self):
        config = super().get_config()
        return {
            **{k: v for k, v in config.items() if k != "dtype"},
            "kl_weight": self.kl_weight,
        }
