"""FVBN: a fully visible belief network, one logistic regression a sub-pixel.

Neal, 1992, "Connectionist Learning of Belief Networks", Artificial Intelligence 56,
https://doi.org/10.1016/0004-3702(92)90065-6, without hidden units; Frey,
1998, "Graphical Models for Machine Learning and Digital Communication".

Differs from the paper:
1. All conditionals are trained together, by Adam at 1e-3 on mini-batches, in place of
   gradient ascent one case at a time.
2. MNIST may be binarised anew in each step.
3. `num_classes` adds a bias for each class; the paper has no labels.
"""

import keras
import numpy as np
from keras import ops

from kerasgen.families.binary_vector_model import BinaryVectorModel
from kerasgen.layers.class_bias import sum_dtype
from kerasgen.layers.masked_dense import MaskedDense
from kerasgen.registry import register


@register
class FVBN(BinaryVectorModel):
    """Fully visible (sigmoid) belief network over binary images.

    `p(x_i = 1 | x_<i) = sigmoid(b_i + sum_(j<i) W_ij x_j)`, in raster order: a strictly
    lower triangular `W`, `D (D + 1) / 2` parameters that count. Training is convex.

    Args:
        image_shape: tuple `(height, width, channels)`.
        num_classes: int or None. Makes the model conditional on labels, by a bias.
        binarization: `"dynamic"`, `"threshold"` or None: what becomes of grey images.
            `"dynamic"` draws pixels from their grey value anew in each training
            step, None refuses grey.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`.
    Sample:  images, float32 of zeros and ones, same shape.
    Scalars: `loss`, the exact negative log-likelihood in nats an image, and
        `bits_per_dim`, the same in bits a sub-pixel.
    Raises:  ValueError: if `image_shape` is not three positive ints.

    Example:
    >>> model = kerasgen.autoregressive.FVBN((28, 28, 1))
    >>> model.sample(2, seed=0).shape
    (2, 28, 28, 1)

    Reference: [Neal, 1992](https://doi.org/10.1016/0004-3702(92)90065-6).
    """

    def __init__(self, image_shape, num_classes=None, binarization="dynamic", **kwargs):
        super().__init__(image_shape, num_classes, binarization, **kwargs)
        self.dense = MaskedDense(
            self.size,
            num_classes,
            kernel_initializer="zeros",
            dtype=self.dtype_policy,
        )
        self.dense.build((None, self.size))
        self.add_phase("network", self.dense, scalars=("loss", "bits_per_dim"))

    def vector_logits(self, x, labels, training):
        place = np.arange(self.size)
        return self.dense(x, place[:, None] < place, labels=labels)

    def default_optimizers(self):
        return {"network": keras.optimizers.Adam(1e-3)}

    # === One sub-pixel at a time ===

    def step_weights(self, labels):
        kernel = ops.cast(self.dense.kernel, self.compute_dtype)
        return {"kernel": kernel, "bias": ops.transpose(self.dense.bias(labels))}

    def init_cache(self, batch_size):
        dtype = sum_dtype(self.compute_dtype)
        return {
            "place": ops.zeros((), "int32"),
            "sums": ops.zeros((self.size, batch_size), dtype),
        }

    def next_logit(self, weights, cache):
        place, batch_size = cache["place"], cache["sums"].shape[1]
        bias = weights["bias"]
        here = ops.slice(cache["sums"], [place, 0], (1, batch_size))
        return (here + ops.slice(bias, [place, 0], (1, bias.shape[1])))[0]

    def observe(self, weights, cache, x, col, channel):
        # The row also changes sums of sub-pixels already drawn, which nobody reads.
        row = ops.slice(weights["kernel"], [cache["place"], 0], (1, self.size))
        sums = cache["sums"] + ops.cast(ops.transpose(x @ row), cache["sums"].dtype)
        return {"place": cache["place"] + 1, "sums": sums}
