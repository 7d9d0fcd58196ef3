"""Recurrent networks: what a step hears, and what reads in both directions."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.backend import input_gradient
from kerasgen.networks.recurrent import FeedbackLSTM, bidirectional_lstm

pytestmark = pytest.mark.every_backend

LENGTH, NOISE, CHANNELS = 4, 3, 2


def numbers(*shape, seed=0):
    values = np.random.default_rng(seed).uniform(0, 1, shape)
    return ops.convert_to_tensor(values.astype("float32"))


@pytest.fixture(scope="module")
def writer():
    keras.utils.set_random_seed(0)
    layer = FeedbackLSTM(CHANNELS, 5)
    layer.build((None, LENGTH, NOISE))
    return layer


def reach(fn, x):
    """Returns which steps of `x` each step of `fn(x)` depends on, a bool matrix."""
    rows = []
    for t in range(LENGTH):
        slopes = input_gradient(lambda x, t=t: ops.sum(ops.sin(fn(x)[:, t])), x)
        rows.append(np.abs(ops.convert_to_numpy(slopes)).max(axis=(0, 2)) > 0)
    return np.array(rows)


@pytest.mark.any_backend
def test_an_output_hears_the_noise_so_far_and_no_more(writer):
    found = reach(writer, numbers(2, LENGTH, NOISE))
    np.testing.assert_array_equal(found, np.tri(LENGTH, dtype=bool))


@pytest.mark.any_backend
def test_a_guess_hears_what_is_given_before_it(writer):
    noise = numbers(2, LENGTH, NOISE)
    given = numbers(2, LENGTH, CHANNELS, seed=1)
    found = reach(lambda x: writer(noise, given=x), given)
    np.testing.assert_array_equal(found, np.tri(LENGTH, k=-1, dtype=bool))
    # Of the noise as without: the state remembers it.
    found = reach(lambda x: writer(x, given=given), noise)
    np.testing.assert_array_equal(found, np.tri(LENGTH, dtype=bool))


def test_its_own_outputs_given_to_it_change_nothing(writer):
    noise = numbers(2, LENGTH, NOISE)
    made = writer(noise)
    again = writer(noise, given=made)
    np.testing.assert_allclose(
        ops.convert_to_numpy(again), ops.convert_to_numpy(made), atol=1e-6
    )
    other = ops.convert_to_numpy(writer(noise, given=made + 1.0))
    np.testing.assert_allclose(other[:, 0], ops.convert_to_numpy(made)[:, 0], atol=1e-6)
    assert not np.allclose(other[:, 1:], ops.convert_to_numpy(made)[:, 1:], atol=1e-3)


@pytest.mark.any_backend
def test_one_step_by_hand():
    layer = FeedbackLSTM(1, 1, depth=1)
    layer.build((None, 2, 1))
    for variable in layer.trainable_variables:
        variable.assign(ops.full(variable.shape, 0.5))
    noise = np.float32([[[0.2], [0.6]]])
    found = ops.convert_to_numpy(layer(ops.convert_to_tensor(noise)))[0, :, 0]

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    h = c = output = 0.0
    for step in range(2):
        x = max(0.0, 0.5 * noise[0, step, 0] + 0.5 * output + 0.5)
        gate = 0.5 * x + 0.5 * h + 0.5
        c = sigmoid(gate) * c + sigmoid(gate) * np.tanh(gate)
        h = sigmoid(gate) * np.tanh(c)
        output = 0.5 * h + 0.5
        assert found[step] == pytest.approx(output, abs=1e-6)


@pytest.mark.any_backend
def test_a_reader_hears_all_steps_in_two_stacks_that_do_not_meet():
    reader = bidirectional_lstm((LENGTH, CHANNELS), 3)
    x = numbers(2, LENGTH, CHANNELS)
    assert reader(x).shape == (2, LENGTH, 6)
    assert reach(reader, x).all()
    before = reach(lambda x: reader(x)[..., :3], x)
    np.testing.assert_array_equal(before, np.tri(LENGTH, dtype=bool))
    after = reach(lambda x: reader(x)[..., 3:], x)
    np.testing.assert_array_equal(after, np.tri(LENGTH, dtype=bool).T)


def test_a_writer_is_made_again_from_its_config(writer):
    again = FeedbackLSTM.from_config(writer.get_config())
    assert again.get_config() == writer.get_config()
