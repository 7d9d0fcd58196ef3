"""f-GAN: the divergence at the best discriminator, both generators, both at once."""

import numpy as np
import pytest
from keras import layers, ops

from kerasgen.gans.f_gan import FGAN
from kerasgen.losses.f_divergence import F_DIVERGENCES
from tests.conformance import check_model

P, Q = np.array([5, 3, 2]) / 10, np.array([1, 3, 6]) / 10
RATIO = P / Q
MEAN = (P + Q) / 2


def kl(p, q):
    return np.sum(p * np.log(p / q))


JENSEN_SHANNON = kl(P, MEAN) + kl(Q, MEAN)
# Each divergence as the paper's table 1 has it, and the `v` of which `g_f` is f'(p/q).
TABLE = {
    "kl": (kl(P, Q), 1 + np.log(RATIO)),
    "reverse_kl": (kl(Q, P), np.log(RATIO)),
    "pearson": (np.sum((Q - P) ** 2 / Q), 2 * (RATIO - 1)),
    "neyman": (np.sum((P - Q) ** 2 / P), 2 * np.log(RATIO)),
    "squared_hellinger": (
        np.sum((np.sqrt(P) - np.sqrt(Q)) ** 2),
        0.5 * np.log(RATIO),
    ),
    "jeffrey": (np.sum((P - Q) * np.log(RATIO)), 1 - 1 / RATIO + np.log(RATIO)),
    "jensen_shannon": (JENSEN_SHANNON, np.log(RATIO)),
    "gan": (JENSEN_SHANNON - np.log(4), np.log(RATIO)),
}


def value(x):
    return float(ops.convert_to_numpy(x))


def points_model(**kwargs):
    return FGAN((2,), **{"latent_dim": 3, "filters": 4, "seed": 0, **kwargs})


def examples(v, density):
    """Returns `v` of ten examples, each as often as its density says."""
    return np.repeat(v, np.rint(10 * density).astype(int))[:, None].astype("float32")


def test_contract():
    check_model(
        FGAN,
        {
            "image_shape": (8, 12, 2),
            "latent_dim": 3,
            "divergence": "squared_hellinger",
            "variant": "minimax",
            "architecture": "dcgan",
            "filters": 2,
            "num_classes": 3,
            "latent_distribution": "normal",
        },
    )


def test_every_divergence_of_the_table_is_looked_at():
    assert {*TABLE, "total_variation"} == {*F_DIVERGENCES}


@pytest.mark.parametrize("name", TABLE)
def test_value_at_the_best_discriminator_is_the_divergence(name):
    """Equation 4: `E_p T - E_q f*(T)` is `D_f` at `f'(p / q)`, and less elsewhere."""
    expected, best = TABLE[name]
    model = points_model(divergence=name, variant="minimax")

    def bound(v):
        loss = model.discriminator_objective(examples(v, P), examples(v, Q))
        return -value(loss)

    assert bound(best) == pytest.approx(expected, rel=2e-5)
    for i in range(3):
        for move in (-0.2, 0.2):
            assert bound(best + move * np.eye(3)[i]) < expected - 1e-5
    scores = [np.mean(examples(t, d)) for t, d in ((best, P), (best, Q))]
    assert scores[0] > scores[1]  # more speaks for real, whatever the divergence


@pytest.mark.parametrize("name", TABLE)
def test_generators_of_both_variants(name):
    """Equation 7 leaves it `-E_q f*(T)`; in section 3.2 it maximises `E_q T`."""
    kind, (_, best) = F_DIVERGENCES[name], TABLE[name]
    fake, real = examples(best, Q), examples(best, P)
    model = points_model(divergence=name, variant="minimax")
    terms = np.mean(ops.convert_to_numpy(kind.activation(ops.convert_to_tensor(real))))
    bound = -value(model.discriminator_objective(real, fake))
    assert value(model.generator_objective(fake)) == pytest.approx(
        bound - terms, abs=1e-5
    )
    model = points_model(divergence=name)
    found = value(model.generator_objective(fake))
    best = ops.convert_to_numpy(kind.optimum(ops.convert_to_tensor(examples(RATIO, Q))))
    assert found == pytest.approx(-np.mean(best), rel=1e-5, abs=1e-5)
    logged = value(model.describe(real, fake)["fake"])
    assert logged == pytest.approx(np.mean(best), rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("name", TABLE)
def test_accuracy_is_by_the_threshold(name):
    """A larger `T` than `f'(1)` says real: of these tables where `p >= q`."""
    model, (_, best) = points_model(divergence=name), TABLE[name]
    best = best + np.array([0.0, 1e-3, 0.0])  # where p = q it says real
    found = value(model.measure(examples(best, P), examples(best, Q))["accuracy"])
    assert found == pytest.approx((8 + 6) / 20)


def test_total_variation():
    """`|p - q|_1 / 2`, which `tanh(v) / 2` approaches for large `v` of its sign."""
    model = points_model(divergence="total_variation")
    v = 9.0 * np.sign(P - Q)
    found = -value(model.discriminator_objective(examples(v, P), examples(v, Q)))
    assert found == pytest.approx(np.abs(P - Q).sum() / 2, rel=1e-5)


def test_a_gaussian_covers_more_modes_the_more_the_divergence_is_of_misses():
    """Of a Gaussian nearest to two modes: KL's is the widest, its reverse's the least.

    The order of the deviations in the paper's table 3, here by quadrature.
    """
    x = np.linspace(-8.0, 8.0, 801)

    def normal(mean, deviation):
        return np.exp(-0.5 * ((x - mean) / deviation) ** 2) / deviation

    p = 0.6 * normal(-1.0, 0.6) + 0.4 * normal(1.8, 0.6)
    p /= p.sum()

    def nearest(name):
        found = {}
        for mean in np.linspace(-1.5, 1.5, 31):
            for deviation in np.linspace(0.5, 2.0, 31):
                q = normal(mean, deviation) + 1e-30
                q /= q.sum()
                ratio = ops.convert_to_tensor(p / q)
                terms = ops.convert_to_numpy(F_DIVERGENCES[name].f(ratio))
                found[np.sum(q * terms)] = deviation
        return found[min(found)]

    widths = [nearest(name) for name in ("kl", "jensen_shannon", "reverse_kl")]
    assert widths[0] > widths[1] > widths[2]


def test_both_players_move_at_once_and_by_the_papers_optimizer():
    model = points_model()
    assert model._joined == (("discriminator", "generator"),)
    for optimizer in model.default_optimizers().values():
        config = optimizer.get_config()
        assert config["learning_rate"] == pytest.approx(2e-4)
        assert (config["beta_1"], config["beta_2"]) == (0.5, 0.999)
    normalized = [
        layer
        for layer in model.discriminator.layers
        if isinstance(layer, layers.BatchNormalization)
    ]
    assert not normalized  # of dense ones


@pytest.mark.parametrize("bad", [{"divergence": "wasserstein"}, {"variant": "paper"}])
def test_bad_arguments_are_refused(bad):
    with pytest.raises(ValueError, match="must be one of.*Received"):
        points_model(**bad)
