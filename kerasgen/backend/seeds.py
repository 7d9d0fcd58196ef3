"""Random seeds that are saved with the model and differ between replicas."""

import contextlib
import random
import sys

import keras
import numpy as np
from keras import ops
from keras.src.utils import module_utils, rng_utils

from kerasgen import backend

EVALUATION_SEED = 20_141  # `evaluate` and `log_prob` draw the same noise every time


def set_random_seed(seed):
    """Sets all seeds as `keras.utils.set_random_seed` does, in less time.

    Keras imports TensorFlow for it on JAX and PyTorch, too, which takes five seconds.
    Here its seed is set where it is the backend or imported already.

    Args:
        seed: int.
    """
    tensorflow = module_utils.tensorflow
    before = tensorflow._available
    if keras.backend.backend() != "tensorflow" and "tensorflow" not in sys.modules:
        tensorflow._available = False
    try:
        rng_utils.set_random_seed(seed)
    finally:
        tensorflow._available = before


class SeedGenerator(keras.random.SeedGenerator):
    """A `keras.random.SeedGenerator` whose replicas draw different numbers.

    Keras's own gives every `tf.distribute` replica the same seed, so that eight
    replicas would train on eight copies of one batch of latents. Here the replica's
    number is folded into the seed drawn; the state stays mirrored. Without a seed,
    one is drawn at once (after `keras.utils.set_random_seed`, always the same):
    Keras's PyTorch dropout would else use a global stream that no file holds.
    """

    def __init__(self, seed=None, **kwargs):
        super().__init__(random.randint(1, 10**9) if seed is None else seed, **kwargs)

    def next(self, ordered=True):
        seed = super().next(ordered=ordered)
        replica = backend.replica_id()
        if replica is None:
            return seed
        shift = ops.cast(replica, seed.dtype) * 7919
        return seed + ops.stack([shift, ops.zeros_like(shift)])


class EvaluationSeeds:
    """Seeds for `evaluate`: a fixed row of integers, counted while tracing.

    Within `batch` each also depends on how many examples went before, so that every
    batch has noise of its own, and two passes over the same data have the same.
    """

    def __init__(self):
        self._count = 0
        self._examples = None

    @contextlib.contextmanager
    def batch(self, examples):
        """Starts the row anew, for the batch after so many examples.

        Args:
            examples: integer scalar tensor.
        """
        self._count, self._examples = 0, examples
        try:
            yield
        finally:  # keeps no tensor of a graph that is traced
            self._count, self._examples = 0, None

    def next(self):
        """Returns the next seed, as `keras.random` takes it."""
        self._count += 1
        seed = EVALUATION_SEED + self._count
        return seed if self._examples is None else _BatchSeed(seed, self._examples)


class _BatchSeed(keras.random.SeedGenerator):
    """The seed of one draw for one batch: a `SeedGenerator` without a state."""

    def __init__(self, seed, examples):  # no variable is made
        self._initial_seed, self._examples = seed, examples

    def next(self, ordered=True):
        dtype = self._examples.dtype
        seed = ops.cast(self._initial_seed, dtype)
        # PyTorch adds the two; the factor keeps a batch's draws off the next one's.
        return ops.stack([seed, self._examples * ops.cast(7919, dtype)])


class HeldSeed(keras.random.SeedGenerator):
    """The seed of one of several draws that share one seed: it has no state.

    Args:
        seed: integer tensor `(2,)`, as `SeedGenerator.next` gives it.
        number: int, that of the draw.
    """

    def __init__(self, seed, number):  # no variable is made
        self._seed, self._number = seed, number

    def next(self, ordered=True):
        shift = ops.cast(7919 * self._number, self._seed.dtype)
        return self._seed + ops.stack([shift, ops.zeros_like(shift)])


def numpy_generator(seed, seed_generator):
    """Returns the NumPy generator for one call of `sample` or `log_prob`.

    Noise of a sampling call is drawn by NumPy, so that one seed gives the same
    noise on every backend.

    Args:
        seed: int, or None for a draw that moves `seed_generator` on.
        seed_generator: `SeedGenerator` of the model.
    """
    if seed is None:
        state = ops.convert_to_numpy(seed_generator.next(ordered=True))
        return np.random.default_rng([int(part) & 0xFFFFFFFF for part in state])
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise TypeError(f"`seed` must be an int or None. Received: seed={seed!r}")
    if seed < 0:
        raise ValueError(f"`seed` must be at least 0. Received: seed={seed}")
    return np.random.default_rng(int(seed))
