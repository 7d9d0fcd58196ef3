"""Virtual batch normalisation: by a batch that never changes, and the example itself.

Salimans, Goodfellow, Zaremba, Cheung, Radford and Chen, 2016, "Improved Techniques for
Training GANs", https://arxiv.org/abs/1606.03498, section 3.5. Official code:
openai/improved-gan (`imagenet/`).

The reference batch goes through the network in front of every other batch, so that all
layers between the first and the last of these three stay as they are:

    x = PrependReference(64, "random_normal")(z)    # 64 + n examples
    x = layers.Dense(128)(x)
    x = VirtualBatchNormalization(64)(x)
    x = DropReference(64)(layers.ReLU()(x))         # n examples
"""

import keras
from keras import ops

from kerasgen.arguments import check_int, check_number
from kerasgen.registry import PACKAGE


class _OfReference(keras.layers.Layer):
    """Base of layers that know the size of the reference batch."""

    def __init__(self, reference_size, **kwargs):
        super().__init__(**kwargs)
        self.reference_size = check_int("reference_size", reference_size)

    def get_config(self):
        return {**super().get_config(), "reference_size": self.reference_size}


@keras.saving.register_keras_serializable(PACKAGE)
class PrependReference(_OfReference):
    """Puts the reference batch in front of a batch.

    The reference is a variable, `reference`, which is saved and never trained. It is
    drawn where the layer is built, as for a generator's latents, or taken from data:
    either by assigning to it, or from the first batch of training, whose examples
    repeat where there are fewer. Until then, without training, each batch is its own
    reference.

    Args:
        reference_size: int. Examples of the reference batch.
        initializer: an initializer of Keras, its name, or None for the first batch of
            training.
        **kwargs: as in `keras.layers.Layer`.

    Input:  `(batch, ...)`, of floats.
    Output: `(reference_size + batch, ...)`.
    """

    def __init__(self, reference_size, initializer=None, **kwargs):
        super().__init__(reference_size, **kwargs)
        self.initializer = keras.initializers.get(initializer)

    def build(self, input_shape):
        shape = (self.reference_size, *input_shape[1:])
        self.reference = self._add("reference", shape, self.initializer or "zeros")
        if self.initializer is None:
            self.captured = self._add("captured", (), "zeros")

    def _add(self, name, shape, initializer):
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=initializer,
            trainable=False,
            autocast=False,
            aggregation="only_first_replica",
        )

    def call(self, x, training=False):
        reference = ops.convert_to_tensor(self.reference)
        if self.initializer is None:
            index = ops.arange(self.reference_size) % ops.shape(x)[0]
            first = ops.stop_gradient(ops.take(x, index, axis=0))
            first = ops.cast(first, reference.dtype)
            reference = ops.where(self.captured > 0.0, reference, first)
            if training and self.trainable:
                self.reference.assign(reference)
                self.captured.assign(1.0)
        return ops.concatenate([ops.cast(reference, x.dtype), x], axis=0)

    def set_reference(self, examples):
        """Makes `examples`, `(reference_size, ...)`, the reference batch."""
        self.reference.assign(examples)
        if self.initializer is None:
            self.captured.assign(1.0)

    def compute_output_shape(self, input_shape):
        batch, *rest = input_shape
        return (None if batch is None else self.reference_size + batch, *rest)

    def get_config(self):
        initializer = keras.initializers.serialize(self.initializer)
        return {**super().get_config(), "initializer": initializer}


@keras.saving.register_keras_serializable(PACKAGE)
class DropReference(_OfReference):
    """Leaves out the reference batch, which is in front.

    Args:
        reference_size: int. Examples of the reference batch.
        **kwargs: as in `keras.layers.Layer`.

    Input:  `(reference_size + batch, ...)`.
    Output: `(batch, ...)`.
    """

    def call(self, x):
        return x[self.reference_size :]

    def compute_output_shape(self, input_shape):
        batch, *rest = input_shape
        return (None if batch is None else batch - self.reference_size, *rest)


@keras.saving.register_keras_serializable(PACKAGE)
class VirtualBatchNormalization(_OfReference):
    """Batch normalisation by the reference batch and by the example itself.

    Mean and variance are those of the reference and this one example, as if they were a
    batch of `reference_size + 1`; those of the reference's own examples are its own. So
    no example depends on the others that it comes with. They are taken in float32, the
    same way in training and after it. The gradient goes through both.

    Args:
        reference_size: int. The first examples of the batch, which are the reference.
        epsilon: float. Added to the variance. Defaults to `1e-5`, as in the code.
        **kwargs: as in `keras.layers.Layer`.

    Input:  `(reference_size + batch, ..., channels)`.
    Output: same shape.

    Example:
    >>> from kerasgen.layers.virtual_batch_normalization import (
    ...     VirtualBatchNormalization
    ... )
    >>> x = np.ones((4 + 2, 8), "float32")  # 4 examples of reference
    >>> tuple(VirtualBatchNormalization(4)(x).shape)
    (6, 8)

    Reference: [Salimans et al., 2016](https://arxiv.org/abs/1606.03498), section 3.5.
    """

    def __init__(self, reference_size, epsilon=1e-5, **kwargs):
        super().__init__(reference_size, **kwargs)
        self.epsilon = check_number("epsilon", epsilon, 0.0)

    def build(self, input_shape):
        normal = keras.initializers.RandomNormal(mean=1.0, stddev=0.02)
        for name, start in (("gamma", normal), ("beta", "zeros")):
            weight = self.add_weight(
                name=name, shape=input_shape[-1:], initializer=start, autocast=False
            )
            setattr(self, name, weight)

    def call(self, x):
        wide = ops.cast(x, "float32")
        wide = ops.reshape(wide, (ops.shape(x)[0], -1, x.shape[-1]))  # (n + b, hw, c)
        reference, own = wide[: self.reference_size], wide[self.reference_size :]
        mean, variance = _moments(reference, (0, 1))
        own_mean, own_variance = _moments(own, (1,))
        # The variance of two groups together, which holds no difference of squares.
        share, apart = 1.0 / (self.reference_size + 1.0), own_mean - mean
        own_variance = (
            (1.0 - share) * variance
            + share * own_variance
            + share * (1.0 - share) * ops.square(apart)
        )
        own_mean = mean + share * apart
        parts = [
            (reference - mean) * ops.rsqrt(variance + self.epsilon),
            (own - own_mean) * ops.rsqrt(own_variance + self.epsilon),
        ]
        gamma, beta = (ops.cast(v, "float32") for v in (self.gamma, self.beta))
        y = ops.concatenate(parts, axis=0) * gamma + beta
        return ops.cast(ops.reshape(y, ops.shape(x)), x.dtype)

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}


def _moments(x, axes):
    """Returns mean and variance, whose second gradients TensorFlow's are not."""
    mean = ops.mean(x, axis=axes, keepdims=True)
    return mean, ops.mean(ops.square(x - mean), axis=axes, keepdims=True)
