"""Dense layer in which a mask says which input reaches which output.

Germain, Gregor, Murray and Larochelle, 2015, "MADE: Masked Autoencoder for Distribution
Estimation", https://arxiv.org/abs/1502.03509, section 3.
"""

import keras
import numpy as np
from keras import ops

from kerasgen.arguments import check_int
from kerasgen.layers.class_bias import ClassBias, sum_dtype
from kerasgen.registry import PACKAGE


@keras.saving.register_keras_serializable(PACKAGE)
class MaskedDense(keras.layers.Layer):
    """Dense layer whose kernel is multiplied by a mask at every call.

    The kernel itself is never changed, so that averages, weight decay and optimizer
    slots stay true. No activation.

    Args:
        units: int. Number of outputs.
        num_classes: int or None. Adds a bias for each class.
        use_bias: bool.
        kernel_initializer: initializer of the kernel.
        **kwargs: as in `keras.layers.Layer`.

    Input:  `(batch, inputs)`; `connected`, bool `(inputs, units)`, the mask; int
        labels `(batch,)`, or None without classes.
    Output: `(batch, units)`, in float32 or wider.

    Reference: [Germain et al., 2015](https://arxiv.org/abs/1502.03509), section 3.
    """

    def __init__(
        self,
        units,
        num_classes=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        **kwargs,
    ):
        super().__init__(autocast=False, **kwargs)
        self.units = check_int("units", units)
        self.num_classes = num_classes
        self.use_bias = use_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        if use_bias:
            self.bias = ClassBias(
                units, num_classes, dtype=self.dtype_policy, name="bias"
            )

    def build(self, input_shape):
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], self.units),
            initializer=self.kernel_initializer,
        )

    def compute_output_shape(self, input_shape, *args):
        return (*input_shape[:-1], self.units)

    def call(self, x, connected, labels=None):
        kernel = ops.cast(self.kernel, self.compute_dtype)
        kernel = kernel * ops.cast(connected, self.compute_dtype)
        y = ops.matmul(ops.cast(x, self.compute_dtype), kernel)
        y = ops.cast(y, sum_dtype(self.compute_dtype))
        return y + self.bias(labels) if self.use_bias else y

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "num_classes": self.num_classes,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


def draw_degrees(size, hidden_sizes, num_masks, ordering, mask_seed):
    """Returns the degrees of the inputs and of each hidden layer, MADE's mask sets.

    A unit may see units of no higher degree, an output those of lower degree than its
    own. An input's degree is its place in the order, from 1. `RandomState` draws the
    same for ever, on every machine, so that masks need not be saved.

    Args:
        size: int. Number of inputs.
        hidden_sizes: tuple of ints.
        num_masks: int. Number of mask sets.
        ordering: `"raster"` or `"random"`.
        mask_seed: int.

    Returns:
        list of int32 arrays `(num_masks, units)`.
    """
    random, sets = np.random.RandomState(mask_seed), []
    for _ in range(num_masks):
        inputs = np.arange(size)
        inputs = random.permutation(inputs) if ordering == "random" else inputs
        degrees = [inputs + 1]
        for units in hidden_sizes:
            # Not `size`: no output could see such a unit.
            low, end = degrees[-1].min(), max(size, 2)
            degrees.append(random.randint(low, end, units, dtype="int64"))
        sets.append(degrees)
    return [np.stack(layer).astype("int32") for layer in zip(*sets, strict=True)]


def conditional_masks(size, hidden_sizes, outputs, mask_seed, reverse=False):
    """Returns the masks of a network with `outputs` values for each input.

    Those of input `d`, at places `d`, `size + d` and so on, see the inputs before it.

    Args:
        size, hidden_sizes, mask_seed: as in `draw_degrees`.
        outputs: int. Values an input.
        reverse: bool. Whether the last input comes first in the order.

    Returns:
        list of bool arrays, one for each hidden layer and one for the outputs.
    """
    degrees = draw_degrees(size, hidden_sizes, 1, "raster", mask_seed)
    first, *hidden = (layer[0] for layer in degrees)
    before = first = first[::-1] if reverse else first
    masks = []
    for after in hidden:
        masks.append(before[:, None] <= after)
        before = after
    return [*masks, before[:, None] < np.tile(first, outputs)]
