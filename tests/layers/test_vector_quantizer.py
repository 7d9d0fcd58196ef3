"""VectorQuantizer: nearest codes, gradients, and a codebook that follows."""

import numpy as np
import pytest
from keras import ops

from kerasgen import backend
from kerasgen.layers.vector_quantizer import VectorQuantizer, perplexity

pytestmark = pytest.mark.every_backend


def make_layer(codebook=((0.0, 0.0), (4.0, 0.0), (0.0, 4.0)), **kwargs):
    """Returns a layer with a given codebook."""
    codebook = np.array(codebook, "float32")
    layer = VectorQuantizer(*codebook.shape, **kwargs)
    layer.codes.assign(codebook)
    return layer


def array(x):
    return ops.convert_to_numpy(x)


def test_vectors_become_the_nearest_codes():
    layer = VectorQuantizer(50, 4)
    z = np.random.default_rng(0).normal(size=(3, 5, 4)).astype("float32")
    vectors, codes = layer(z)
    codebook = array(layer.codebook)
    distances = np.square(z[..., None, :] - codebook).sum(-1)
    np.testing.assert_array_equal(array(codes), distances.argmin(-1))
    np.testing.assert_allclose(array(vectors), codebook[array(codes)], atol=1e-6)
    np.testing.assert_array_equal(array(layer.lookup(codes)), codebook[array(codes)])


def test_losses_are_zero_at_the_codes_and_weighted_means_elsewhere():
    layer = make_layer(commitment_weight=0.5, ema_decay=None)
    layer(np.array([[4.0, 0.0]], "float32"))
    assert [float(array(x)) for x in layer.losses] == [0.0, 0.0]
    layer._clear_losses()
    layer(np.array([[4.0, 1.0], [0.0, 0.0]], "float32"))
    assert [float(array(x)) for x in layer.losses] == [0.5 * 0.25, 0.25]
    layer = make_layer(commitment_weight=0.5)
    layer(np.array([[4.0, 1.0], [0.0, 0.0]], "float32"))
    assert [float(array(x)) for x in layer.losses] == [0.5 * 0.25]


def test_gradient_of_the_reconstruction_passes_straight_through():
    layer = make_layer(commitment_weight=0.0)
    z = np.array([[3.0, 1.0], [-1.0, 0.5]], "float32")
    target = np.array([[1.0, 2.0], [3.0, 4.0]], "float32")

    def reconstruction(vectors):
        return ops.square(ops.subtract(vectors, target))

    found = backend.input_gradient(lambda z: reconstruction(layer(z)[0]), z)
    expected = 2.0 * (np.array([[4.0, 0.0], [0.0, 0.0]]) - target)
    np.testing.assert_allclose(array(found), expected)


def test_the_codebook_learns_from_its_own_loss_alone():
    layer = make_layer(commitment_weight=0.25, ema_decay=None)
    z = np.array([[3.0, 1.0], [-1.0, 0.5], [1.0, 0.0]], "float32")

    def gradient(of):
        def loss_fn():
            layer._clear_losses()
            vectors, _ = layer(z, training=True)
            reconstruction = ops.sum(ops.square(vectors - 1.0))
            return ops.sum(ops.stack([reconstruction, *layer.losses])[of]), {}

        return array(backend.value_and_grad(loss_fn, [layer.codes])[1][0])

    np.testing.assert_array_equal(gradient(slice(0, 2)), 0.0)
    chosen = np.array([[0, 1, 0], [1, 0, 0], [1, 0, 0]])
    codebook = array(layer.codebook)
    expected = 2.0 / 6.0 * (chosen.sum(0)[:, None] * codebook - chosen.T @ z)
    np.testing.assert_allclose(gradient(slice(2, 3)), expected, atol=1e-6)
    layer(z, training=True)
    np.testing.assert_array_equal(array(layer.codebook), codebook)


def test_perplexity_counts_the_codes_in_use():
    for codes, expected in (
        ([0, 1, 2, 3] * 3, 4.0),
        ([2] * 7, 1.0),
        ([0, 3, 3, 0], 2.0),
    ):
        assert float(array(perplexity(ops.array(codes), 4))) == pytest.approx(expected)


def test_with_decay_0_codes_become_the_means_of_their_vectors():
    layer = make_layer(ema_decay=0.0)
    generator = np.random.default_rng(0)
    z = array(layer.codes)[[0] * 5 + [1] * 3 + [2] * 9]
    z = z + generator.normal(size=z.shape).astype("float32") / 3
    layer(z, training=True)
    means = [z[:5].mean(0), z[5:8].mean(0), z[8:].mean(0)]
    np.testing.assert_allclose(array(layer.codebook), means, rtol=1e-4, atol=1e-4)


def test_averages_are_those_of_the_paper_from_one_vote_a_code():
    layer = make_layer(ema_decay=0.9)
    z = np.array([[5.0, 0.0], [4.0, 1.0]], "float32")
    for _ in range(2):
        layer(z, training=True)
    counts = 0.81 + np.array([0.0, 0.19 * 2, 0.0])
    np.testing.assert_allclose(array(layer.counts), counts, rtol=1e-6)
    sums = 0.81 * np.array([4.0, 0.0]) + 0.19 * z.sum(0)
    np.testing.assert_allclose(array(layer.codebook)[1], sums / counts[1], rtol=1e-4)


def test_unused_codes_stay_where_they_are():
    """Started from zero counts they would be multiplied by 1e5 at once."""
    layer = make_layer(((0.0, 0.0), (0.0, 4.0), (4.0, 0.0)))
    z = np.zeros((100, 2), "float32")
    for _ in range(20):
        layer(z, training=True)
        np.testing.assert_allclose(
            array(layer.codebook), [[0.0, 0.0], [0.0, 4.0], [4.0, 0.0]], rtol=1e-3
        )


def test_smoothing_is_not_kept():
    layer = make_layer(epsilon=0.5, ema_decay=0.5)
    layer(np.full((8, 2), 0.1, "float32"), training=True)
    np.testing.assert_allclose(array(layer.counts), [4.5, 0.5, 0.5])
    assert array(layer.codebook)[1, 0] == pytest.approx(2.0 / (1.0 * 5.5 / 7.0))


def test_evaluation_moves_nothing():
    layer = make_layer(restart_threshold=1.0)
    before = [array(v) for v in layer.variables]
    layer(np.full((50, 2), 9.0, "float32"), training=False)
    for value, variable in zip(before, layer.variables, strict=True):
        np.testing.assert_array_equal(array(variable), value)


def test_dead_codes_restart_at_vectors_of_the_batch():
    layer = make_layer(((0.0, 0.0), (90.0, 0.0), (0.0, 90.0)), restart_threshold=0.4)
    z = np.random.default_rng(0).normal(size=(30, 2)).astype("float32")
    layer(z, seed=0, training=True)  # the counts, 0.99, are below 0.4 * 30 / 3
    codebook = array(layer.codebook)
    for code in codebook:
        assert np.abs(z - code).sum(-1).min() < 1e-4
    np.testing.assert_allclose(array(layer.counts), 8.0)
    assert len(np.unique(array(layer(z)[1]))) == 3
    alive = make_layer(restart_threshold=0.5)
    z = np.repeat(array(alive.codes), 2, axis=0)
    alive(z, seed=0, training=True)  # the counts, 1.01, are not below 0.5 * 2
    np.testing.assert_allclose(array(alive.codebook), array(make_layer().codebook))


def test_the_first_step_of_a_large_batch_starts_the_codebook_from_its_vectors():
    """Counts of 1 are less than the threshold of more than `codes / threshold`."""
    z = np.random.default_rng(0).normal(size=(400, 2)).astype("float32")
    for latents, replaced in ((400, 20), (100, 0)):  # around 20 / 0.1 = 200
        layer = VectorQuantizer(20, 2, restart_threshold=0.1)
        layer(z[:latents], seed=0, training=True)
        nearest = np.abs(z[:, None] - array(layer.codebook)).sum(-1).min(0)
        assert (nearest < 1e-4).sum() >= 0.8 * replaced
        assert replaced or (nearest < 1e-4).sum() == 0


def test_it_computes_in_float32_and_is_made_again_from_its_config():
    layer = VectorQuantizer(6, 2, 0.5, 0.9, 0.1, 1e-3, name="codes")
    again = VectorQuantizer.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    vectors, codes = layer(ops.cast(np.ones((1, 2)), "bfloat16"))
    assert "float32" in str(vectors.dtype) and "int32" in str(codes.dtype)


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="must be 0 with `ema_decay=None`. Received"):
        VectorQuantizer(3, 2, ema_decay=None, restart_threshold=0.1)
    with pytest.raises(ValueError, match="`ema_decay` must be.*Received"):
        VectorQuantizer(3, 2, ema_decay=1.0)
    with pytest.raises(ValueError, match="Received: num_codes=0"):
        VectorQuantizer(0, 2)
