"""BiGAN: losses of pairs by hand, codes and their range, what the optimum inverts."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from kerasgen.families.bidirectional import BidirectionalModel
from kerasgen.gans.bigan import BiGAN
from tests.conformance import check_model

SMALL = {"latent_dim": 3, "units": 8, "filters": 2, "seed": 0}
X = np.random.default_rng(0).uniform(size=(4, 4, 4, 1)).astype("float32")


def array(x):
    return ops.convert_to_numpy(x)


def value(x):
    return float(array(x))


def make(**kwargs):
    return BiGAN(**{"image_shape": (4, 4, 1), **SMALL, **kwargs})


def softplus(x):
    return np.log1p(np.exp(x))


def test_contract():
    check_model(
        BiGAN,
        {
            "image_shape": (8, 12, 2),
            "latent_dim": 3,
            "architecture": "conv",
            "units": 6,
            "filters": 2,
            "weight_decay": 1e-3,
            "one_batch": False,
            "latent_distribution": "normal",
        },
    )


@pytest.mark.any_backend
def test_paper_networks_for_mnist():
    model = BiGAN((28, 28, 1))

    def shapes(network):
        dense = [x for x in network.layers if isinstance(x, layers.Dense)]
        return sorted(tuple(x.kernel.shape) for x in dense)

    assert shapes(model.generator) == [(50, 1024), (1024, 784), (1024, 1024)]
    assert shapes(model.encoder) == [(784, 1024), (1024, 50), (1024, 1024)]
    assert shapes(model.discriminator) == [
        *[(50, 1024), (50, 1024), (784, 1024), (1024, 1), (1024, 1024)]
    ]
    assert model.latent_range == (-1.0, 1.0)
    for network, count in (
        (model.generator, 2),
        (model.encoder, 1),
        (model.discriminator, 1),
    ):
        found = [x for x in network.layers if isinstance(x, layers.BatchNormalization)]
        assert [(x.scale, x.center) for x in found] == [(False, False)] * count


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "loss", ["non_saturating", "minimax", "wasserstein", "relativistic"]
)
def test_joint_losses_are_those_of_pairs(loss):
    """Equation 3: `D(x, E(x))` is real, `D(G(z), z)` is not; and then exchanged."""
    model = make(loss=loss, weight_decay=0.0)
    z = np.random.default_rng(1).uniform(-1, 1, (4, 3)).astype("float32")
    model.draw_latents = lambda *args: ops.convert_to_tensor(z)
    found = model.compute_joint_losses(model.phases, X, None, training=False)
    pairs = (X, model.infer(X)), (model.generate(z), z)
    real, fake = (
        array(model.discriminator([ops.convert_to_tensor(part) for part in pair]))
        for pair in pairs
    )
    np.testing.assert_allclose(array(model.discriminate(X)), real, rtol=1e-5)
    expected = {
        "non_saturating": (
            softplus(-real).mean() + softplus(fake).mean(),
            softplus(real).mean() + softplus(-fake).mean(),
        ),
        "wasserstein": ((fake - real).mean(), (real - fake).mean()),
        "relativistic": (softplus(fake - real).mean(), softplus(real - fake).mean()),
    }
    halves = expected["non_saturating" if loss == "minimax" else loss]
    if loss == "minimax":
        halves = halves[0], -halves[0]
    for phase, half in zip(model.phases, halves, strict=True):
        assert value(found[phase]["loss"]) == pytest.approx(half, rel=1e-4, abs=1e-6)


@pytest.mark.any_backend
def test_undecided_costs_twice_log_two_on_both_sides():
    model = make()
    zeros = np.zeros((4, 1), "float32")
    for half in (model.discriminator_objective, model.generator_objective):
        assert value(half(zeros, zeros)) == pytest.approx(2 * np.log(2))
    smooth = make(label_smoothing=0.1)  # of the discriminator's targets alone
    fake, real = np.float32([[1.0]]), np.float32([[-2.0]])
    assert value(smooth.generator_objective(fake, real)) == value(
        model.generator_objective(fake, real)
    )
    assert value(smooth.discriminator_objective(real, fake)) != value(
        model.discriminator_objective(real, fake)
    )


@pytest.mark.any_backend
def test_codes_are_where_latents_are():
    model = make()
    dense = model.encoder.layers[-1]
    dense.bias.assign([1e3, -1e3, 0.0])
    dense.kernel.assign(np.zeros(dense.kernel.shape))
    np.testing.assert_allclose(model.encode(X), np.tile([1.0, -1.0, 0.0], (4, 1)))
    normal = make(latent_distribution="normal")
    normal.encoder.layers[-1].bias.assign([1e3, -1e3, 0.0])
    assert normal.encode(X)[0, 0] > 900.0


@pytest.mark.any_backend
def test_encode_and_reconstruct():
    model = make()
    codes = model.encode(X, batch_size=3)
    assert codes.shape == (4, 3) and codes.dtype == np.float32
    found = model.reconstruct(X)
    np.testing.assert_allclose(found, model.sample(4, latents=codes), atol=1e-5)
    with pytest.raises(ValueError, match="`x`"):
        model.encode(X[:, 1:])


@pytest.mark.any_backend
@pytest.mark.parametrize("one_batch", [True, False])
def test_both_kinds_are_normalised_together_or_apart(one_batch):
    model = make(one_batch=one_batch)
    z = np.zeros((4, 3), "float32")
    real, fake = (model.paired(X + shift, z) for shift in (0.0, 3.0))
    found = [array(a) for a in model._judge_both(real, fake, None, training=True)]
    both = array(model.judge(ops.concatenate([real, fake]), None, True))
    apart = [array(model.judge(a, None, True)) for a in (real, fake)]
    expected = [both[:4], both[4:]] if one_batch else apart
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert not np.allclose(apart, [both[:4], both[4:]], atol=1e-3)


@pytest.mark.any_backend
def test_weight_decay_is_half_the_squared_kernels():
    model = make(weight_decay=0.5)
    kernels = [v for v in model.phase_variables("generator") if len(v.shape) > 1]
    expected = 0.25 * sum(np.square(array(v)).sum() for v in kernels)
    assert value(model.added_loss("generator")) == pytest.approx(expected, rel=1e-5)
    assert len(kernels) == 6  # of the encoder, too
    assert make(weight_decay=0.0).added_loss("generator") is None


class Linear(BidirectionalModel):
    """A fixed linear generator, a linear encoder, a judge of second moments."""

    takes_points = True
    matrix = np.float32([[1.0, 0.5], [0.0, 2.0]])

    def __init__(self, **kwargs):
        super().__init__((2,), 2, **kwargs)
        self.generator, self.encoder = (
            keras.Sequential([keras.Input((2,)), layers.Dense(2, use_bias=False)])
            for _ in range(2)
        )
        self.generator.layers[0].kernel.assign(self.matrix)
        self.generator.trainable = False
        self.encoder.layers[0].kernel.assign(0.3 * np.eye(2))
        x, z = keras.Input((2,)), keras.Input((2,))
        pair = layers.Reshape((4, 1))(layers.Concatenate()([x, z]))
        products = layers.Flatten()(layers.Dot(2)([pair, pair]))
        logit = layers.Dense(1, kernel_initializer="zeros")(products)
        self.discriminator = keras.Model((x, z), logit)
        self.add_three_players()

    def default_optimizers(self):
        rates = {"discriminator": 5e-2, "generator": 2e-2}
        return {p: keras.optimizers.Adam(rates[p], beta_1=0.5) for p in self.phases}


@pytest.mark.any_backend
def test_the_encoder_learns_the_inverse_of_a_linear_generator():
    """Theorem 2, of `G(z) = z A`: both kinds of pairs are alike at `A^-1` alone."""
    model = Linear(penalty={"r1": 1.0}, seed=0)
    model.compile()
    generator = np.random.default_rng(0)
    for _ in range(80):
        z = generator.standard_normal((64, 2)).astype("float32")
        model.train_on_batch(z @ model.matrix)
    found = array(model.encoder.layers[0].kernel)
    np.testing.assert_allclose(found, np.linalg.inv(model.matrix), atol=0.15)
    np.testing.assert_array_equal(model.generator.layers[0].kernel, model.matrix)
