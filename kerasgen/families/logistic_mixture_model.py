"""The family base of models whose pixels are mixtures of discretised logistics."""

import keras
from keras import ops

from kerasgen.arguments import check_int
from kerasgen.families.autoregressive_model import AutoregressiveModel
from kerasgen.layers.weight_norm import WeightNormDense, initializing_from_data
from kerasgen.losses.logistic_mixture import LogisticMixture


class LogisticMixtureModel(AutoregressiveModel):
    """Base class of PixelCNN++ and of what builds on it.

    The network conditions on whole pixels, and one mixture gives all of a pixel's
    channels. A model implements `compute_features(x, labels, training)`, from pixels
    in `[-1, 1]` to `(batch, height, width, filters)`, calls `add_head`, and for
    sampling has

    - `feature_weights(labels)`, `init_features(batch_size)`,
      `begin_feature_row(weights, cache)`: as the methods in `raster_sampling`;
    - `step_features(weights, cache, col)`: the features of one pixel, and the cache;
    - `observe_pixel(weights, cache, x, col)`: the cache once the pixel `x`,
      `(batch, channels)` in `[-1, 1]`, is known.

    Args:
        image_shape: tuple `(height, width, channels)`.
        num_mixtures: int. Components of a pixel's mixture.
        **kwargs: as in `AutoregressiveModel`.
    """

    def __init__(self, image_shape, num_mixtures=10, **kwargs):
        super().__init__(image_shape, **kwargs)
        self.num_mixtures = check_int("num_mixtures", num_mixtures)
        channels = self.image_shape[-1]
        self.mixture = LogisticMixture(channels, self.num_mixtures, self.levels)

    def add_head(self, channels):
        """Makes the 1x1 convolution from features to the mixture's parameters."""
        self.head = WeightNormDense(self.mixture.size, dtype=self._wide_dtype)
        self.head.build((None, channels))

    @property
    def _wide_dtype(self):
        return "float64" if self.compute_dtype == "float64" else "float32"

    def scale_levels(self, levels):
        """Maps levels to `[-1, 1]`, in float32: bfloat16 would not tell 256 apart."""
        return self.mixture.scale(ops.cast(levels, self._wide_dtype))

    def compute_features(self, x, labels, training):
        """Returns features `(batch, height, width, filters)`.

        Args:
            x: float tensor of pixels in `[-1, 1]`, `(batch, height, width, channels)`.
            labels: int tensor `(batch,)`, or None.
            training: bool.
        """
        raise NotImplementedError

    def compute_parameters(self, x, labels, training):
        """Returns the mixtures' parameters for int levels `x`."""
        x = self.compute_features(self.scale_levels(x), labels, training)
        return self.head(ops.elu(x))

    def compute_log_prob(self, levels, labels=None, training=False):
        """Returns `log p(levels)` in nats, `(batch,)`, in float32 or wider."""
        parameters = self.compute_parameters(levels, labels, training)
        return ops.sum(self.mixture.log_prob(parameters, levels), axis=(1, 2))

    def compute_logits(self, x, labels, training):
        """Returns `log p(x_i | x_<i)` for all levels of each sub-pixel."""
        parameters = self.compute_parameters(x, labels, training)
        return self.mixture.log_probs(parameters, x)

    def initialize_from(self, x, labels):
        levels = self.to_levels(x)
        with initializing_from_data():
            self.compute_parameters(levels, labels, training=False)

    def default_optimizers(self):
        adam = keras.optimizers.Adam(1e-3, beta_1=0.95, beta_2=0.9995)
        return {"network": adam}

    # === One pixel at a time ===

    def step_weights(self, labels):
        features = self.feature_weights(labels)
        return {"features": features, "head": self.head.step_weights()}

    def init_cache(self, batch_size):
        dtype, channels = self._wide_dtype, self.image_shape[-1]
        return {
            "features": self.init_features(batch_size),
            "parameters": ops.zeros((batch_size, self.mixture.size), dtype),
            "log_weights": ops.zeros((batch_size, self.num_mixtures), dtype),
            "values": [ops.zeros((batch_size,), dtype) for _ in range(channels)],
        }

    def begin_row(self, weights, cache):
        features = self.begin_feature_row(weights["features"], cache["features"])
        return {**cache, "features": features}

    def step(self, weights, cache, col, channel):
        if channel == 0:
            x, features = self.step_features(
                weights["features"], cache["features"], col
            )
            kernel, bias = weights["head"]
            parameters = ops.cast(ops.elu(x), self._wide_dtype) @ kernel + bias
            cache = {**cache, "features": features, "parameters": parameters}
        parts = self.mixture.split(cache["parameters"])
        if channel == 0:
            cache = {**cache, "log_weights": parts[0]}
        else:
            seen = self.mixture.observed(parts, cache["values"], channel - 1)
            cache = {**cache, "log_weights": cache["log_weights"] + seen}
        log_weights, values = cache["log_weights"], cache["values"]
        log_probs = self.mixture.channel_log_probs(parts, log_weights, values, channel)
        return log_probs, cache

    def observe(self, weights, cache, x, col, channel):
        values = list(cache["values"])
        values[channel] = x[:, 0]
        cache = {**cache, "values": values}
        if channel < self.image_shape[-1] - 1:
            return cache
        features = self.observe_pixel(
            weights["features"], cache["features"], ops.stack(values, axis=-1), col
        )
        return {**cache, "features": features}
