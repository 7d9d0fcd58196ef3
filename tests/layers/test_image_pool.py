"""The pool of past fakes, and padding by reflection."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.layers.image_pool import ImagePool
from kerasgen.layers.reflection_padding import ReflectionPadding2D

pytestmark = pytest.mark.every_backend


def numbered(start, count):
    """Returns images whose every pixel is their number."""
    values = np.arange(start, start + count, dtype="float32")
    return np.broadcast_to(values[:, None, None, None], (count, 2, 2, 1)).copy()


def ask(pool, images, training=True):
    return ops.convert_to_numpy(pool(images, training=training))[:, 0, 0, 0]


def held(pool):
    return ops.convert_to_numpy(pool.images)[:, 0, 0, 0]


def test_until_it_is_full_it_keeps_and_returns_what_it_is_given():
    pool = ImagePool((2, 2, 1), size=5, seed=1)
    np.testing.assert_array_equal(ask(pool, numbered(1, 3)), [1, 2, 3])
    np.testing.assert_array_equal(ask(pool, numbered(4, 2)), [4, 5])
    np.testing.assert_array_equal(held(pool), [1, 2, 3, 4, 5])


@pytest.mark.any_backend
@pytest.mark.parametrize("batch", [2, 8])
def test_then_half_of_the_answers_are_stored_ones_which_the_new_ones_replace(batch):
    pool, size = ImagePool((2, 2, 1), size=8, seed=1), 8
    for start in range(0, size, batch):
        ask(pool, numbered(start, batch))
    swapped, total, places = 0, 96, []
    for start in range(size, size + total, batch):
        before = held(pool).tolist()
        for number, answer in zip(
            range(start, start + batch), ask(pool, numbered(start, batch)), strict=True
        ):
            if answer == number:
                continue
            place = before.index(answer)
            before[place] = number  # the new one stands where that one was
            places.append(place)
            swapped += 1
        np.testing.assert_array_equal(held(pool), before)
    assert abs(swapped - total / 2) < 4 * np.sqrt(total) / 2
    assert set(places) == set(range(size)), "every place is drawn"


def test_outside_training_and_without_room_nothing_is_kept():
    pool = ImagePool((2, 2, 1), size=2, seed=1)
    np.testing.assert_array_equal(ask(pool, numbered(1, 3), False), [1, 2, 3])
    np.testing.assert_array_equal(held(pool), [0, 0])
    none = ImagePool((2, 2, 1), size=0)
    np.testing.assert_array_equal(ask(none, numbered(1, 9)), np.arange(1, 10))


def test_it_is_made_again_from_its_config():
    pool = ImagePool((2, 2, 1), size=3, seed=4)
    again = ImagePool.from_config(pool.get_config())
    assert again.get_config() == pool.get_config()
    for start in range(0, 12, 3):
        np.testing.assert_array_equal(
            ask(pool, numbered(start, 3)), ask(again, numbered(start, 3))
        )


def test_reflection_pads_by_what_is_next_to_the_edge():
    x = np.arange(12, dtype="float32").reshape(1, 3, 4, 1)
    layer = ReflectionPadding2D(2)
    expected = np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="reflect")
    np.testing.assert_array_equal(ops.convert_to_numpy(layer(x)), expected)
    assert layer.compute_output_shape(x.shape) == expected.shape
    assert ReflectionPadding2D.from_config(layer.get_config()).padding == 2
    with pytest.raises(ValueError, match="`padding` must be below the height and wid"):
        ReflectionPadding2D(3).build((None, 3, 4, 1))
    assert keras.Sequential([keras.Input((3, 4, 1)), layer]).output_shape[1:3] == (7, 8)
