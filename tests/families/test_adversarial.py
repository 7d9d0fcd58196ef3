"""GANs of two players: what they share whatever their networks are."""

import math

import keras
import numpy as np
import pytest
from keras import layers

import kerasgen
from kerasgen.backend import to_numpy
from kerasgen.families.adversarial import TwoPlayerModel
from kerasgen.losses.by_name import ADVERSARIAL_LOSSES

X = np.random.default_rng(0).uniform(size=(4, 2, 2, 1)).astype("float32")


class Pair(TwoPlayerModel):
    """One linear layer a player."""

    def __init__(self, image_shape=(2, 2, 1), simultaneous=False, **kwargs):
        super().__init__(image_shape, 3, **kwargs)
        self.simultaneous = simultaneous
        self.generator = keras.Sequential(
            [
                keras.Input((3,)),
                layers.Dense(math.prod(self.image_shape)),
                layers.Reshape(self.image_shape),
            ]
        )
        self.discriminator = keras.Sequential(
            [keras.Input(self.image_shape), layers.Flatten(), layers.Dense(1)]
        )
        self.add_players(simultaneous=simultaneous)

    def generate_like(self, x, labels, training):
        self.passes = getattr(self, "passes", 0) + 1
        return super().generate_like(x, labels, training)

    def default_optimizers(self):
        return {phase: keras.optimizers.SGD(0.5) for phase in self.phases}


def moved(network, rate, simultaneous):
    """Returns a network of the model after a step, the discriminator's rate given."""
    keras.utils.set_random_seed(1)
    model = Pair(simultaneous=simultaneous, seed=0)
    model.compile({"discriminator": keras.optimizers.SGD(rate)}, run_eagerly=True)
    logs = model.train_on_batch(X, return_dict=True)
    assert set(logs) == {
        *("discriminator_loss", "discriminator_real", "discriminator_fake"),
        "generator_loss",
    }
    assert model.passes == (1 if simultaneous else 2)
    model.sync()
    return np.concatenate(
        [to_numpy(v).ravel() for v in getattr(model, network).trainable_variables]
    )


@pytest.mark.parametrize("simultaneous", [True, False])
def test_the_generator_sees_the_discriminators_step_unless_both_move_at_once(
    simultaneous,
):
    still = moved("generator", 0.0, simultaneous)
    after = moved("generator", 0.5, simultaneous)
    assert np.allclose(still, after, rtol=1e-6) == simultaneous
    still = moved("discriminator", 0.0, simultaneous)
    after = moved("discriminator", 0.5, simultaneous)
    assert not np.allclose(still, after)


class Together(Pair):
    """Judges both kinds as one batch, and logs how far apart they are."""

    judges_together = True

    def discriminate(self, x, labels, training):
        self.seen = [*getattr(self, "seen", []), (x.shape[0], training)]
        return super().discriminate(x, labels, training)

    def add_players(self, **kwargs):
        super().add_players(measured=("gap",), **kwargs)

    def measure(self, real, fake):
        return {"gap": keras.ops.mean(real) - keras.ops.mean(fake)}


def test_both_kinds_may_be_judged_as_one_batch():
    model = Together(seed=0)
    together = model.compute_losses("discriminator", X, None, True)
    model.compute_losses("generator", X, None, True)
    assert model.seen == [(8, True), (4, False)]
    keras.utils.set_random_seed(0)
    apart = Together(seed=0)
    for mine, other in zip(apart.weights, model.weights, strict=True):
        mine.assign(other.value if mine.trainable else mine.value)
    apart.judges_together = False
    expected = apart.compute_losses("discriminator", X, None, True)
    assert list(together) == ["loss", "real", "fake", "gap"]
    for key, value in together.items():
        found, other = (
            float(keras.ops.convert_to_numpy(x)) for x in (value, expected[key])
        )
        assert found == pytest.approx(other, rel=1e-5)


def test_what_is_measured_is_logged():
    model = Together(seed=0)
    model.compile(run_eagerly=True)
    assert "discriminator_gap" in model.train_on_batch(X, return_dict=True)


def scalar(x):
    return float(keras.ops.convert_to_numpy(x))


@pytest.mark.parametrize("name", sorted(ADVERSARIAL_LOSSES))
def test_any_loss_takes_the_place_of_the_papers(name):
    model, loss = Pair(loss=name, seed=0), ADVERSARIAL_LOSSES[name]
    x = X[:2]
    fakes, generate = [], model.generate_like
    object.__setattr__(
        model, "generate_like", lambda *args: fakes.append(generate(*args)) or fakes[-1]
    )
    for phase, half in (("discriminator", "discriminator"), ("generator", "generator")):
        found = model.compute_losses(phase, x, None, True)["loss"]
        real, fake = model.discriminator(x), model.discriminator(fakes[-1])
        expected = scalar(getattr(loss, half)(real, fake))
        assert scalar(found) == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert model.get_config()["loss"] == name
    model.compile(run_eagerly=True)
    assert model.get_config()["loss"] == name  # `compile` has a `loss` of its own


def test_a_loss_of_pairs_moves_the_generator_by_real_examples_too():
    """On three backends the generator's update sees `D(x)` where the loss needs it."""
    model = Pair(loss="relativistic_average_hinge", seed=0)
    model.compile()
    logs = model.train_on_batch(X, return_dict=True)
    assert all(np.isfinite(v) for v in logs.values())


def test_penalties_take_the_place_of_the_papers_with_their_weights():
    model = Pair(penalty={"r1": 3.0, "r2": 0.5}, seed=0)
    losses = model.compute_losses("discriminator", X, None, True)
    kernel = keras.ops.convert_to_numpy(model.discriminator.layers[-1].kernel)
    expected = (3.0 + 0.5) * 0.5 * np.sum(kernel**2)  # of a linear discriminator
    assert scalar(losses["penalty"]) == pytest.approx(expected, rel=1e-5)
    plain = Pair(loss="non_saturating", seed=0)
    assert "penalty" not in plain.compute_losses("discriminator", X, None, True)


class Penalized(Pair):
    """Has a penalty of its own."""

    def add_players(self, **kwargs):
        super().add_players(penalized=True, **kwargs)

    def penalty(self, x, fake, labels, training):
        return keras.ops.cast(7.0, "float32")


@pytest.mark.parametrize(
    ("penalty", "found"), [(None, 7.0), ({}, None), ({"r1": 0}, 0)]
)
def test_the_papers_penalty_stays_unless_another_or_none_is_chosen(penalty, found):
    model = Penalized(penalty=penalty, seed=0)
    losses = model.compute_losses("discriminator", X, None, True)
    if found is None:
        assert "penalty" not in losses
    else:
        assert scalar(losses["penalty"]) == found


@pytest.mark.every_backend
def test_lecam_keeps_averages_of_what_is_said():
    model = Pair(penalty={"one_sided_lecam": 2.0}, seed=0)
    model.compile()
    model.train_on_batch(X)
    model.train_on_batch(X)
    model.sync()
    real, fake = (float(to_numpy(a)) for a in model._said_averages)
    assert int(to_numpy(model._said_updates)) == 2
    share = 1.0 - 0.99**2
    said = [np.float32([[0.5], [1.5]]), np.float32([[-1.0], [2.0]])]
    above = np.maximum(said[0] - fake / share, 0.0) ** 2
    below = np.maximum(real / share - said[1], 0.0) ** 2
    found = model.penalize(model.penalties, None, None, None, False, tuple(said))
    assert scalar(found) == pytest.approx(2.0 * (above.mean() + below.mean()), rel=1e-4)
    assert int(to_numpy(model._said_updates)) == 2  # as it is not in training


def test_averages_of_lecam_begin_at_the_first_batch():
    model = Pair(penalty="lecam", seed=0)
    said = np.float32([[1.0], [3.0]]), np.float32([[-1.0], [0.0]])
    found = model.penalize(model.penalties, None, None, None, True, said)
    expected = 0.3 * (np.mean((said[0] + 0.5) ** 2) + np.mean((2.0 - said[1]) ** 2))
    assert scalar(found) == pytest.approx(expected, rel=1e-4)
    losses = model.compute_losses("discriminator", X, None, True)
    assert scalar(losses["penalty"]) > 0.0


@pytest.mark.every_backend
def test_consistency_compares_images_with_the_same_moved():
    model = Pair((8, 8, 1), penalty="balanced_consistency", seed=0)
    grey = np.zeros((4, 8, 8, 1), "float32")  # the middle, which comes in from outside
    penalties, shown = model.penalties, keras.random.uniform((4, 8, 8, 1), seed=0)
    assert scalar(model.penalize(penalties, grey, grey, None, True)) < 1e-9
    assert scalar(model.penalize(penalties, shown, grey, None, True)) > 1e-6
    assert scalar(model.penalize(penalties, grey, shown, None, True)) > 1e-6
    model.compile()
    logs = model.train_on_batch(np.tile(X, (1, 4, 4, 1)), return_dict=True)
    assert np.isfinite(logs["discriminator_loss"])
    assert logs["discriminator_penalty"] > 0.0


def test_points_cannot_be_moved():
    with pytest.raises(ValueError, match="`penalty` must not be of consistency.*Rec"):
        kerasgen.gans.GAN((2,), latent_dim=2, penalty="consistency")


def test_a_network_without_second_gradients_takes_penalties_that_need_none():
    model = kerasgen.gans.DCGAN((16, 16, 1), latent_dim=2, filters=2, penalty="lecam")
    assert model.penalties
    with pytest.raises(ValueError, match="twice differentiable"):
        kerasgen.gans.DCGAN((16, 16, 1), latent_dim=2, filters=2, penalty="r1")


def test_top_k_trains_on_the_share_that_is_taken_for_real_the_most():
    model = Pair(top_k=0.5, top_k_steps=4, seed=0)
    said = np.float32([[0.5], [3.0], [-2.0], [1.0], [-1.0]])
    terms = np.sort(np.log1p(np.exp(-said.ravel())))  # the best first
    for step, kept in ((0, 5), (1, 5), (2, 4), (4, 3), (9, 3)):
        model.steps.assign(step)
        found = scalar(model._generator_loss(said, None, True))
        assert found == pytest.approx(terms[:kept].mean(), rel=1e-5)
    whole = scalar(model._generator_loss(said, None, False))
    assert whole == pytest.approx(terms.mean(), rel=1e-5)


@pytest.mark.every_backend
def test_top_k_leaves_the_others_without_gradient():
    model = Pair(top_k=0.25, seed=0)
    model.compile()
    logs = model.train_on_batch(X, return_dict=True)
    assert np.isfinite(logs["generator_loss"])


@pytest.mark.parametrize(
    ("name", "bad"),
    [("loss", "hing"), ("top_k", 0.0), ("label_smoothing", 1.0), ("penalty", "r3")],
)
def test_bad_choices_are_refused(name, bad):
    with pytest.raises(ValueError, match=f"`{name}` must be.*Received"):
        Pair(**{name: bad})


def test_a_share_of_pairs_is_refused():
    with pytest.raises(ValueError, match="`top_k` must be 1 for a relativistic loss"):
        Pair(loss="relativistic", top_k=0.5)
