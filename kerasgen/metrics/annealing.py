"""Chains from a prior to a posterior, through the distributions between them."""

import inspect
import math

import numpy as np
from keras import ops

from kerasgen import backend
from kerasgen.arguments import check_int
from kerasgen.families.bounds import observe
from kerasgen.families.variational_model import VariationalModel

_ROWS = 1024  # chains in a call
_ACCEPTANCE = 0.65  # of proposals, as Wu et al. aim at
_FIRST_STEP = 0.1
_PILOTS = 16  # simulated images on which the lengths of steps are found
_STEEPNESS = 4.0  # of the sigmoid along which images come to count


def generators_of(seed, count, stream=1):
    """Returns NumPy generators, one for each image, of one of several streams."""
    return [np.random.default_rng([seed, i, stream]) for i in range(count)]


class Annealing:
    """The chains of one model, through one row of distributions."""

    def __init__(self, model, steps, chains, leapfrog_steps, batch_size, weights):
        if not isinstance(model, VariationalModel):
            raise TypeError(
                "`model` must be a VAE, with a prior and a likelihood of pixels. "
                f"Received: model={type(model).__name__}"
            )
        self.model, self.weights = model, weights
        self.steps, self.chains = check_int("steps", steps), check_int("chains", chains)
        self.leapfrog_steps = check_int("leapfrog_steps", leapfrog_steps)
        rows = _ROWS if batch_size is None else check_int("batch_size", batch_size)
        self.images_a_call = max(1, rows // chains)
        t = _STEEPNESS * np.linspace(-1.0, 1.0, steps + 1)
        sigmoid = 1.0 / (1.0 + np.exp(-t))
        self.powers = (sigmoid - sigmoid[0]) / (sigmoid[-1] - sigmoid[0])

    def find_lengths(self, seed):
        """Returns the length of a leapfrog step at each power, `(steps + 1,)`."""
        lengths = np.full(self.steps + 1, _FIRST_STEP)
        arrays, _ = self.simulate(_PILOTS, seed)
        generators = generators_of(seed, _PILOTS, 4)
        z = self.prior_codes(generators, arrays[1:])
        for t in range(1, self.steps):
            z, _, accepted = self.move(
                arrays, z, lengths[t], self.powers[t], generators
            )
            # Fast at first, whatever the scale of the codes is.
            rate = max(0.1, 2.0 / math.sqrt(t))
            lengths[t + 1] = lengths[t] * math.exp(rate * (accepted - _ACCEPTANCE))
        return lengths

    def run(self, arrays, z, lengths, generators, backwards=False):
        """Returns the logarithms of weights, `(n, chains)`, and the mean acceptance."""
        _, likelihood, _ = self.move(arrays, z, None, 0.0, generators)
        log_weights, accepted = np.zeros(likelihood.shape), []
        order = range(1, self.steps + 1)
        for t in reversed(order) if backwards else order:
            change = self.powers[t] - self.powers[t - 1]
            log_weights += (-change if backwards else change) * likelihood
            here = t - 1 if backwards else t
            if 0 < here < self.steps:
                power = self.powers[here]
                z, likelihood, share = self.move(
                    arrays, z, lengths[here], power, generators
                )
                accepted.append(share)
        return log_weights, float(np.mean(accepted)) if accepted else math.nan

    def move(self, arrays, z, length, power, generators):
        """Moves all chains by one proposal each, or with `length=None` not at all.

        Returns:
            codes `(n, chains, latent_dim)`, `log p(x|z)` of each, float64, and the
            share of proposals that were accepted.
        """
        count, (chains, size) = len(z), z.shape[1:]
        x, *labels = arrays
        if length is None:
            inputs, key = [x, z, *labels], "ais_likelihood"
            function = self._likelihoods
        else:
            momentum, uniform = np.empty(z.shape, "float32"), np.empty((count, chains))
            for i, generator in enumerate(generators):
                momentum[i] = generator.standard_normal((chains, size), "float32")
                uniform[i] = generator.random(chains)
            setting = np.tile(np.array([length, power], "float32"), (count, 1))
            threshold = np.log(np.maximum(uniform, 1e-30)).astype("float32")
            inputs = [x, z, momentum, threshold, setting, *labels]
            key, function = ("ais_move", self.leapfrog_steps), self._move
        found = self.model.run_in_batches(
            key, function, inputs, self.images_a_call, self.weights
        )
        moved = found[..., :size] if length is not None else z
        likelihood = found[..., -1].astype("float64")
        accepted = 0.0 if length is None else float(found[..., size].mean())
        return moved, likelihood, accepted

    def simulate(self, count, seed, labels=None):
        """Draws images: `(arrays, codes)`, of which each is a posterior sample."""
        generator = np.random.default_rng([seed, count, 3])
        model = self.model
        if model.decoder_classes is None:
            known = []
        elif labels is None:
            known = [generator.integers(0, model.decoder_classes, count, "int32")]
        else:
            known = model.label_arrays(labels, count)
        codes = model.numpy_latents(generator, count, self.weights, *known)
        options = {"labels": known[0]} if known else {}
        if "mean" in inspect.signature(model.sample).parameters:
            options["mean"] = False
        x = model.sample(
            count, seed=seed, latents=codes, weights=self.weights, **options
        )
        x = observe(model, x, generators_of(seed, count, 5))
        return [x, *known], codes

    def prior_codes(self, generators, labels):
        """Draws the codes that chains begin with, `(n, chains, latent_dim)`."""
        codes = []
        for i, generator in enumerate(generators):
            of_image = [np.repeat(y[i : i + 1], self.chains, axis=0) for y in labels]
            codes.append(
                self.model.numpy_latents(
                    generator, self.chains, self.weights, *of_image
                )
            )
        return np.stack(codes)

    # === On tensors ===

    def _repeated(self, x, z, labels):
        """Returns all with one row a chain."""
        chains = z.shape[1]
        return [ops.repeat(part, chains, axis=0) for part in (x, *labels)]

    def _likelihoods(self, x, z, *labels):
        rows = ops.reshape(z, (-1, z.shape[2]))
        x, *labels = self._repeated(x, z, labels)
        found = self.model.log_likelihood(x, rows, *labels)
        return ops.reshape(ops.cast(found, "float32"), (-1, z.shape[1], 1))

    def _move(self, x, z, momentum, threshold, setting, *labels):
        """Returns new codes, whether each proposal was accepted, and `log p(x|z)`."""
        chains, size = z.shape[1:]
        x, *labels = self._repeated(x, z, labels)
        length, power = (
            ops.repeat(ops.reshape(s, (-1, 1)), chains, axis=0)
            for s in (setting[:, 0], setting[:, 1])
        )

        def likelihood(z):
            return ops.cast(self.model.log_likelihood(x, z, *labels), "float32")

        def log_density(z, found):
            return self.model.log_prior(z) + power[:, 0] * found

        def slope(z):
            (gradient,) = backend.gradient(
                lambda v: ops.sum(log_density(v[0], likelihood(v[0]))), [z]
            )
            return gradient

        def leap(i, state):
            z, momentum = state
            z = z + length * momentum
            return z, momentum + length * slope(z)

        start = ops.reshape(z, (-1, size))
        momentum = ops.reshape(momentum, (-1, size))
        with backend.no_gradient():
            kinetic = 0.5 * ops.sum(ops.square(momentum), axis=1)
            moving = momentum + 0.5 * length * slope(start)
            end, moving = ops.fori_loop(0, self.leapfrog_steps, leap, (start, moving))
            moving = moving - 0.5 * length * slope(end)
            before, after = likelihood(start), likelihood(end)
            gain = log_density(end, after) - log_density(start, before) + kinetic
            gain = gain - 0.5 * ops.sum(ops.square(moving), axis=1)
            # Where a leap has left all bounds the comparison with NaN is false.
            accepted = ops.reshape(threshold, (-1,)) < gain
            z = ops.where(accepted[:, None], end, start)
            found = ops.where(accepted, after, before)
            parts = (z, ops.cast(accepted, "float32")[:, None], found[:, None])
            joined = ops.concatenate(parts, axis=1)
            return ops.reshape(joined, (-1, chains, size + 2))
