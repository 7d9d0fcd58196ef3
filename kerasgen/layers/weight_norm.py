"""Weight normalisation, with weights set by the first batch.

Salimans and Kingma, 2016, "Weight Normalization", https://arxiv.org/abs/1602.07868,
sections 2 and 3.
"""

import contextlib
import contextvars

import keras
from keras import ops

from kerasgen.arguments import check_choice, check_int, check_number
from kerasgen.registry import PACKAGE

_INITIALIZING = contextvars.ContextVar("initializing", default=False)


@contextlib.contextmanager
def initializing_from_data():
    """A context in which every `WeightNorm` layer that is called sets its weights.

    Each output map then has mean 0 and the layer's `init_scale` as its standard
    deviation over the batch and the pixels. For eager calls alone.
    """
    token = _INITIALIZING.set(True)
    try:
        yield
    finally:
        _INITIALIZING.reset(token)


def is_initializing():
    """Returns whether this is within `initializing_from_data`."""
    return _INITIALIZING.get()


class WeightNorm(keras.layers.Layer):
    """Base of linear layers with weights `scale * direction / ||direction||`.

    There is a norm and a scale for each output map. Directions start normal, of
    standard deviation 0.05, scales at `init_scale`, biases at 0, until
    `initializing_from_data` sets scales and biases.

    Args:
        filters: int. Number of output maps.
        init_scale: float above 0. Standard deviation of the outputs at the start.
        train_scale: bool. Whether scales are trained. If not, they stay as the first
            batch sets them, and outputs cannot grow from layer to layer. Defaults to
            `True`.
        **kwargs: as in `keras.layers.Layer`.
    """

    def __init__(self, filters, init_scale=1.0, train_scale=True, **kwargs):
        super().__init__(**kwargs)
        self.filters = check_int("filters", filters)
        self.init_scale = check_number("init_scale", init_scale, 0.0)
        self.train_scale = check_choice("train_scale", train_scale, (False, True))

    def add_kernel(self, shape):
        """Adds the variables of a kernel `(*shape, filters)`."""
        self.direction = self.add_weight(
            name="direction",
            shape=(*shape, self.filters),
            initializer=keras.initializers.RandomNormal(stddev=0.05),
        )
        self.scale = self.add_weight(
            name="scale",
            shape=(self.filters,),
            initializer=keras.initializers.Constant(self.init_scale),
            trainable=self.train_scale,
        )
        self.bias = self.add_weight(
            name="bias", shape=(self.filters,), initializer="zeros"
        )

    def save_own_variables(self, store):
        # By one order, whether the scale is trained or not.
        for number, variable in enumerate(self._own_variables):
            store[str(number)] = variable.value

    def load_own_variables(self, store):
        if len(store.keys()) != len(self._own_variables):
            super().load_own_variables(store)  # which says what is wrong
        for number, variable in enumerate(self._own_variables):
            variable.assign(store[str(number)])

    @property
    def _own_variables(self):
        return (self.direction, self.scale, self.bias) if self.built else ()

    def normalized_kernel(self):
        """Returns the kernel in the dtype of computation."""
        dtype = self.variable_dtype
        direction, scale = (ops.cast(v, dtype) for v in (self.direction, self.scale))
        axes = tuple(range(len(direction.shape) - 1))
        squared = ops.maximum(ops.sum(ops.square(direction), axis=axes), 1e-12)
        kernel = direction * (scale * ops.rsqrt(squared))
        return ops.cast(kernel, self.compute_dtype)

    def add_bias(self, y):
        """Returns the outputs `y` with the bias; sets the weights when it is time."""
        if is_initializing():
            y = self._initialize(y)
        return y + ops.cast(self.bias, y.dtype)

    def _initialize(self, y):
        """Sets the scale and the bias by outputs without bias; returns new outputs."""
        axes = tuple(range(len(y.shape) - 1))
        mean, variance = ops.moments(ops.cast(y, self.variable_dtype), axes)
        # Maps that are constant, such as those of black borders, keep their scale.
        varies = variance > 1e-6
        factor = self.init_scale * ops.rsqrt(ops.where(varies, variance, 1.0))
        factor = ops.where(varies, factor, 1.0)
        self.scale.assign(ops.cast(self.scale, self.variable_dtype) * factor)
        self.bias.assign(-mean * factor)
        return y * ops.cast(factor, y.dtype)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.filters)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "init_scale": self.init_scale,
            "train_scale": self.train_scale,
        }


@keras.saving.register_keras_serializable(PACKAGE)
class WeightNormDense(WeightNorm):
    """Dense layer over the last axis, a 1x1 convolution of images.

    Args:
        filters, init_scale, train_scale, **kwargs: as in `WeightNorm`.

    Input:  `(..., channels)`.
    Output: `(..., filters)`.
    """

    def build(self, input_shape):
        self.add_kernel((input_shape[-1],))

    def call(self, x):
        return self.add_bias(ops.matmul(x, self.normalized_kernel()))

    def step_weights(self):
        """Returns `(matrix, bias)`, which a sampling loop only reads."""
        return self.normalized_kernel(), ops.cast(self.bias, self.compute_dtype)


@keras.saving.register_keras_serializable(PACKAGE)
class WeightNormConv2D(WeightNorm):
    """Convolution with a weight-normalised kernel.

    Args:
        filters, init_scale, **kwargs: as in `WeightNorm`.
        kernel_size: int. Height and width of the kernel.
        strides: int.
        padding: `"same"` or `"valid"`.

    Input:  `(batch, height, width, channels)`.
    Output: `(batch, new_height, new_width, filters)`.
    """

    def __init__(
        self, filters, kernel_size, strides=1, padding="same", init_scale=1.0, **kwargs
    ):
        super().__init__(filters, init_scale, **kwargs)
        self.kernel_size = check_int("kernel_size", kernel_size)
        self.strides = check_int("strides", strides)
        self.padding = check_choice("padding", padding, ("same", "valid"))

    def build(self, input_shape):
        self.add_kernel((self.kernel_size, self.kernel_size, input_shape[-1]))

    def call(self, x):
        kernel = self.normalized_kernel()
        y = ops.conv(x, kernel, self.strides, self.padding, data_format="channels_last")
        return self.add_bias(y)

    def compute_output_shape(self, input_shape):
        sides = input_shape[1:3]
        if self.padding == "valid":
            sides = [side - self.kernel_size + 1 for side in sides]
        sides = [-(-side // self.strides) for side in sides]
        return (input_shape[0], *sides, self.filters)

    def get_config(self):
        names = ("kernel_size", "strides", "padding")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
