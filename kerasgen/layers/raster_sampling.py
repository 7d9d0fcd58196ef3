"""Sampling of autoregressive models: one compiled pass over the pixels.

Sampling keeps every layer's activations, so that a pixel costs one pixel's work
(Ramachandran et al., 2017, "Fast Generation for Convolutional Autoregressive Models",
https://arxiv.org/abs/1704.06001). A model, and each of its layers, has

- `step_weights(labels)`: tensors that the loop over the pixels only reads;
- `init_cache(batch_size)`: zeros for the activations that later pixels need;
- `begin_row(weights, cache)`: the cache at the start of the next row, with whatever
  can be computed for a whole row at once;
- `step(weights, cache, col, channel)`: the logits of one sub-pixel, and the cache;
- `observe(weights, cache, x, col, channel)`: the cache once its value is known.

A model that does not draw in raster order says so in `generation_order`.
"""

import numpy as np
from keras import ops

from kerasgen.arguments import check_choice, check_number
from kerasgen.losses.likelihoods import categorical_sample


class RasterSampling:
    """Mixin of `AutoregressiveModel`: `sample` and `complete`, cached and in full."""

    def generation_order(self):
        """Returns the order in which sub-pixels are drawn, or None for raster order.

        Int array or tensor of their places, `row * width * channels + col * channels
        + channel`. Cached sampling then calls the five methods in the order of
        drawing: rows and columns are no places of the image any more.
        """
        return None

    def sample(
        self,
        num_samples,
        labels=None,
        seed=None,
        batch_size=None,
        temperature=1.0,
        method="cached",
        weights=None,
    ):
        """Draws images, sub-pixel by sub-pixel.

        Args:
            num_samples: int.
            labels: int or ints, for a conditional model; None draws them.
            seed: int or None. The same seed gives the same noise on every backend;
                None moves the model's own seed on.
            batch_size: int or None. Images a call; it does not change them.
            temperature: float above 0. Logits are divided by it.
            method: `"cached"`, or `"full"` for a full pass a sub-pixel, the slow
                reference.
            weights: `"average"`, `"raw"`, or None for the averages where kept.

        Returns:
            float32 array `(num_samples, height, width, channels)` of
            `level / (levels - 1)`.
        """
        generator, labels = self.sampling_inputs(num_samples, labels, seed)
        unknown = np.full((num_samples, *self.image_shape), -1, "int32")
        return self._draw(
            unknown, labels, generator, batch_size, temperature, method, weights
        )

    def complete(
        self,
        images,
        mask,
        labels=None,
        seed=None,
        batch_size=None,
        temperature=1.0,
        method="cached",
        weights=None,
    ):
        """Draws the pixels of images that are not given, in the model's order.

        Each is drawn from its distribution given all pixels before it: of the given
        ones, too, only those before it count.

        Args:
            images: images, `uint8` or floats in `[0, 1]`.
            mask: bool array, True where the image is given: `(height, width)`,
                `(n, height, width)` or `(n, height, width, channels)`.
            labels, seed, batch_size, temperature, method, weights: as in `sample`.

        Returns:
            float32 array like `images`; given pixels have their level's value.
        """
        generator, labels = self.sampling_inputs(len(images), labels, seed)
        known = np.where(
            _check_mask(mask, (len(images), *self.image_shape)),
            self._numpy_levels(images, labels, seed=0),
            -1,
        )
        return self._draw(
            known, labels, generator, batch_size, temperature, method, weights
        )

    def _draw(self, known, labels, generator, batch_size, temperature, method, weights):
        """Replaces the -1 in the levels `known` by draws and returns images."""
        check_choice("method", method, ("cached", "full"))
        if check_number("temperature", temperature, 0.0) == 0.0:
            raise ValueError("`temperature` must be above 0. Received: temperature=0")
        known = known.astype("int32")
        # All noise is drawn here, by position, so that no order of computing, no
        # batch size and no backend changes what a seed draws.
        uniform = generator.random(known.shape, "float32")
        rest = [np.full(len(known), temperature, "float32")]
        rest += [] if labels is None else [labels]
        if method == "cached":
            arrays = [known, uniform, *rest]
            known = self.run_in_batches(
                "sample", self._draw_cached, arrays, batch_size, weights
            )
        else:
            self._draw_full(known, uniform, rest, batch_size, weights)
        return (known / (self.levels - 1)).astype("float32")

    def _draw_cached(self, known, uniform, temperature, labels=None):
        """One pass over the pixels: `(batch, h, w, c)` levels, -1 to be drawn."""
        height, width, channels = self.image_shape
        order = self.generation_order()
        known, uniform = _reorder(known, order), _reorder(uniform, order)
        # Batch last, so that what one step reads and writes lies together.
        known = ops.transpose(known, (1, 2, 3, 0))
        uniform = ops.transpose(uniform, (1, 2, 3, 0))
        batch = known.shape[3]
        weights = self.step_weights(labels)

        def draw_row(row, state):
            image, cache = state
            cache = self.begin_row(weights, cache)
            noise = ops.slice(uniform, [row, 0, 0, 0], (1, width, channels, batch))[0]
            values = ops.slice(image, [row, 0, 0, 0], (1, width, channels, batch))[0]

            def draw_pixel(col, state):
                values, cache = state
                for channel in range(channels):
                    place = [col, channel, 0]
                    logits, cache = self.step(weights, cache, col, channel)
                    value = _choose(
                        logits,
                        ops.slice(values, place, (1, 1, batch))[0, 0],
                        ops.slice(noise, place, (1, 1, batch))[0, 0],
                        temperature,
                    )
                    x = self.scale_levels(value[:, None])
                    cache = self.observe(weights, cache, x, col, channel)
                    values = ops.slice_update(values, place, value[None, None])
                return values, cache

            values, cache = ops.fori_loop(0, width, draw_pixel, (values, cache))
            return ops.slice_update(image, [row, 0, 0, 0], values[None]), cache

        start = (known, self.init_cache(batch))
        levels, _ = ops.fori_loop(0, height, draw_row, start)
        levels = ops.transpose(levels, (3, 0, 1, 2))
        return _reorder(levels, None if order is None else ops.argsort(order))

    def _draw_full(self, known, uniform, rest, batch_size, weights):
        """The reference: one compiled full pass for each sub-pixel, in place."""
        flat, noise = (a.reshape(len(known), -1) for a in (known, uniform))
        order = self.generation_order()
        order = range(flat.shape[1]) if order is None else ops.convert_to_numpy(order)
        for i in order:
            if np.all(flat[:, i] >= 0):
                continue
            place = np.full(len(known), i, "int32")
            arrays = [known, noise[:, i], place, *rest]
            flat[:, i] = self.run_in_batches(
                "full", self._draw_one, arrays, batch_size, weights
            )

    def _draw_one(self, known, uniform, place, temperature, labels=None):
        logits = self.compute_logits(ops.maximum(known, 0), labels, False)
        batch = known.shape[0]
        logits = ops.reshape(logits, (batch, -1, self.levels))
        logits = ops.take_along_axis(logits, place[:, None, None], axis=1)[:, 0]
        known = ops.reshape(known, (batch, -1))
        known = ops.take_along_axis(known, place[:, None], axis=1)[:, 0]
        return _choose(logits, known, uniform, temperature)


def _reorder(x, order):
    """Returns `(batch, h, w, c)` with its sub-pixels in another order."""
    if order is None:
        return x
    flat = ops.reshape(x, (x.shape[0], -1))
    return ops.reshape(ops.take(flat, order, axis=1), x.shape)


def _choose(logits, known, uniform, temperature):
    """Returns `known` where it is not -1, else levels by inverse distribution."""
    logits = ops.cast(logits, "float32") / temperature[:, None]
    drawn = categorical_sample(logits, uniform)
    return ops.where(known >= 0, known, drawn)


def _check_mask(mask, shape):
    """Returns the mask as a bool array of `shape`, `(n, h, w, c)`."""
    received = np.asarray(mask)
    if received.dtype != bool:
        raise TypeError(
            f"`mask` must be a bool array. Received: mask of dtype {received.dtype}"
        )
    mask = received[None] if received.ndim == 2 else received
    mask = mask[..., None] if mask.ndim == 3 else mask
    if mask.ndim != 4 or any(
        m not in (1, s) for m, s in zip(mask.shape, shape, strict=True)
    ):
        raise ValueError(
            f"`mask` must have shape {shape[1:3]}, {shape[:3]} or {shape}. "
            f"Received: mask of shape {received.shape}"
        )
    return np.broadcast_to(mask, shape)
