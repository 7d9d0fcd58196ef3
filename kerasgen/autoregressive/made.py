"""MADE: a masked autoencoder whose one pass gives all conditionals.

Germain, Gregor, Murray and Larochelle, 2015, "MADE: Masked Autoencoder for Distribution
Estimation", https://arxiv.org/abs/1502.03509, sections 3 and 4; settings
of the authors' code, https://github.com/mgermain/MADE.

Differs from the paper:
1. Raster order and one mask set unless told otherwise; the authors' best run has
   32 sets of random orders and connections.
2. Glorot's initial weights in place of orthogonal ones; Keras's Adagrad.
3. Sampling computes each hidden unit once, when its last input is known: one pass an
   image in place of one a sub-pixel.
4. `num_classes` adds a class's bias to every layer; the paper has no labels.
"""

import itertools
import math

import keras
import numpy as np
from keras import ops

from kerasgen.arguments import check_choice, check_int
from kerasgen.families.binary_vector_model import BinaryVectorModel
from kerasgen.layers.class_bias import sum_dtype
from kerasgen.layers.masked_dense import MaskedDense, draw_degrees
from kerasgen.registry import register


@register
class MADE(BinaryVectorModel):
    """Masked autoencoder over binary images, with ReLU layers.

    Each input and hidden unit has a degree, and sees only units of no higher degree;
    an output sees lower degrees than its own. With several mask sets training takes
    the next one in each step, and the model is their mixture: `log_prob` and
    `evaluate` average the probabilities of whole images over the sets, `sample` draws
    a set for each image. The logits of `call` are those of the first set.

    Args:
        image_shape: tuple `(height, width, channels)`.
        hidden_sizes: tuple of ints. Units of the hidden layers. Defaults to
            `(8000, 8000)`, the authors' best for MNIST.
        num_masks: int. Mask sets. Defaults to `1`; the authors' best for MNIST is 32.
        ordering: `"raster"`, or `"random"` for an order of its own in each mask set.
        direct: bool. Adds connections from the inputs straight to the outputs.
        mask_seed: int. Seed of the masks.
        num_classes: int or None. Makes the model conditional on labels.
        binarization: `"dynamic"`, `"threshold"` or None: what becomes of grey images.
            `"dynamic"` draws pixels from their grey value anew in each training
            step, None refuses grey.
        seed, name, dtype: as in `kerasgen.training.GenerativeModel`.

    Input:   images, `uint8` or float in `[0, 1]`, `(batch, height, width, channels)`.
    Sample:  images, float32 of zeros and ones, same shape.
    Scalars: `loss`, the exact negative log-likelihood in nats an image (of one mask
        set in training), and `bits_per_dim`, the same in bits a sub-pixel.
    Raises:  ValueError: if `hidden_sizes` is empty.

    Example:
    >>> model = kerasgen.autoregressive.MADE((28, 28, 1), hidden_sizes=(500,))
    >>> model.sample(2, seed=0).shape
    (2, 28, 28, 1)

    Reference: [Germain et al., 2015](https://arxiv.org/abs/1502.03509).
    """

    def __init__(
        self,
        image_shape,
        hidden_sizes=(8000, 8000),
        num_masks=1,
        ordering="raster",
        direct=True,
        mask_seed=0,
        num_classes=None,
        binarization="dynamic",
        **kwargs,
    ):
        super().__init__(image_shape, num_classes, binarization, **kwargs)
        self.hidden_sizes = _check_sizes(hidden_sizes)
        self.num_masks = check_int("num_masks", num_masks)
        self.ordering = check_choice("ordering", ordering, ("raster", "random"))
        self.direct = bool(direct)
        self.mask_seed = check_int("mask_seed", mask_seed, 0)
        self.degrees = draw_degrees(
            self.size, self.hidden_sizes, num_masks, ordering, mask_seed
        )
        self.orders = [np.argsort(d, axis=1).astype("int32") for d in self.degrees]
        self.mask_set = self._add_state("mask_set")  # not 0 while sampling alone
        sizes = (*self.hidden_sizes, self.size)
        self.dense = [
            MaskedDense(units, num_classes, dtype=self.dtype_policy) for units in sizes
        ]
        networks = [*self.dense]
        if self.direct:
            self.shortcut = MaskedDense(
                self.size, use_bias=False, dtype=self.dtype_policy
            )
            networks.append(self.shortcut)
        for layer, units in zip(networks, (self.size, *sizes), strict=False):
            layer.build((None, units))
        self.add_phase("network", networks, scalars=("loss", "bits_per_dim"))

    def default_optimizers(self):
        return {"network": keras.optimizers.Adagrad(0.01)}

    # === Likelihood ===

    def vector_logits(self, x, labels, training):
        """Returns the logits of one mask set: in training the next, else the first."""
        steps = self.steps.value % self.num_masks
        return self.set_logits(x, labels, steps if training else self.mask_set.value)

    def set_logits(self, x, labels, which):
        """Returns the logits of mask set number `which`, `(batch, size)`."""
        inputs, *hidden = _rows(self.degrees, which)
        y, seen = x, inputs
        for layer, degrees in zip(self.dense, hidden, strict=False):
            y = ops.relu(layer(y, seen[:, None] <= degrees, labels=labels))
            seen = degrees
        logits = self.dense[-1](y, seen[:, None] < inputs, labels=labels)
        if self.direct:
            logits = logits + self.shortcut(x, inputs[:, None] < inputs)
        return logits

    def compute_log_prob(self, levels, labels=None, training=False):
        if training or self.num_masks == 1:
            return super().compute_log_prob(levels, labels, training)
        x = ops.reshape(self.scale_levels(levels), (-1, self.size))

        def log_prob(which):
            logits = self.set_logits(x, labels, which)
            terms = ops.cast(x, logits.dtype) * logits - ops.softplus(logits)
            return ops.sum(terms, axis=-1) - math.log(self.num_masks)

        return ops.fori_loop(
            1,
            self.num_masks,
            lambda which, total: ops.logaddexp(total, log_prob(which)),
            log_prob(0),
        )

    # === One sub-pixel at a time ===

    def generation_order(self):
        if self.ordering == "raster":
            return None
        return _rows(self.orders, self.mask_set.value)[0]

    def _draw(self, known, labels, generator, batch_size, *options):
        """Draws a mask set for each image, then the images of each set together."""
        if self.num_masks == 1:
            return super()._draw(known, labels, generator, batch_size, *options)
        self.sync()
        seeds = generator.integers(0, 2**31, self.num_masks)
        sets = generator.integers(0, self.num_masks, len(known))
        size = 64 if batch_size is None else check_int("batch_size", batch_size)
        size = min(len(known), size)
        images = np.zeros(known.shape, "float32")
        try:
            for which in np.unique(sets):
                self.mask_set.assign(which)
                rows = np.flatnonzero(sets == which)
                # Whole batches, so that nothing is compiled again.
                padded = np.resize(rows, -(-len(rows) // size) * size)
                chosen = None if labels is None else labels[padded]
                noise = np.random.default_rng(seeds[which])
                drawn = super()._draw(known[padded], chosen, noise, size, *options)
                images[rows] = drawn[: len(rows)]
        finally:
            self.mask_set.assign(0)
        return images

    def step_weights(self, labels):
        """Returns all weights with units sorted by degree.

        The units that are complete after a sub-pixel then lie together. No mask is
        needed: a unit is read when all that it may see has been added, never later.
        """
        _, *hidden = _rows(self.degrees, self.mask_set.value)
        orders = _rows(self.orders, self.mask_set.value)
        layers = []
        pairs = itertools.pairwise([*orders, orders[0]])
        for layer, (rows, columns) in zip(self.dense, pairs, strict=True):
            bias = ops.take(layer.bias(labels), columns, axis=1)
            layers.append({"kernel": self._sorted(layer, rows, columns), "bias": bias})
        places = ops.arange(1, self.size + 1, dtype="int32")[:, None]
        for layer, degrees, order in zip(layers[1:], hidden, orders[1:], strict=False):
            lower = ops.sum(ops.cast(degrees < places, "int32"), axis=1)
            layer["degrees"] = ops.take(degrees, order)
            layer["starts"] = lower  # how many units have lower degrees
        weights = {"layers": layers}
        if self.direct:
            weights["shortcut"] = self._sorted(self.shortcut, orders[0], orders[0])
        return weights

    def _sorted(self, layer, rows, columns):
        kernel = ops.cast(layer.kernel, self.compute_dtype)
        return ops.take(ops.take(kernel, rows, axis=0), columns, axis=1)

    def init_cache(self, batch_size):
        dtype = sum_dtype(self.compute_dtype)
        sums = [ops.zeros((batch_size, layer.units), dtype) for layer in self.dense]
        return {"place": ops.zeros((), "int32"), "sums": sums}

    def next_logit(self, weights, cache):
        place = cache["place"]
        sums, bias = cache["sums"][-1], weights["layers"][-1]["bias"]
        return (_columns(sums, place, 1) + _columns(bias, place, 1))[:, 0]

    def observe(self, weights, cache, x, col, channel):
        place, sums = cache["place"], list(cache["sums"])
        first, *rest = weights["layers"]
        sums[0] = _add(sums[0], x, first["kernel"], place)
        for i, layer in enumerate(rest):
            # The hidden units of layer `i` that saw their last input are computed.
            size = max(np.bincount(row).max() for row in self.degrees[i + 1])
            start = ops.minimum(layer["starts"][place], self.hidden_sizes[i] - size)
            bias = _columns(weights["layers"][i]["bias"], start, size)
            y = ops.relu(_columns(sums[i], start, size) + bias)
            complete = ops.slice(layer["degrees"], [start], (size,)) == place + 1
            y = ops.cast(y * ops.cast(complete, y.dtype), self.compute_dtype)
            sums[i + 1] = _add(sums[i + 1], y, layer["kernel"], start)
        if self.direct:
            sums[-1] = _add(sums[-1], x, weights["shortcut"], place)
        return {"place": place + 1, "sums": sums}


def _rows(arrays, which):
    return [ops.convert_to_tensor(array)[which] for array in arrays]


def _columns(x, start, size):
    return ops.slice(x, [0, start], (x.shape[0], size))


def _add(total, x, kernel, start):
    """Returns `total` with the product of `x` and the kernel's rows from `start`."""
    rows = ops.slice(kernel, [start, 0], (x.shape[1], kernel.shape[1]))
    return total + ops.cast(ops.matmul(x, rows), total.dtype)


def _check_sizes(hidden_sizes):
    if not isinstance(hidden_sizes, (tuple, list)) or not hidden_sizes:
        raise ValueError(
            "`hidden_sizes` must be a tuple of one or more ints. "
            f"Received: hidden_sizes={hidden_sizes!r}"
        )
    return tuple(check_int("hidden_sizes", size) for size in hidden_sizes)
