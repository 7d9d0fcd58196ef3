"""GatedNetwork: what is drawn pixel by pixel is what the whole pass says."""

import numpy as np

from kerasgen import backend
from kerasgen.networks.gated_network import GatedNetwork
from tests.autoregressive.causality import cached_logits, randomize


def test_cached_logits_equal_those_of_one_pass():
    network = randomize(GatedNetwork((3, 4, 2), 4, 2, 3, 5, 6, 4, 3), 0.5)
    generator = np.random.default_rng(0)
    levels = generator.integers(0, 4, (2, 3, 4, 2), "int32")
    condition = generator.normal(size=(2, 3)).astype("float32")
    full = backend.compile_function(network, network.call)(levels, condition)
    expected = np.asarray(full)
    found = cached_logits(network, levels, condition)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    other = np.asarray(
        backend.compile_function(network, network.call)(levels, condition + 1.0)
    )
    assert np.abs(other - expected).max(axis=-1).min() > 0.0


def test_it_is_made_again_from_its_config():
    network = GatedNetwork((2, 2, 1), 2, 1, 3, 3, 2, 5, 1, name="network")
    again = GatedNetwork.from_config(network.get_config())
    assert again.get_config() == network.get_config()
    assert [w.shape for w in again.weights] == [w.shape for w in network.weights]
