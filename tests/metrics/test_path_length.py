"""Path lengths of generators whose path lengths are known."""

import keras
import numpy as np
import pytest

from kerasgen.metrics import perceptual_path_length
from kerasgen.metrics.path_length import linear_between, spherical_between

pytestmark = pytest.mark.any_backend

MATRIX = np.random.default_rng(0).standard_normal((5, 12))
ALL = (0.0, 100.0)


def linear(z):
    return (z @ MATRIX).reshape(-1, 2, 3, 2)


def squares(x, y):
    return np.sum((x - y) ** 2, axis=(1, 2, 3))


def ways(count=40, seed=1):
    return np.random.default_rng(seed).standard_normal((2, count, 5))


def length(generate=linear, latents=5, num_samples=60, **kwargs):
    found = perceptual_path_length(generate, squares, latents, num_samples, **kwargs)
    return found["perceptual_path_length"]


@pytest.mark.parametrize("sampling", ["full", "end"])
@pytest.mark.parametrize("epsilon", [1e-4, 1e-2])
def test_a_linear_generator_has_the_length_of_its_matrix(sampling, epsilon):
    """`E |J (w1 - w0)|^2`, whatever the step and the place."""
    start, end = ways()
    expected = np.sum(((end - start) @ MATRIX) ** 2, axis=1)
    found = perceptual_path_length(
        linear,
        squares,
        (start, end),
        interpolation="linear",
        sampling=sampling,
        epsilon=epsilon,
        percentiles=ALL,
    )
    assert found["perceptual_path_length"] == pytest.approx(expected.mean(), rel=1e-7)
    assert found["perceptual_path_length_num_examples"] == 40
    error = expected.std(ddof=1) / np.sqrt(40)
    assert found["perceptual_path_length_standard_error"] == pytest.approx(error)


def test_an_arc_of_the_unit_sphere_has_its_angle():
    start, end = (z / np.linalg.norm(z, axis=1, keepdims=True) for z in ways())
    angles = np.arccos(np.sum(start * end, axis=1))
    for sampling in ("full", "end"):
        found = perceptual_path_length(
            lambda z: z,
            lambda x, y: np.sum((x - y) ** 2, axis=1),
            (start, end),
            sampling=sampling,
            percentiles=ALL,
        )
        expected = np.mean(angles**2)
        assert found["perceptual_path_length"] == pytest.approx(expected, rel=1e-6)


def test_larger_images_and_constant_ones():
    expected = length()
    assert length(lambda z: 3 * linear(z)) == pytest.approx(9 * expected, rel=1e-6)
    assert length(lambda z: 0 * linear(z) + 0.5) == 0.0


def test_the_tails_are_left_out():
    start, end = ways(200)
    end[[3, 77]] *= 100.0
    values = np.sort(np.sum(((end - start) @ MATRIX) ** 2, axis=1))
    kwargs = {"latents": (start, end), "interpolation": "linear"}
    found = length(**kwargs)
    # The first percentile of 200 values lies between the second and the third.
    assert found == pytest.approx(values[1:199].mean(), rel=1e-6)
    assert length(**kwargs, percentiles=ALL) == pytest.approx(values.mean(), rel=1e-6)
    found = length(**kwargs, percentiles=(0, 98))
    assert found == pytest.approx(values[:197].mean(), rel=1e-6)
    assert found < 0.1 * values.mean()


def test_places_are_along_the_whole_way_or_at_its_start():
    """A generator that changes in the second half of a way alone."""
    start, end = np.zeros((400, 1)), np.ones((400, 1))
    kinked = {
        sampling: perceptual_path_length(
            lambda z: np.maximum(z - 0.5, 0.0),
            lambda x, y: (x - y)[:, 0] ** 2,
            (start, end),
            interpolation="linear",
            sampling=sampling,
            percentiles=ALL,
        )["perceptual_path_length"]
        for sampling in ("full", "end")
    }
    assert kinked["end"] == 0.0
    assert kinked["full"] == pytest.approx(0.5, abs=0.1)


def test_what_is_drawn_depends_on_the_seed_and_not_on_the_batches():
    expected = length()
    for batch_size in (1, 7, 60):
        assert length(batch_size=batch_size) == pytest.approx(expected, rel=1e-9)
    assert length(seed=1) != pytest.approx(expected, rel=1e-3)
    sizes = []
    length(lambda z: sizes.append(z.shape) or linear(z), batch_size=25)
    assert sizes == [(25, 5)] * 4 + [(10, 5)] * 2
    expected = 2 * np.sum(MATRIX**2)  # of differences of standard normals
    found = length(num_samples=4000, interpolation="linear", percentiles=ALL)
    assert found == pytest.approx(expected, rel=0.05)


def test_tensors_will_do():
    found = perceptual_path_length(
        lambda z: keras.ops.convert_to_tensor(linear(z).astype("float64")),
        lambda x, y: keras.ops.convert_to_tensor(squares(x, y)),
        5,
        60,
    )
    assert found["perceptual_path_length"] == pytest.approx(length(), rel=1e-2)


def test_ways_between_latents():
    start, end = ways()
    for between in (linear_between, spherical_between):
        np.testing.assert_allclose(between(start, end, np.zeros(40)), start)
        np.testing.assert_allclose(between(start, end, np.ones(40)), end, atol=1e-12)
    middle = spherical_between([[3.0, 0.0]], [[0.0, 3.0]], [0.5])
    np.testing.assert_allclose(middle, np.full((1, 2), 3 / np.sqrt(2)))
    third = spherical_between([3.0, 0.0], [0.0, 3.0], 1 / 3)
    np.testing.assert_allclose(third, [3 * np.cos(np.pi / 6), 1.5])
    np.testing.assert_allclose(spherical_between([1.0, 0], [3.0, 0], 0.5), [2.0, 0])
    np.testing.assert_allclose(spherical_between([0.0, 0], [3.0, 0], 0.5), [1.5, 0])
    np.testing.assert_allclose(linear_between([1.0, 0], [0, 3.0], 0.25), [0.75, 0.75])


@pytest.mark.parametrize(
    "kwargs, message",
    [
        ({"interpolation": "cubic"}, "interpolation='cubic'"),
        ({"sampling": "ends"}, "Did you mean 'end'"),
        ({"epsilon": 0}, "Received: epsilon=0"),
        ({"percentiles": (99, 1)}, "`percentiles` must rise"),
        ({"percentiles": (0, 101)}, "`percentiles` must rise"),
        ({"latents": 0}, "Received: latents=0"),
        ({"latents": (np.zeros((3, 5)),)}, "two arrays.* Received: 1 arrays"),
        ({"latents": (np.zeros((3, 5)), np.zeros((2, 5)))}, "3 and 2 latents"),
        ({"latents": (np.zeros((3, 5)), np.zeros((3, 4)))}, "rows of one shape"),
        ({"latents": [np.full((3, 5), np.nan)] * 2}, "`latents` must be finite"),
        ({"latents": (np.ones((3, 5)), -np.ones((3, 5)))}, "must not be opposite"),
        ({"generate": lambda z: np.nan * linear(z)}, "`distance` must be finite"),
        ({"generate": lambda z: linear(z)[:-1]}, "must return 60 numbers"),
    ],
)
def test_refusals(kwargs, message):
    with pytest.raises(ValueError, match=message):
        length(**kwargs)


def test_distances_are_not_negative():
    with pytest.raises(ValueError, match="no negative numbers. Received: -"):
        perceptual_path_length(linear, lambda x, y: -1 - squares(x, y), 5)
