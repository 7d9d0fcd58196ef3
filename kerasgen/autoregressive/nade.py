"""NADE: one hidden layer whose weights all conditionals share.

Larochelle and Murray, 2011, "The Neural Autoregressive Distribution Estimator",
https://proceedings.mlr.press/v15/larochelle11a.html, sections 3 and 4.

Differs from the paper:
1. Sub-pixels come in raster order; the paper drew one random order.
2. Adam at 1e-3 in place of stochastic gradient descent; Glorot's initial weights.
3. `num_classes` adds a class's bias to the hidden units and the outputs; the paper has
   no labels.
"""

import keras
import numpy as np
from keras import layers, ops

from kerasgen.arguments import check_int
from kerasgen.families.binary_vector_model import BinaryVectorModel
from kerasgen.layers.class_bias import ClassBias, sum_dtype
from kerasgen.registry import register


@register
class NADE(BinaryVectorModel):
    """Neural autoregressive distribution estimator over binary images.

    `a_1 = c`, `h_i = sigmoid(a_i)`, `p(x_i = 1 | x_<i) = sigmoid(b_i + V_i h_i)`,
    `a_(i+1) = a_i + W_i x_i`: linear in the sub-pixels and in `units`. In training
    all `h_i` are held at once: about `4 * sub-pixels * units` bytes an image.

    Args:
        image_shape: tuple `(height, width, channels)`.
        units: int. Hidden units. Defaults to `500`, the paper's.
        num_classes: int or None. Makes the model conditional on labels.
        binarization: `"dynamic"`, `"threshold"` or None: what becomes of grey images.
            `"dynamic"` draws pixels from their grey value anew in each training
            step, None refuses grey.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`.
    Sample:  images, float32 of zeros and ones, same shape.
    Scalars: `loss`, the exact negative log-likelihood in nats an image, and
        `bits_per_dim`, the same in bits a sub-pixel.
    Raises:  ValueError: if `units` is below 1.

    Example:
    >>> model = kerasgen.autoregressive.NADE((28, 28, 1), units=16)
    >>> model.sample(2, seed=0).shape
    (2, 28, 28, 1)

    Reference: [Larochelle and Murray, 2011](
    https://proceedings.mlr.press/v15/larochelle11a.html), section 3.
    """

    def __init__(
        self,
        image_shape,
        units=500,
        num_classes=None,
        binarization="dynamic",
        **kwargs,
    ):
        super().__init__(image_shape, num_classes, binarization, **kwargs)
        self.units = check_int("units", units)
        self.encoder = _Rows(self.size, units, dtype=self.dtype_policy, name="encoder")
        self.decoder = _Rows(self.size, units, dtype=self.dtype_policy, name="decoder")
        self.hidden_bias = ClassBias(units, num_classes, dtype=self.dtype_policy)
        self.output_bias = ClassBias(self.size, num_classes, dtype=self.dtype_policy)
        networks = [self.encoder, self.decoder, self.hidden_bias, self.output_bias]
        self.add_phase("network", networks, scalars=("loss", "bits_per_dim"))

    def vector_logits(self, x, labels, training):
        sums = self.prefix_sums(x) + self.hidden_bias(labels)  # (size, batch, units)
        hidden = self._activate(sums)
        logits = ops.matmul(hidden, self.decoder.matrix()[:, :, None])
        logits = ops.cast(ops.transpose(logits[:, :, 0]), sums.dtype)
        return logits + self.output_bias(labels)

    def prefix_sums(self, x):
        """Returns `sum_(j<i) W_j x_j` for all `i`, `(size, batch, units)`.

        Two levels: over whole rows of the image, then within each row, both as
        products with a strictly lower triangular matrix.

        Args:
            x: tensor of zeros and ones, `(batch, size)`.
        """
        height = self.image_shape[0]
        width = self.size // height
        dtype = sum_dtype(self.compute_dtype)
        kernel = self.encoder.matrix()
        kernel = ops.reshape(kernel, (height, width, self.units))
        rows = ops.transpose(ops.reshape(x, (-1, height, width)), (1, 0, 2))
        totals = ops.cast(ops.matmul(rows, kernel), dtype)  # (height, batch, units)
        above = ops.matmul(_before(height, dtype), ops.reshape(totals, (height, -1)))
        above = ops.reshape(above, (height, 1, -1, self.units))
        left = rows[:, None] * _before(width, self.compute_dtype)[:, None]
        left = ops.reshape(left, (height, -1, width))
        left = ops.cast(ops.matmul(left, kernel), dtype)
        left = ops.reshape(left, (height, width, -1, self.units))
        return ops.reshape(above + left, (self.size, -1, self.units))

    def _activate(self, sums):
        return ops.cast(ops.sigmoid(sums), self.compute_dtype)

    def default_optimizers(self):
        return {"network": keras.optimizers.Adam(1e-3)}

    # === One sub-pixel at a time ===

    def step_weights(self, labels):
        return {
            "encoder": self.encoder.matrix(),
            "decoder": self.decoder.matrix(),
            "hidden_bias": self.hidden_bias(labels),
            "output_bias": self.output_bias(labels),
        }

    def init_cache(self, batch_size):
        dtype = sum_dtype(self.compute_dtype)
        return {
            "place": ops.zeros((), "int32"),
            "sums": ops.zeros((batch_size, self.units), dtype),
        }

    def next_logit(self, weights, cache):
        bias = weights["output_bias"]
        bias = ops.slice(bias, [0, cache["place"]], (bias.shape[0], 1))
        hidden = self._activate(cache["sums"] + weights["hidden_bias"])
        row = self._row(weights["decoder"], cache)
        logit = ops.matmul(hidden, ops.transpose(row))
        return (ops.cast(logit, bias.dtype) + bias)[:, 0]

    def observe(self, weights, cache, x, col, channel):
        change = ops.cast(x * self._row(weights["encoder"], cache), cache["sums"].dtype)
        return {"place": cache["place"] + 1, "sums": cache["sums"] + change}

    def _row(self, kernel, cache):
        return ops.slice(kernel, [cache["place"], 0], (1, self.units))


class _Rows(layers.Layer):
    """A matrix with a row for each sub-pixel: `W` or `V` of the paper."""

    def __init__(self, size, units, **kwargs):
        super().__init__(autocast=False, **kwargs)
        self.kernel = self.add_weight(
            name="kernel", shape=(size, units), initializer="glorot_uniform"
        )
        self.built = True

    def matrix(self):
        return ops.cast(self.kernel, self.compute_dtype)


def _before(size, dtype):
    """Returns the matrix with 1 where the column comes before the row."""
    return ops.convert_to_tensor(np.tril(np.ones((size, size)), -1), dtype)
