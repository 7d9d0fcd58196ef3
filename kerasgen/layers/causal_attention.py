"""Attention of each pixel to all pixels before it.

Chen, Mishra, Rohaninejad and Abbeel, 2018, "PixelSNAIL",
https://arxiv.org/abs/1712.09763, section 2, and its released code.
"""

import math

import keras
from keras import ops

from kerasgen.layers.weight_norm import WeightNormDense


def causal_attention(queries, keys, values):
    """Returns the mean of the values of earlier positions, weighted by their keys.

    Position `i` attends to the positions before it, not to itself; the first gets
    zeros. Computed in float32 or wider.

    Args:
        queries: tensor `(batch, positions, key size)`.
        keys: tensor like `queries`.
        values: tensor `(batch, positions, value size)`.
    """
    dtype = keras.backend.result_type(queries.dtype, "float32")
    queries, keys, wide = (ops.cast(x, dtype) for x in (queries, keys, values))
    position = ops.arange(queries.shape[1])
    scores = ops.matmul(queries, ops.transpose(keys, (0, 2, 1)))
    scores = scores / math.sqrt(queries.shape[-1])
    weights = _softmax(scores, position[None, :] < position[:, None], axis=-1)
    return ops.cast(ops.matmul(weights, wide), values.dtype)


def attend(query, keys, values, count):
    """Returns what one position gets from the `count` positions before it.

    Args:
        query: tensor `(batch, key size)`.
        keys: tensor `(positions, batch, key size)`, of which the first `count` count.
        values: tensor `(positions, batch, value size)`.
        count: int tensor.
    """
    dtype = keras.backend.result_type(query.dtype, "float32")
    query, keys, wide = (ops.cast(x, dtype) for x in (query, keys, values))
    scores = ops.sum(keys * query, axis=-1) / math.sqrt(query.shape[-1])
    weights = _softmax(scores, ops.arange(keys.shape[0])[:, None] < count, axis=0)
    return ops.cast(ops.sum(weights[..., None] * wide, axis=0), values.dtype)


def _softmax(scores, allowed, axis):
    """Returns weights that sum to 1 over what is allowed, or zeros for nothing."""
    scores = ops.where(allowed, scores, -1e30)
    largest = ops.stop_gradient(ops.max(scores, axis=axis, keepdims=True))
    weights = ops.exp(scores - largest) * ops.cast(allowed, scores.dtype)
    # The largest alone adds 1, so this only keeps nothing from being divided by 0.
    return weights / ops.maximum(ops.sum(weights, axis=axis, keepdims=True), 1.0)


def coordinates(height, width):
    """Returns nested lists `(height, width, 2)`: places from -1/2 to below 1/2."""
    return [
        [[row / height - 0.5, col / width - 0.5] for col in range(width)]
        for row in range(height)
    ]


class CausalAttentionBlock(keras.layers.Layer):
    """Gated residual blocks, attention, and a block that takes what it found.

    Keys and values come from the pixels, their features and coordinates, queries from
    features and coordinates.

    Args:
        image_shape: tuple `(height, width, channels)`.
        filters: int of at least 2. Maps of the features; values are half as many.
        resnets: int. Residual blocks before the attention.
        key_size: int. Size of keys and queries.
        make_block: function `(shift, channels, side_channels=())` that returns a built
            `GatedResnet`.
        **kwargs: as in `keras.layers.Layer`.

    Input:  features `(batch, height, width, filters)`, and pixels `(batch, height,
        width, channels)`.
    Output: features.
    """

    def __init__(self, image_shape, filters, resnets, key_size, make_block, **kwargs):
        super().__init__(name="attention_block", **kwargs)
        self.size, channels = image_shape[:2], image_shape[2]
        self.filters, self.key_size = filters, key_size
        self.value_size = filters // 2
        self.resnets = [make_block("down_right", filters) for _ in range(resnets)]
        self.content_block = make_block("none", channels + filters + 2)
        self.query_block = make_block("none", filters + 2)
        self.content = self._dense(key_size + filters // 2, channels + filters + 2)
        self.query = self._dense(key_size, filters + 2)
        self.output_block = make_block("none", filters, (filters // 2,))
        self.built = True

    def _dense(self, size, channels):
        layer = WeightNormDense(size, dtype=self.dtype_policy)
        layer.build((None, channels))
        return layer

    def call(self, ul, x, labels=None, training=False):
        options = {"labels": labels, "training": training}
        for block in self.resnets:
            ul = block(ul, **options)
        shape = ops.shape(ul)
        places = ops.convert_to_tensor(coordinates(*self.size), self.compute_dtype)
        places = ops.broadcast_to(places, (shape[0], *self.size, 2))
        content = ops.concatenate([x, ul, places], axis=-1)
        content = self.content(self.content_block(content, **options))
        query = ops.concatenate([ul, places], axis=-1)
        query = self.query(self.query_block(query, **options))

        def flat(x):
            return ops.reshape(x, (shape[0], self.size[0] * self.size[1], x.shape[-1]))

        keys, values = (
            flat(content[..., : self.key_size]),
            content[..., self.key_size :],
        )
        mixed = causal_attention(flat(query), keys, flat(values))
        mixed = ops.reshape(mixed, (shape[0], *self.size, self.value_size))
        return self.output_block(ul, [mixed], **options)

    # === One pixel at a time ===

    def step_weights(self, labels):
        named = ("content_block", "query_block", "output_block")
        places = ops.convert_to_tensor(coordinates(*self.size), self.compute_dtype)
        return {
            "resnets": [block.step_weights(labels) for block in self.resnets],
            "content": self.content.step_weights(),
            "query": self.query.step_weights(),
            "places": places,
            **{name: getattr(self, name).step_weights(labels) for name in named},
        }

    def init_cache(self, batch_size):
        """Returns zeros for the activations, the keys and the values of all pixels."""

        def zeros(*shape):
            return ops.zeros(shape, self.compute_dtype)

        positions, width = self.size[0] * self.size[1], self.size[1]
        return {
            "resnets": [block.init_cache(batch_size, width) for block in self.resnets],
            "ul": zeros(batch_size, self.filters),
            "keys": zeros(positions, batch_size, self.key_size),
            "values": zeros(positions, batch_size, self.value_size),
        }

    def begin_row(self, weights, cache):
        found = zip(self.resnets, weights["resnets"], cache["resnets"], strict=True)
        return {**cache, "resnets": [b.begin_row(w, c) for b, w, c in found]}

    def _join(self, parts, weights, row, col):
        """Returns parts of a pixel `(batch, ...)` with its coordinates."""
        place = ops.slice(weights["places"], [row, col, 0], (1, 1, 2))[0]
        place = ops.broadcast_to(place, (parts[0].shape[0], 2))
        return ops.concatenate([*parts, place], axis=-1)

    def _pointwise(self, name, weights, x, sides=()):
        return getattr(self, name).step(weights[name], [{}, {}], x, 0, sides)[0]

    def step(self, weights, cache, ul, row, col):
        resnets = []
        for block, w, c in zip(
            self.resnets, weights["resnets"], cache["resnets"], strict=True
        ):
            ul, kept = block.step(w, c, ul, col)
            resnets.append(kept)
        query = self._join([ul], weights, row, col)
        query = self._pointwise("query_block", weights, query)
        query = query @ weights["query"][0] + weights["query"][1]
        count = row * self.size[1] + col
        mixed = attend(query, cache["keys"], cache["values"], count)
        y = self._pointwise("output_block", weights, ul, [mixed])
        return y, {**cache, "resnets": resnets, "ul": ul}

    def observe(self, weights, cache, x, row, col):
        """Returns the cache once the pixel `x` is known: its key and its value."""
        x = ops.cast(x, self.compute_dtype)
        content = self._join([x, cache["ul"]], weights, row, col)
        content = self._pointwise("content_block", weights, content)
        content = content @ weights["content"][0] + weights["content"][1]
        place = [row * self.size[1] + col, 0, 0]
        parts = {"keys": content[:, : self.key_size]}
        parts["values"] = content[:, self.key_size :]
        for name, part in parts.items():
            parts[name] = ops.slice_update(cache[name], place, part[None])
        return {**cache, **parts}
