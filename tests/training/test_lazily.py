"""Terms that are computed in one step of several alone."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen.backend import to_numpy
from kerasgen.training.generative_model import GenerativeModel

pytestmark = pytest.mark.every_backend


class Lazy(GenerativeModel):
    """One weight, moved by a drawn number in every third step."""

    image_shape = (1, 1, 1)

    def __init__(self, interval=3, **kwargs):
        super().__init__(**kwargs)
        self.interval = interval
        self.net = keras.Sequential(
            [keras.Input((1, 1, 1)), layers.Dense(1, use_bias=False)]
        )
        self.add_phase("model", self.net, scalars=("loss", "first", "second"))

    def compute_losses(self, phase, x, labels, training):
        weight = ops.sum(self.net.layers[-1].kernel.value)

        def drawn():
            first = keras.random.normal((), seed=self.draw_seed(training))
            second = keras.random.normal((), seed=self.draw_seed(training))
            return ops.stack([weight * 2.0, first, second])

        rest = ops.zeros((3,))
        loss, first, second = ops.unstack(
            self.lazily(self.interval, drawn, rest), num=3
        )
        loss = loss + 0.0 * weight  # PyTorch asks for a graph
        return {"loss": loss, "first": first, "second": second}

    def default_optimizers(self):
        return {phase: keras.optimizers.SGD(0.5) for phase in self.phases}


def test_a_term_is_computed_has_its_gradient_and_draws_of_its_own():
    model = Lazy(seed=0)
    model.compile()
    x, kernel = np.zeros((2, 1, 1, 1), "float32"), model.net.layers[-1].kernel
    moves, numbers = [], []
    for _ in range(7):
        before = to_numpy(kernel).item()
        logs = model.train_on_batch(x, return_dict=True)
        model.sync()
        moves.append(to_numpy(kernel).item() - before)
        numbers.append((float(logs["first"]), float(logs["second"])))
    np.testing.assert_allclose(moves, [-1, 0, 0, -1, 0, 0, -1], atol=1e-5)
    assert all(pair == (0.0, 0.0) for i, pair in enumerate(numbers) if i % 3)
    drawn = [n for i in (0, 3, 6) for n in numbers[i]]
    assert len(set(drawn)) == 6 and 0.0 not in drawn


def test_an_interval_of_one_is_the_term_itself():
    model = Lazy(interval=1, seed=0)
    losses = model.compute_losses("model", np.zeros((2, 1, 1, 1)), None, True)
    twice = 2.0 * to_numpy(model.net.layers[-1].kernel).item()
    assert to_numpy(losses["loss"]).item() == pytest.approx(twice)
