"""Multi-scale PixelRNN: a small image first, then larger ones given it.

van den Oord, Kalchbrenner and Kavukcuoglu, 2016, "Pixel Recurrent Neural Networks",
https://arxiv.org/abs/1601.06759, section 3.6. Official code: none.

Differs from the paper:
1. RMSprop with rate 1e-3; the paper used RMSProp with rates that it does not give.
2. The paper does not describe the deconvolution network: here a 3x3 convolution and
   a transposed one for each prime factor, with kernels twice their strides.
3. Otherwise as `PixelRNN`: a softmax for binary images, no skip connections, labels.
As in the paper, all pixels of the large image are drawn, those of the small one, too.
"""

import math

import keras
import numpy as np
from keras import ops

from kerasgen.arguments import check_image_shape, check_int
from kerasgen.families.autoregressive_model import AutoregressiveModel
from kerasgen.layers.raster_sampling import RasterSampling
from kerasgen.networks.pixel_rnn_network import PixelRNNNetwork
from kerasgen.registry import register


@register
class MultiScalePixelRNN(AutoregressiveModel):
    """A PixelRNN of a small image, and one or more that enlarge it.

    The small image is every `f`-th pixel of every `f`-th row. A deconvolution network
    maps it to the size of the next one, and in every layer of the larger image's
    PixelRNN a 1x1 convolution of that map, without a mask, adds to the gates. The
    networks are trained side by side, each on its own images: one phase a scale.

    `log_prob` is no exact likelihood but `log p(small) + log p(large | small)`: it is
    below `log p(large)` by what the last network leaves to large images of which the
    small one is not a part. Calling the model gives the logits of the large image
    given its small one.

    Args:
        image_shape: tuple `(height, width, channels)`, of the largest image.
        factors: tuple of ints. How much each network enlarges, from the smallest
            image to the largest. Defaults to `(2,)`.
        layer: `"diagonal_bilstm"` or `"row_lstm"`.
        filters, blocks, head_filters: ints, as in `PixelRNN`, or tuples of ints, one a
            scale, the smallest image first.
        context_filters: int. Maps that the deconvolution networks make.
        levels: int that divides 256. Values of a sub-pixel.
        num_classes: int or None. Makes all networks conditional on labels.
        binarization: `"dynamic"`, `"threshold"` or None: what becomes of grey images
            where `levels` is 2, as in `PixelRNN`; the small image is a part of the
            binary one.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`.
    Sample:  images, float32 `level / (levels - 1)` in `[0, 1]`, same shape.
    Scalars: `scale_0_loss`, the exact negative log-likelihood of the smallest image in
        nats, `scale_1_loss`, that of the next one given it, and so on; each with its
        `bits_per_dim`, in bits a sub-pixel of its image.
    Raises:  ValueError: if the images are smaller than the product of `factors`.

    Example:
    >>> model = kerasgen.autoregressive.MultiScalePixelRNN(
    ...     (28, 28, 1), filters=16, blocks=2, head_filters=32, levels=2
    ... )
    >>> model.sample(2, seed=0).shape
    (2, 28, 28, 1)

    Reference: [van den Oord et al., 2016](https://arxiv.org/abs/1601.06759),
    section 3.6.
    """

    def __init__(
        self,
        image_shape,
        factors=(2,),
        layer="diagonal_bilstm",
        filters=128,
        blocks=12,
        head_filters=1024,
        context_filters=64,
        levels=256,
        num_classes=None,
        binarization="dynamic",
        **kwargs,
    ):
        super().__init__(
            image_shape,
            levels=levels,
            num_classes=num_classes,
            binarization=binarization,
            **kwargs,
        )
        self.factors = _check_factors(factors)
        check_image_shape(image_shape, minimum=math.prod(self.factors))
        self.layer = layer
        self.filters = _per_scale("filters", filters, self.factors)
        self.blocks = _per_scale("blocks", blocks, self.factors)
        self.head_filters = _per_scale("head_filters", head_filters, self.factors)
        self.context_filters = check_int("context_filters", context_filters)
        self.scales = []
        for i, stride in enumerate(self._strides()):
            shape = tuple(-(-n // stride) for n in self.image_shape[:2])
            scale = _Scale(
                (*shape, self.image_shape[2]),
                layer,
                self.filters[i],
                self.blocks[i],
                self.head_filters[i],
                self.levels,
                num_classes,
                (1, *self.factors)[i],
                context_filters,
                dtype=self.dtype_policy,
                name=f"scale_{i}",
            )
            scale.build()
            self.scales.append(scale)
            self.add_phase(f"scale_{i}", scale, scalars=("loss", "bits_per_dim"))

    def _strides(self):
        """Returns the steps at which the images take the largest one's pixels."""
        return [math.prod(self.factors[i:]) for i in range(len(self.factors) + 1)]

    def _subsample(self, levels):
        """Returns levels `(batch, height, width, channels)` at all scales."""
        return [levels[:, ::stride, ::stride] for stride in self._strides()]

    def compute_logits(self, x, labels, training):
        *_, small, x = self._subsample(x)
        return self.scales[-1].compute_logits(x, (labels, small), training)

    def compute_log_prob(self, levels, labels=None, training=False):
        """Returns a lower bound of `log p(levels)` in nats, `(batch,)`."""
        images = self._subsample(levels)
        parts = range(len(images))
        return sum(self._log_prob_of(i, images, labels, training) for i in parts)

    def _log_prob_of(self, i, images, labels, training):
        """Returns `log p` of image `i` given the one before it, `(batch,)`."""
        given = (labels, images[i - 1] if i else None)
        logits = self.scales[i].compute_logits(images[i], given, training)
        wide = keras.backend.result_type(logits.dtype, "float32")
        nats = ops.sparse_categorical_crossentropy(
            images[i], ops.cast(logits, wide), from_logits=True
        )
        return -ops.sum(nats, axis=(1, 2, 3))

    def compute_losses(self, phase, x, labels, training):
        i = self.phases.index(phase)
        images = self._subsample(self.to_levels(x, self.draw_seed(training)))
        nats = -ops.mean(self._log_prob_of(i, images, labels, training))
        bits = math.prod(self.scales[i].image_shape) * math.log(2.0)
        return {"loss": nats, "bits_per_dim": nats / bits}

    def log_prob(self, x, labels=None, seed=0, batch_size=None, weights=None):
        """Returns a lower bound of the log-likelihood of each image.

        Arguments are those of `PixelRNN.log_prob`.

        Returns:
            array `(len(x),)` of nats: `log p(small) + log p(large | small)`, which is
            the length of a code for the image but not the whole of its probability.
        """
        return super().log_prob(x, labels, seed, batch_size, weights)

    def default_optimizers(self):
        return {phase: keras.optimizers.RMSprop(1e-3) for phase in self.phases}

    # === Sampling, from the smallest image to the largest ===

    def _draw(self, known, labels, *options):
        images = None
        for part in self._subsample(known):
            images = super()._draw(part, self._pack(labels, images), *options)
        return images

    def _pack(self, labels, images):
        """Joins what is given to a scale, labels and images, into one array."""
        parts = [] if labels is None else [labels[:, None]]
        if images is not None:
            levels = np.rint(images * (self.levels - 1)).astype("int32")
            parts.append(levels.reshape(len(levels), -1))
        return np.concatenate(parts, axis=1) if parts else None

    def _unpack(self, given, known):
        """Returns the scale of the levels `known`, and what it is given."""
        shapes = [scale.image_shape for scale in self.scales]
        i, first = shapes.index(tuple(known.shape[1:])), int(bool(self.num_classes))
        labels = given[:, 0] if first else None
        small = ops.reshape(given[:, first:], (-1, *shapes[i - 1])) if i else None
        return self.scales[i], (labels, small)

    def _draw_cached(self, known, uniform, temperature, given=None):
        scale, given = self._unpack(given, known)
        return scale._draw_cached(known, uniform, temperature, given)

    def _draw_one(self, known, uniform, place, temperature, given=None):
        scale, given = self._unpack(given, known)
        return scale._draw_one(known, uniform, place, temperature, given)


class _Scale(RasterSampling, PixelRNNNetwork):
    """One image of the pyramid; what is given are labels and the image before it."""

    scale_levels = AutoregressiveModel.scale_levels

    def _scaled(self, given):
        labels, small = given
        return labels, None if small is None else self.scale_levels(small)

    def compute_logits(self, x, given, training):
        return self(self.scale_levels(x), *self._scaled(given))

    def step_weights(self, given):
        return super().step_weights(*self._scaled(given))


def _check_factors(factors):
    if not isinstance(factors, (tuple, list)) or not factors:
        raise ValueError(
            f"`factors` must be a tuple of ints. Received: factors={factors!r}"
        )
    return tuple(check_int("factors", factor, 2) for factor in factors)


def _per_scale(name, value, factors):
    """Returns one int a scale, of an int for all or one for each."""
    scales = len(factors) + 1
    if isinstance(value, int):
        return (value,) * scales
    if len(value) != scales:
        raise ValueError(
            f"`{name}` must be an int or {scales} ints. Received: {name}={value!r}"
        )
    return tuple(value)
