"""CoGAN: shared layers are the same variables, with gradients of both domains."""

import numpy as np
import pytest
from keras import layers, ops

from kerasgen import backend
from kerasgen.gans.cogan import CoGAN
from tests.conformance import check_model

SMALL = {"latent_dim": 3, "filters": 1, "seed": 0}
X = {
    name: np.random.default_rng(seed).uniform(size=(4, 8, 8, 1)).astype("float32")
    for seed, name in enumerate("ab")
}


def array(x):
    return ops.convert_to_numpy(x)


def value(x):
    return float(array(x))


def make(**kwargs):
    return CoGAN((8, 8, 1), **{**SMALL, "weight_decay": 0.0, **kwargs})


def test_contract():
    check_model(
        CoGAN,
        {
            "image_shape": (8, 12, 1),
            "target_shape": (8, 12, 3),
            "latent_dim": 3,
            "filters": 1,
            "shared": False,
            "weight_decay": 1e-3,
        },
    )


@pytest.mark.any_backend
def test_all_but_the_outer_layers_are_the_same_variables():
    coupled, apart = make(), make(shared=False)
    for player, own in (("generator", 2), ("discriminator", 2)):
        shared, twice = (
            len(getattr(model, player).trainable_variables)
            for model in (coupled, apart)
        )
        # A layer of each domain, of a kernel and a bias, is its own in both forms.
        assert twice - 2 * own == 2 * (shared - 2 * own)


@pytest.mark.any_backend
def test_equal_heads_give_equal_pairs():
    model = make()
    heads = [model.generator.get_layer(f"head_{name}") for name in "ab"]
    pairs = model.sample(3, seed=0)
    assert not np.allclose(pairs["a"], pairs["b"])
    heads[1].set_weights(heads[0].get_weights())
    pairs = model.sample(3, seed=0)
    np.testing.assert_allclose(pairs["a"], pairs["b"], atol=1e-6)


@pytest.mark.any_backend
@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_shared_weights_get_the_gradients_of_both_domains(player):
    """Each domain's loss is that of one of the two logits."""
    model = make()
    network = getattr(model, player)
    head = {id(v) for n in "ab" for v in outer(model, player, n)}
    variables = network.trainable_variables
    x = {name: ops.convert_to_tensor(part) for name, part in X.items()}
    z = model.draw_latents(4, False)

    def gradients(columns):
        def loss():
            made = model.joined(model.generate(z))
            said = model.judge(made, None, False)
            if player == "generator":
                return ops.sum(ops.softplus(-said[:, columns])) / 8.0, {}
            real = model.judge(model.joined(x), None, False)
            lost = ops.softplus(-real) + ops.softplus(said)
            return ops.sum(lost[:, columns]) / 8.0, {}

        return [array(g) for g in backend.value_and_grad(loss, variables)[1]]

    of_a, of_b, both = (gradients(slice(*s)) for s in ((0, 1), (1, 2), (0, 2)))
    for v, a, b, ab in zip(variables, of_a, of_b, both, strict=True):
        np.testing.assert_allclose(a + b, ab, rtol=1e-3, atol=1e-6)
        if id(v) in head:
            assert not np.any(a) or not np.any(b)
        elif len(v.shape) > 1:
            assert np.any(a) and np.any(b)


def outer(model, player, name):
    """Returns the weights of the layer that one domain has for itself."""
    if player == "generator":
        return model.generator.get_layer(f"head_{name}").trainable_variables
    convs = [x for x in model.discriminator.layers if isinstance(x, layers.Conv2D)]
    firsts = [x for x in convs if x.kernel.shape[2] == 1 and x.filters == 1]
    return firsts["ab".index(name)].trainable_variables


@pytest.mark.any_backend
def test_losses_are_means_over_both_domains():
    model = make()
    z = np.random.default_rng(1).standard_normal((4, 3)).astype("float32")
    model.draw_latents = lambda *args: ops.convert_to_tensor(z)
    found = model.compute_losses("discriminator", X, None, training=False)
    made = model.generate(z)
    real, fake = (
        array(model.discriminator([ops.convert_to_tensor(x[n]) for n in "ab"]))
        for x in (X, made)
    )
    expected = np.log1p(np.exp(-real)).mean() + np.log1p(np.exp(fake)).mean()
    assert value(found["loss"]) == pytest.approx(expected, rel=1e-5)
    found = model.compute_losses("generator", X, None, training=False)
    expected = np.log1p(np.exp(-fake)).mean()
    assert value(found["loss"]) == pytest.approx(expected, rel=1e-5)


@pytest.mark.any_backend
def test_domains_of_other_sides_are_refused():
    with pytest.raises(ValueError, match="`target_shape` must have the sides"):
        make(target_shape=(12, 8, 1))
