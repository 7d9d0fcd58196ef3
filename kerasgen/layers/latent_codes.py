"""Latents in parts: noise, and codes that an image is to tell.

Chen et al., 2016, "InfoGAN", https://arxiv.org/abs/1606.03657, sections 4 to 6. What
takes `numeric` takes tensors with `keras.ops`, and arrays with NumPy.
"""

import math

import numpy as np
from keras import ops

from kerasgen.arguments import check_int
from kerasgen.losses.likelihoods import gaussian_log_prob

KINDS = ("noise", "categorical", "continuous")


class LatentCodes:
    """Noise on `[-1, 1]`, one-hot categorical codes, continuous codes on `[-1, 1]`.

    They stand in one vector, in this order. All are uniform. A posterior of the codes
    is a vector as well: the logits of each categorical code, and the means of normal
    distributions of variance 1.

    Args:
        noise_dim: int. Size of the noise.
        categories: tuple of ints, the number of values of each categorical code.
        num_continuous: int. Continuous codes.
    """

    def __init__(self, noise_dim, categories, num_continuous):
        self.noise_dim = check_int("noise_dim", noise_dim, 0)
        if not isinstance(categories, (tuple, list)):
            raise TypeError(
                "`categories` must be a tuple of ints. "
                f"Received: categories={categories!r}"
            )
        self.categories = tuple(check_int("categories", k, 2) for k in categories)
        self.num_continuous = check_int("num_continuous", num_continuous, 0)
        if not self.categories and not self.num_continuous:
            raise ValueError(
                "`categories` and `num_continuous` must give one code at least. "
                f"Received: categories={categories}, num_continuous={num_continuous}"
            )

    @property
    def num_codes(self):
        """int. Codes of both kinds."""
        return len(self.categories) + self.num_continuous

    @property
    def num_parameters(self):
        """int. Size of a posterior: logits of all categories, then means."""
        return sum(self.categories) + self.num_continuous

    @property
    def size(self):
        """int. Size of the latents."""
        return self.noise_dim + self.num_parameters

    @property
    def num_draws(self):
        """int. Uniform numbers that make one vector of latents."""
        return self.noise_dim + self.num_codes

    @property
    def entropies(self):
        """dict by kind of codes: their entropy in nats, summed over the codes."""
        found = {"categorical": sum(math.log(k) for k in self.categories)}
        found["continuous"] = self.num_continuous * math.log(2.0)
        return {kind: found[kind] for kind in self.kinds}

    @property
    def kinds(self):
        """tuple. The kinds of codes that there are."""
        present = (bool(self.categories), bool(self.num_continuous))
        return tuple(k for k, is_in in zip(KINDS[1:], present, strict=True) if is_in)

    def from_uniform(self, uniform, numeric=ops):
        """Maps draws on `[0, 1)`, `(n, num_draws)`, to latents `(n, size)`."""
        noise, continuous = self.noise_dim, self.noise_dim + len(self.categories)
        parts = [2.0 * uniform[:, :noise] - 1.0]
        for j, k in enumerate(self.categories):
            value = numeric.floor(uniform[:, noise + j : noise + j + 1] * k)
            value = numeric.minimum(value, k - 1.0)  # a product may be rounded up
            steps = numeric.arange(k, dtype="float32")[None]
            parts.append(1.0 - numeric.minimum(numeric.abs(value - steps), 1.0))
        parts.append(2.0 * uniform[:, continuous:] - 1.0)
        return numeric.concatenate(parts, axis=-1)

    def split(self, vectors):
        """Returns the codes' part of latents, or a posterior, as it is cut.

        Args:
            vectors: latents `(n, size)`, or posteriors `(n, num_parameters)`.

        Returns:
            list of `(n, k)` for each categorical code, and `(n, num_continuous)`.
        """
        start, found = vectors.shape[-1] - self.num_parameters, []
        for k in self.categories:
            found.append(vectors[:, start : start + k])
            start += k
        return found, vectors[:, start:]

    def information(self, posterior, latents):
        """Returns lower bounds of the mutual information of codes and images.

        `L_I = H(c) + E log Q(c|x)` (eq. 5), a mean over the batch in nats, summed over
        the codes of a kind. Of categorical codes it is 0 where `Q` is uniform, and
        their entropy where `Q` is sure and right. Of continuous codes it stays below
        -0.23 a code, since a normal distribution of variance 1 is wide.

        Args:
            posterior: float tensor `(n, num_parameters)`.
            latents: float tensor `(n, size)`, what the images were made from.

        Returns:
            dict from kind to float32 scalar.
        """
        (logits, means), (codes, values) = self.split(posterior), self.split(latents)
        found = dict(self.entropies)
        for said, code in zip(logits, codes, strict=True):
            said = ops.log_softmax(ops.cast(said, "float32"), axis=-1)
            log_prob = ops.sum(ops.cast(code, "float32") * said, axis=-1)
            found["categorical"] = found["categorical"] + ops.mean(log_prob)
        if self.num_continuous:
            log_prob = gaussian_log_prob(values, means, ops.zeros_like(means))
            found["continuous"] = found["continuous"] + ops.mean(log_prob)
        return found

    def read(self, posterior):
        """Returns what a posterior says, a float array `(n, num_parameters)`.

        Returns:
            dict of `"probabilities"`, a list of `(n, k)`, one for each categorical
            code; `"categorical"`, int32 `(n, codes)`, the likeliest values; and
            `"continuous"`, `(n, codes)`, means.
        """
        logits, _ = self.split(posterior)
        powers = [np.exp(x - x.max(axis=-1, keepdims=True)) for x in logits]
        return {
            "probabilities": [p / p.sum(axis=-1, keepdims=True) for p in powers],
            **self.drawn(posterior),  # the likeliest value stands where a one would
        }

    def drawn(self, latents):
        """Returns the codes in latents, a float array `(n, size)`, as `place` takes."""
        one_hot, continuous = self.split(latents)
        found = np.zeros((len(latents), len(one_hot)), "int32")
        for j, part in enumerate(one_hot):
            found[:, j] = np.argmax(part, axis=-1)
        return {"categorical": found, "continuous": np.array(continuous)}

    def place(self, latents, codes):
        """Returns latents in which codes given by name stand in place of drawn ones.

        Args:
            latents: float array `(n, size)`.
            codes: dict with any of `"noise"`, floats; `"categorical"`, ints; and
                `"continuous"`, floats: arrays `(n, parts)`, or what broadcasts to it.
        """
        widths = (self.noise_dim, len(self.categories), self.num_continuous)
        known = dict(zip(KINDS, widths, strict=True))
        if not isinstance(codes, dict) or not set(codes) <= set(known):
            received = list(codes) if isinstance(codes, dict) else repr(codes)
            raise ValueError(
                f"`codes` must be a dict with keys of {KINDS}. "
                f"Received: codes={received}"
            )
        latents, count = np.array(latents), len(latents)
        starts = (0, self.noise_dim, self.size - self.num_continuous)
        for (kind, width), start in zip(known.items(), starts, strict=True):
            if kind not in codes:
                continue
            value = _given(kind, codes[kind], (count, width))
            if kind != "categorical":
                latents[:, start : start + width] = value
                continue
            for j, k in enumerate(self.categories):
                if value[:, j].min() < 0 or value[:, j].max() >= k:
                    raise ValueError(
                        f"`codes['categorical']` must be in [0, {k - 1}] for code {j}. "
                        f"Received: {value[:, j].min()} to {value[:, j].max()}"
                    )
                latents[:, start : start + k] = np.eye(k)[value[:, j]]
                start += k
        return latents


def _given(kind, value, shape):
    """Returns the values of one kind, of `shape`, checked."""
    value = np.asarray(value)
    rule = "ints" if kind == "categorical" else "finite floats"
    known = value.dtype.kind in ("iu" if kind == "categorical" else "fiu")
    if value.ndim == 1 and shape[1] == 1 and len(value) == shape[0]:
        value = value[:, None]
    fits = value.ndim <= 2 and shape[1] > 0
    for have, want in zip(value.shape[::-1], shape[::-1], strict=False):
        fits = fits and have in (1, want)
    if not (known and fits and np.isfinite(value).all()):
        raise ValueError(
            f"`codes[{kind!r}]` must be {rule} of shape {shape}, or broadcast to it. "
            f"Received: shape {value.shape}, dtype {value.dtype}"
        )
    return np.broadcast_to(value, shape)
