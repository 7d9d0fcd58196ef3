"""GANs whose generators make images of styles: mixing, truncation, noise."""

import keras
import numpy as np
from keras import ops

from kerasgen.arguments import check_decay, check_int, check_latents, check_number
from kerasgen.families.adversarial import TwoPlayerModel

CHUNK = 2**26  # numbers of noise that are drawn at once


class StyleModel(TwoPlayerModel):
    """Base class of StyleGANs. A model builds a `StyleGenerator` as `self.generator`.

    In training a part of the batches mixes the styles of two latents, the first up to a
    layer and the second from there on; noise is drawn anew for every image; the mean
    style is followed.

    Args:
        style_mixing: float in [0, 1]. Share of batches that are mixed.
        style_decay: float in [0, 1). Share of the mean style that a step keeps.
        **kwargs: as in `TwoPlayerModel`.
    """

    def __init__(self, *args, style_mixing=0.9, style_decay=0.995, **kwargs):
        super().__init__(*args, **kwargs)
        self.style_mixing = check_number("style_mixing", style_mixing, 0.0, 1.0)
        self.style_decay = check_decay("style_decay", style_decay)

    @property
    def used_styles(self):
        """int. The first so many styles have a part in images; all unless it grows."""
        return self.generator.synthesis.num_styles

    def synthesize(self, w, noise=None):
        """Returns images of styles, in `data_range`.

        Args:
            w: tensor `(batch, num_styles, units)`.
            noise: tensor of normal numbers `(batch, noise_size)`, or None for none.
        """
        return self.generator.synthesis(w, noise)

    def generate(self, z, labels=None, training=False):
        w = self.generator.mapping(z, labels)
        if not training:
            return self.synthesize(self.generator.spread(w))
        self.generator.mapping.follow(w, self.style_decay)
        w = self._mixed(w, labels)
        shape = (ops.shape(w)[0], self.generator.synthesis.noise_size)
        noise = keras.random.normal(shape, seed=self.draw_seed(True))
        return self.synthesize(w, noise)

    def score_of_class(self, scores, labels):
        """Returns the score of each image's class, `(batch, 1)`, of `(batch, classes)`.

        Without labels there is one score, which is returned.
        """
        if labels is None:
            return scores
        chosen = ops.one_hot(ops.cast(labels, "int32"), self.num_classes)
        return ops.sum(scores * chosen, axis=-1, keepdims=True)

    def _mixed(self, w, labels):
        """Returns styles of all layers, from a layer on those of other latents."""
        rows, count = self.generator.spread(w), self.generator.synthesis.num_styles
        if not self.style_mixing:
            return rows
        other = self.draw_latents(ops.shape(w)[0], True)
        others = self.generator.spread(self.generator.mapping(other, labels))
        mixed, place = ops.unstack(
            keras.random.uniform((2,), seed=self.draw_seed(True)), num=2
        )
        used = self.used_styles
        first = 1.0 + ops.floor(place * (used - 1))  # 1 to used - 1
        first = ops.where(mixed < self.style_mixing, first, float(count))
        later = ops.arange(count, dtype="float32")[None, :, None] >= first
        return ops.where(later, others, rows)

    def sample(
        self,
        num_samples,
        labels=None,
        seed=None,
        batch_size=None,
        latents=None,
        weights=None,
        truncation=1.0,
        truncated_styles=None,
        style_latents=None,
        style_from=0,
        noise=True,
    ):
        """Draws images.

        Args:
            num_samples, labels, seed, batch_size, latents, weights: as in
                `AdversarialModel.sample`.
            truncation: float. `psi`: styles are `mean + psi (w - mean)`; 1 leaves them,
                0 draws the mean image.
            truncated_styles: int or None. The first so many styles are truncated, those
                of coarse features; None for all.
            style_latents: array `(num_samples, latent_dim)` or None. Latents of a
                second style, which the layers from `style_from` on take.
            style_from: int. Number of that layer's style, from 0.
            noise: bool. Whether each image has noise of its own, drawn by `seed`.

        Returns:
            float32 array `(num_samples, height, width, channels)` in `[0, 1]`.
        """
        count = self.generator.synthesis.num_styles
        check_number("truncation", truncation)
        cut = count if truncated_styles is None else truncated_styles
        check_int("truncated_styles", cut, 0)
        check_int("style_from", style_from, 0, count)
        generator, labels = self.sampling_inputs(num_samples, labels, seed)
        if latents is None:
            latents = self.numpy_latents(generator, num_samples)
        shape = (num_samples, *self.latent_shape)
        arrays = {"z": check_latents("latents", latents, shape)}
        if labels is not None:
            arrays["labels"] = labels
        if style_latents is not None:
            arrays["other"] = check_latents("style_latents", style_latents, shape)
        names = (*arrays, *(["noise"] if noise else []))

        def drawn(*given):
            given = dict(zip(names, given, strict=True))
            w = self.generator.mapping(given["z"], given.get("labels"))
            rows = self.generator.spread(w)
            place = ops.arange(count)[None, :, None]
            if style_latents is not None:
                w = self.generator.mapping(given["other"], given.get("labels"))
                rows = ops.where(place >= style_from, self.generator.spread(w), rows)
            if truncation != 1.0:
                mean = ops.cast(self.generator.mapping.mean_style.value, rows.dtype)
                rows = ops.where(place < cut, mean + truncation * (rows - mean), rows)
            return self.to_images(self.synthesize(rows, given.get("noise")))

        key = ("styles", names, truncation, cut, style_from)
        size, images = self.generator.synthesis.noise_size, []
        rows = max(1, CHUNK // size) if noise else num_samples
        for start in range(0, num_samples, rows):
            part = [array[start : start + rows] for array in arrays.values()]
            if noise:
                shape = (len(part[0]), size)
                part.append(generator.standard_normal(shape, dtype="float32"))
            images.append(self.run_in_batches(key, drawn, part, batch_size, weights))
        return np.concatenate(images)
