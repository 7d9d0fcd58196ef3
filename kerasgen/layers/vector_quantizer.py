"""Vectors replaced by the nearest of a codebook, which follows them.

van den Oord, Vinyals and Kavukcuoglu, 2017, "Neural Discrete Representation Learning",
https://arxiv.org/abs/1711.00937, section 3.2 and appendix A.1.
"""

import keras
from keras import ops

from kerasgen.arguments import check_int, check_number
from kerasgen.losses.likelihoods import float32
from kerasgen.registry import PACKAGE


def perplexity(codes, num_codes):
    """Returns `e^H` of how often each code is used: 1 for one, `num_codes` for all.

    Args:
        codes: int tensor of any shape.
        num_codes: int.
    """
    used = ops.one_hot(ops.reshape(codes, (-1,)), num_codes, dtype="float32")
    share = ops.mean(used, axis=0)
    return ops.exp(-ops.sum(share * ops.log(ops.maximum(share, 1e-12))))


@keras.saving.register_keras_serializable(PACKAGE)
class VectorQuantizer(keras.layers.Layer):
    """Returns the nearest vectors of a codebook, and their indices.

    Gradients pass the layer as if it were not there (straight-through). With
    `add_loss` it adds `commitment_weight * E |z - sg(e)|^2`, a mean over latents and
    their values. The codebook follows the vectors by moving averages of how many chose
    each code and of their sum, `e = sum / number`; or with `ema_decay=None` by the
    gradient of the second loss `E |sg(z) - e|^2`. In evaluation it stays as it is.

    Averages start as if each code had been chosen once, by itself. With
    `restart_threshold` the first step of training therefore replaces nearly all codes,
    as once is less than the threshold of a batch of more than `num_codes /
    restart_threshold` latents: the codebook starts from vectors of the data. Laplace
    smoothing of the numbers is applied where they are read and never kept. The layer
    computes in float32 unless told otherwise: nearest codes are mistaken in less.

    Args:
        num_codes: int. Vectors of the codebook.
        code_dim: int. Their size.
        commitment_weight: float. Defaults to `0.25`.
        ema_decay: float in `[0, 1)`, or None for a codebook that is trained.
        restart_threshold: float. A code that is chosen less often, on average, than
            this share of equal use, is replaced by a random vector of the batch. 0
            for never, as is needed without `ema_decay`. Defaults to `0.0`.
        epsilon: float, of the smoothing. Defaults to `1e-5`.
        dtype: dtype policy. Defaults to `"float32"`.
        **kwargs: as in `keras.layers.Layer`.

    Call:
        inputs: float tensor `(..., code_dim)`.
        seed: int or `SeedGenerator`, of the replacing vectors.
        training: bool.

    Output: vectors like the inputs, and int32 codes `(...)`.
    """

    def __init__(
        self,
        num_codes,
        code_dim,
        commitment_weight=0.25,
        ema_decay=0.99,
        restart_threshold=0.0,
        epsilon=1e-5,
        dtype="float32",
        **kwargs,
    ):
        super().__init__(dtype=dtype, **kwargs)
        self.num_codes = check_int("num_codes", num_codes)
        self.code_dim = check_int("code_dim", code_dim)
        self.commitment_weight = check_number(
            "commitment_weight", commitment_weight, 0.0
        )
        self.ema_decay = ema_decay
        self.restart_threshold = check_number(
            "restart_threshold", restart_threshold, 0.0, 1.0
        )
        self.epsilon = check_number("epsilon", epsilon, 0.0)
        self.learned = ema_decay is None
        if self.learned and restart_threshold:
            raise ValueError(
                "`restart_threshold` must be 0 with `ema_decay=None`. "
                f"Received: restart_threshold={restart_threshold}"
            )
        if not self.learned and check_number("ema_decay", ema_decay, 0.0, 1.0) == 1.0:
            raise ValueError("`ema_decay` must be below 1. Received: ema_decay=1.0")
        # Of about the size of the encoder's first outputs.
        initializer = keras.initializers.VarianceScaling(distribution="uniform")
        self.codes = self._add("codes", (num_codes, code_dim), initializer)
        if not self.learned:
            self.counts = self._add("counts", (num_codes,), "ones")
        self.built = True

    def _add(self, name, shape, initializer):
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=initializer,
            trainable=self.learned,
            aggregation=None if self.learned else "mean",
            dtype="float32",
        )

    @property
    def codebook(self):
        """The vectors, float32 `(num_codes, code_dim)`."""
        if self.learned:
            return float32(self.codes.value)
        counts = self.counts.value
        total = ops.sum(counts)
        smoothed = (counts + self.epsilon) * (
            total / (total + self.num_codes * self.epsilon)
        )
        return self.codes.value / smoothed[:, None]

    def nearest(self, z):
        """Returns the int32 codes `(...)` of vectors `(..., code_dim)`."""
        codebook = self.codebook
        # Without |z|^2, which all codes have in common.
        size = ops.sum(ops.square(codebook), axis=-1)
        distances = size - 2.0 * ops.matmul(float32(z), ops.transpose(codebook))
        return ops.cast(ops.argmin(distances, axis=-1), "int32")

    def lookup(self, codes):
        """Returns the vectors `(..., code_dim)` of int codes `(...)`."""
        return ops.take(self.codebook, codes, axis=0)

    def call(self, inputs, seed=None, training=False):
        z = float32(inputs)
        codes = self.nearest(z)
        vectors = self.lookup(codes)
        chosen = ops.stop_gradient(vectors)
        commitment = ops.mean(ops.square(z - chosen))
        self.add_loss(self.commitment_weight * commitment)
        if self.learned:
            self.add_loss(ops.mean(ops.square(ops.stop_gradient(z) - vectors)))
        elif training:
            self._follow(ops.stop_gradient(z), codes, seed)
        return z + ops.stop_gradient(chosen - z), codes

    def _follow(self, z, codes, seed):
        """Moves the averages on by one batch."""
        z = ops.reshape(z, (-1, self.code_dim))
        chosen = ops.one_hot(ops.reshape(codes, (-1,)), self.num_codes, dtype="float32")
        rate = 1.0 - self.ema_decay
        counts = self.ema_decay * self.counts.value + rate * ops.sum(chosen, axis=0)
        sums = self.ema_decay * self.codes.value + rate * ops.matmul(
            ops.transpose(chosen), z
        )
        if self.restart_threshold:
            latents = ops.cast(ops.shape(z)[0], "float32")
            lowest = self.restart_threshold * latents / self.num_codes
            dead = counts < lowest
            places = latents * keras.random.uniform((self.num_codes,), seed=seed)
            places = ops.minimum(places, latents - 1.0)
            drawn = ops.take(z, ops.cast(places, "int32"), axis=0)
            # Light, so that it moves and dies again soon if it stays unused.
            counts = ops.where(dead, 2.0 * lowest, counts)
            sums = ops.where(dead[:, None], 2.0 * lowest * drawn, sums)
        self.counts.assign(counts)
        self.codes.assign(sums)

    def compute_output_shape(self, input_shape):
        return input_shape, input_shape[:-1]

    def get_config(self):
        names = ("num_codes", "code_dim", "commitment_weight", "ema_decay")
        names += ("restart_threshold", "epsilon")
        return {**super().get_config(), **{n: getattr(self, n) for n in names}}
