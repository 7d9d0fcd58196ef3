"""Flows: the Jacobian against differences, and densities that integrate to one."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.layers.flows import InverseAutoregressiveFlow, PlanarFlow


def _flow(kind, size, reverse=False):
    """Returns a function of NumPy codes `(n, size)`, with random parameters."""
    keras.utils.set_random_seed(3)
    generator = np.random.default_rng(4)
    if kind == "planar":
        layer = PlanarFlow(size)
        given = generator.standard_normal(layer.num_parameters)
        given[size : 2 * size] = -given[:size]  # w u < -1 without the constraint
    else:
        layer = InverseAutoregressiveFlow(size, (16, 16), 3, reverse)
        moved = [w + 0.3 * generator.normal(size=w.shape) for w in layer.get_weights()]
        layer.set_weights(moved)
        given = generator.standard_normal(3)

    def run(z):
        context = np.broadcast_to(given, (len(z), len(given))).astype("float32")
        z = ops.convert_to_tensor(np.asarray(z, "float32"))
        outputs = layer(z, ops.convert_to_tensor(context))
        return [np.asarray(ops.convert_to_numpy(y), "float64") for y in outputs]

    return run


def _jacobian(run, z, step=1e-2):
    columns = []
    for shift in step * np.eye(len(z)):
        up, down = run((z + shift)[None])[0], run((z - shift)[None])[0]
        columns.append((up - down)[0] / (2 * step))
    return np.stack(columns, axis=1)


FLOWS = [("planar", False), ("iaf", False), ("iaf", True)]


@pytest.mark.parametrize(("kind", "reverse"), FLOWS)
@pytest.mark.parametrize("size", [1, 4])
def test_log_determinant_is_that_of_the_numeric_jacobian(kind, reverse, size):
    run = _flow(kind, size, reverse)
    for z in 0.7 * np.random.default_rng(0).standard_normal((3, size)):
        sign, expected = np.linalg.slogdet(_jacobian(run, z))
        assert sign == 1.0
        assert abs(expected) > 1e-3
        assert run(z[None])[1][0] == pytest.approx(expected, abs=5e-3)


def test_small_planar_parameters_shrink_what_lies_along_w():
    """The paper's `u` for `w u = 0` has `w u = ln 2 - 1`, however short `w` is."""
    w = 1e-2 * np.array([0.6, 0.8])
    parameters = np.float32([[0.0, 0.0, *w, 0.0]])
    z = np.float32([[1.0, 2.0]])
    moved, log_det = PlanarFlow(2)(ops.convert_to_tensor(z), parameters)
    along = (z @ w) * w / (w @ w)
    expected = z - (1 - np.log(2)) * along
    np.testing.assert_allclose(ops.convert_to_numpy(moved), expected, atol=1e-3)
    log_det = float(ops.convert_to_numpy(log_det)[0])
    assert log_det == pytest.approx(np.log(np.log(2)), abs=1e-3)


@pytest.mark.parametrize("reverse", [False, True])
def test_context_reaches_every_latent_but_the_first(reverse):
    keras.utils.set_random_seed(0)
    flow = InverseAutoregressiveFlow(4, (16, 16), 3, reverse)
    z = np.ones((2, 4), "float32")
    context = np.float32([[1.0, 2.0, 3.0], [-3.0, 1.0, 0.0]])
    moved = ops.convert_to_numpy(flow(z, context)[0])
    differs = moved[0] != moved[1]
    order = differs[::-1] if reverse else differs
    assert list(order) == [False, True, True, True]


@pytest.mark.parametrize("reverse", [False, True])
def test_jacobian_of_the_autoregressive_flow_is_triangular(reverse):
    jacobian = _jacobian(_flow("iaf", 5, reverse), np.linspace(-1, 1, 5))
    jacobian = jacobian[::-1, ::-1] if reverse else jacobian
    assert np.all(np.triu(jacobian, 1) == 0.0)
    below = np.abs(jacobian[np.tril_indices(5, -1)])
    assert np.mean(below > 1e-4) > 0.7


@pytest.mark.parametrize("kind", ["planar", "iaf"])
def test_density_on_a_line_integrates_to_one(kind):
    z = np.linspace(-8.0, 8.0, 8001)[:, None]
    moved, log_det = _flow(kind, 1)(z)
    moved = moved[:, 0]
    assert np.all(np.diff(moved) > 0.0)  # invertible
    density = np.exp(-0.5 * z[:, 0] ** 2 - log_det) / np.sqrt(2 * np.pi)
    mass = np.sum(0.5 * (density[1:] + density[:-1]) * np.diff(moved))
    assert mass == pytest.approx(1.0, abs=2e-3)
    assert np.abs(moved - z[:, 0]).max() > 0.1


@pytest.mark.parametrize("kind", ["planar", "iaf"])
def test_density_in_the_plane_integrates_to_one(kind):
    """Areas of the images of small squares, times the density there."""
    line = np.linspace(-5.0, 5.0, 201)
    z = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1)
    moved, log_det = _flow(kind, 2)(z.reshape(-1, 2))
    moved, log_det = moved.reshape(z.shape), log_det.reshape(z.shape[:2])
    density = np.exp(-0.5 * np.sum(z**2, axis=-1) - log_det) / (2 * np.pi)
    corners = [moved[:-1, :-1], moved[1:, :-1], moved[1:, 1:], moved[:-1, 1:]]
    area = 0.0
    for first, second in zip(corners, corners[1:] + corners[:1], strict=True):
        area = area + first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
    assert np.all(area > 0.0)
    mean = 0.25 * (density[1:, 1:] + density[:-1, 1:])
    mean = mean + 0.25 * (density[1:, :-1] + density[:-1, :-1])
    assert np.sum(0.5 * area * mean) == pytest.approx(1.0, abs=5e-3)


def test_planar_flow_without_parameters_is_the_identity():
    z = np.array([[0.3, -1.2]], "float32")
    moved, log_det = PlanarFlow(2)(z, np.zeros((1, 5), "float32"))
    np.testing.assert_allclose(ops.convert_to_numpy(moved), z, atol=1e-6)
    assert float(log_det[0]) == pytest.approx(0.0, abs=1e-5)


def test_extreme_parameters_stay_finite():
    for scale in (1e4, -1e4):
        given = np.full((1, 5), scale, "float32")
        given[:, :2] *= -1.0
        for output in PlanarFlow(2)(np.ones((1, 2), "float32"), given):
            assert np.all(np.isfinite(ops.convert_to_numpy(output)))
    flow = InverseAutoregressiveFlow(2, (4,), 1)
    flow.dense[-1].bias.bias.assign([0.0, 0.0, 1e4, -1e4])
    for output in flow(np.ones((1, 2), "float32"), np.zeros((1, 1), "float32")):
        assert np.all(np.isfinite(ops.convert_to_numpy(output)))


def test_config_round_trip():
    for layer in (
        PlanarFlow(3, name="planar"),
        InverseAutoregressiveFlow(3, (4, 5), 2, True, 7, name="iaf"),
    ):
        again = keras.layers.deserialize(keras.layers.serialize(layer))
        assert again.get_config() == layer.get_config()
