"""Normalising flows: invertible layers that return the logarithm of their Jacobian.

Called with codes and what an encoder says of the flow, `(batch, parameters)`, they
return the new codes and `log |det dz'/dz|`, `(batch,)`, in float32.
"""

import keras
from keras import layers, ops

from kerasgen.arguments import check_int
from kerasgen.layers.masked_dense import MaskedDense, conditional_masks
from kerasgen.losses.likelihoods import float32
from kerasgen.registry import PACKAGE


@keras.saving.register_keras_serializable(PACKAGE)
class PlanarFlow(keras.layers.Layer):
    """`z + u tanh(w z + b)`, where `u`, `w` and `b` are given for each code.

    What is given for `u` is moved along `w` until `w u > -1`, so that the map can be
    inverted. By the paper's rule for this, small parameters are not near the identity:
    a `w u` of 0 is moved to `ln 2 - 1`, so that what `z` has along a short `w` shrinks
    to `ln 2 = 0.69` of itself. The layer has no weights.

    Args:
        size: int. Size of a code.
        **kwargs: as in `keras.layers.Layer`.

    Input:  codes `(batch, size)` and parameters `(batch, 2 * size + 1)`: `u`, `w`, `b`.
    Output: codes `(batch, size)` and the Jacobian's logarithm `(batch,)`.

    Reference: [Rezende and Mohamed, 2015](https://arxiv.org/abs/1505.05770),
    equations 10 to 12 and appendix A.1.
    """

    def __init__(self, size, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        self.size = check_int("size", size)
        self.num_parameters = 2 * self.size + 1
        self.built = True

    def call(self, z, parameters):
        z, parameters = float32(z), float32(parameters)
        n = self.size
        u, w, b = parameters[:, :n], parameters[:, n : 2 * n], parameters[:, 2 * n :]
        product = ops.sum(w * u, axis=-1, keepdims=True)
        # -1 + softplus is above -1; without the last terms it would round to it.
        target = ops.softplus(product) - (1.0 - 1e-4)
        norm = ops.sum(ops.square(w), axis=-1, keepdims=True) + 1e-8
        u = u + (target - product) * w / norm
        hidden = ops.tanh(ops.sum(w * z, axis=-1, keepdims=True) + b)
        product = ops.sum(w * u, axis=-1)
        slope = 1.0 - ops.square(hidden[:, 0])
        return z + u * hidden, ops.log(ops.maximum(1.0 + slope * product, 1e-6))

    def compute_output_shape(self, z_shape, parameters_shape=None):
        return z_shape, z_shape[:-1]

    def get_config(self):
        config = super().get_config()
        config.pop("dtype")
        return {**config, "size": self.size}


@keras.saving.register_keras_serializable(PACKAGE)
class InverseAutoregressiveFlow(keras.layers.Layer):
    """`sigma z + (1 - sigma) m`, where `m` and `sigma` see the latents before alone.

    A MADE network gives `m` and the logit of `sigma`. Its first hidden layer adds what
    is given for each code. The gates start nearly open, at `sigmoid(2) = 0.88`.

    Args:
        size: int. Size of a code.
        hidden_widths: tuple of one or more ints. Units of the ReLU layers.
        context_size: int. Values given for each code.
        reverse: bool. Whether the last latent comes first in the order.
        mask_seed: int. Seed of the masks.
        **kwargs: as in `keras.layers.Layer`.

    Input:  codes `(batch, size)` and context `(batch, context_size)`.
    Output: codes `(batch, size)` and the Jacobian's logarithm `(batch,)`.

    Reference: [Kingma et al., 2016](https://arxiv.org/abs/1606.04934), algorithm 1.
    """

    def __init__(
        self,
        size,
        hidden_widths,
        context_size,
        reverse=False,
        mask_seed=0,
        **kwargs,
    ):
        super().__init__(autocast=False, **kwargs)
        self.size = check_int("size", size)
        self.hidden_widths = tuple(check_int("hidden_widths", n) for n in hidden_widths)
        self.context_size = check_int("context_size", context_size)
        self.reverse = bool(reverse)
        self.mask_seed = check_int("mask_seed", mask_seed, 0)
        self.masks = conditional_masks(
            self.size, self.hidden_widths, 2, mask_seed, self.reverse
        )
        widths = (self.size, *self.hidden_widths, 2 * self.size)
        policy = self.dtype_policy
        self.dense = [MaskedDense(units, dtype=policy) for units in widths[1:]]
        for layer, units in zip(self.dense, widths, strict=False):
            layer.build((None, units))
        self.context = layers.Dense(widths[1], use_bias=False, dtype=policy)
        self.context.build((None, self.context_size))
        self.built = True

    def call(self, z, context):
        y = self.dense[0](z, self.masks[0]) + float32(self.context(context))
        for layer, mask in zip(self.dense[1:], self.masks[1:], strict=True):
            y = layer(ops.relu(y), mask)
        m, logit = ops.split(float32(y), 2, axis=-1)
        log_gate = -ops.softplus(-logit - 2.0)
        gate = ops.exp(log_gate)
        return gate * float32(z) + (1.0 - gate) * m, ops.sum(log_gate, axis=-1)

    def compute_output_shape(self, z_shape, context_shape=None):
        return z_shape, z_shape[:-1]

    def get_config(self):
        return {
            **super().get_config(),
            "size": self.size,
            "hidden_widths": self.hidden_widths,
            "context_size": self.context_size,
            "reverse": self.reverse,
            "mask_seed": self.mask_seed,
        }
