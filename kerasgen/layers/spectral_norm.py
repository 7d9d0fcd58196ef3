"""Spectral normalisation: weights divided by their largest singular value.

Miyato, Kataoka, Koyama and Yoshida, 2018, "Spectral Normalization for Generative
Adversarial Networks", https://arxiv.org/abs/1802.05957, section 2.1 and algorithm 1.
Official code: pfnet-research/sngan_projection.
"""

import keras
from keras import layers, ops

from kerasgen import backend
from kerasgen.arguments import check_int
from kerasgen.registry import PACKAGE

EPSILON = 1e-12  # beside the norms, as in the official code

_CONVOLUTIONS = tuple(getattr(layers, f"Conv{n}D") for n in (1, 2, 3))
_TRANSPOSED = tuple(getattr(layers, f"Conv{n}DTranspose") for n in (1, 2, 3))
_OTHERS = (layers.Dense, layers.Embedding)


def power_iteration(matrix, u):
    """Returns `(v, u)` after one iteration: `v = W^T u`, then `u = W v`, of norm 1.

    Args:
        matrix: tensor `(inputs, outputs)`, `W^T` in the paper's notation.
        u: tensor `(outputs,)`, of any norm but 0.
    """
    v = _unit(ops.matmul(matrix, u))
    return v, _unit(ops.matmul(v, matrix))


def _unit(x):
    return x / (ops.sqrt(ops.sum(ops.square(x))) + EPSILON)


@keras.saving.register_keras_serializable(PACKAGE)
class SpectralNorm(layers.Wrapper):
    """Runs another layer with its weights `W` divided by their spectral norm.

    The norm is that of `W` as a matrix of outputs times all else; `u^T W v` estimates
    it from below, by power iteration from a vector `u` that the layer keeps. `u` and
    `v` are constants for the gradient, which goes through `W` in both places. `W`
    itself stays as its optimizer leaves it; a bias and an activation stay as they are.

    Every call iterates from `u`. A call with `training=True` also stores the new `u`,
    unless the layer is frozen; one with `training=False` leaves it bit for bit. In the
    official code as well each training pass moves `u`, those of the generator's update
    too. `kerasgen.families.adversarial.TwoPlayerModel` has a way to move it once an
    update of the discriminator, see its `judges_together`.

    All of it is computed in the dtype of the variables, also in mixed precision.

    Args:
        layer: `Dense`, `Embedding`, `Conv1D` to `Conv3D` or `Conv1DTranspose` to
            `Conv3DTranspose` of Keras, or of a class made from them.
        iterations: int. Power iterations a call. Defaults to `1`.
        **kwargs: as in `keras.layers.Layer`; `dtype` is the layer's unless given.

    Input:  as of the layer.
    Output: as of the layer.
    Raises: TypeError: for a layer of another class.

    Example:
    >>> from kerasgen.layers.spectral_norm import SpectralNorm
    >>> layer = SpectralNorm(keras.layers.Dense(4))
    >>> tuple(layer(np.ones((2, 3), "float32"), training=True).shape)
    (2, 4)

    Reference: [Miyato et al., 2018](https://arxiv.org/abs/1802.05957), algorithm 1.
    """

    def __init__(self, layer, iterations=1, **kwargs):
        if not isinstance(layer, (*_CONVOLUTIONS, *_TRANSPOSED, *_OTHERS)):
            raise TypeError(
                "`layer` must be a Dense, an Embedding, a convolution or a transposed "
                f"convolution. Received: layer={layer!r}"
            )
        kwargs.setdefault("dtype", layer.dtype_policy)
        super().__init__(layer, **kwargs)
        self.iterations = check_int("iterations", iterations)

    def build(self, input_shape=None):
        super().build(input_shape)
        self.u = self.add_weight(
            name="u",
            shape=(self._kernel.shape[self._output_axis],),
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            trainable=False,
            autocast=False,
            aggregation="only_first_replica",
        )

    @property
    def _kernel(self):
        name = "embeddings" if isinstance(self.layer, layers.Embedding) else "kernel"
        return getattr(self.layer, name)

    @property
    def _output_axis(self):
        return -2 if isinstance(self.layer, _TRANSPOSED) else -1

    def _estimate(self):
        """Returns the kernel, the estimate of its norm, and the next `u`."""
        with backend.without_autocast():
            kernel = ops.copy(self._kernel.value)
        matrix = ops.moveaxis(kernel, self._output_axis, -1)
        matrix = ops.reshape(matrix, (-1, matrix.shape[-1]))
        fixed, u = ops.stop_gradient(matrix), ops.convert_to_tensor(self.u)
        for _ in range(self.iterations):
            v, u = power_iteration(fixed, u)
        u, v = ops.stop_gradient(u), ops.stop_gradient(v)
        sigma = ops.sum(ops.matmul(v, matrix) * u)
        return kernel, ops.maximum(sigma, EPSILON), u

    def normalized_kernel(self):
        """Returns `W / sigma`, of the shape of the layer's weights."""
        kernel, sigma, _ = self._estimate()
        return kernel / sigma

    def call(self, inputs, training=False):
        kernel, sigma, u = self._estimate()
        if training and self.trainable:
            self.u.assign(u)
        with backend.substitute([(self._kernel, kernel / sigma)]):
            return self.layer(inputs)

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)

    def get_config(self):
        return {**super().get_config(), "iterations": self.iterations}
