"""What ruins a GAN is told, what is healthy is not, and training stays the same."""

import math
import warnings

import keras
import numpy as np
import pytest

import kerasgen
from kerasgen.callbacks import Backup, CollapseWatch
from kerasgen.callbacks.symptoms import Symptoms, effective_number, kernel_width
from tests.tiny_gan import values

pytestmark = pytest.mark.any_backend


@pytest.fixture(scope="module")
def ring():
    return kerasgen.data.load("mixture", batch_size=64, num_examples=320)


def make_gan(data, rates=(4e-3, 4e-3), **options):
    keras.utils.set_random_seed(0)
    model = kerasgen.gans.GAN(
        data.data_shape,
        latent_dim=4,
        generator_units=32,
        discriminator_units=16,
        pieces=2,
        input_dropout=0.0,
        hidden_dropout=0.0,
        seed=0,
        **options,
    )
    adams = [keras.optimizers.Adam(rate, beta_1=0.5) for rate in rates]
    model.compile(dict(zip(model.phases, adams, strict=True)))
    return model


def watched(model, data, epochs, **options):
    """Returns what was told, the watch, and the history."""
    watch = CollapseWatch(**options)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", UserWarning)
        history = model.fit(data, epochs=epochs, callbacks=[watch], verbose=0)
    told = [str(w.message) for w in told if w.category is UserWarning]
    return told, watch, history.history


def test_a_healthy_run_is_left_in_peace(ring):
    told, watch, logs = watched(make_gan(ring), ring, 12, warmup_steps=30)
    assert not told and not watch.symptoms
    assert logs["symptoms"] == [0] * 12
    assert logs["sample_diversity"][-1] > 0.3
    assert min(logs["generator_gradient_norm"]) > 0


def test_a_far_too_strong_discriminator_is_told(ring):
    model = make_gan(ring, (4e-2, 1e-4), generator_loss="minimax")
    told, watch, _ = watched(model, ring, 9, warmup_steps=10, min_gradient=0.1)
    assert {"saturation", "vanished_gradient"} <= set(watch.symptoms)
    assert len(told) == len(watch.symptoms)  # once each
    assert all(t.startswith("CollapseWatch after epoch") for t in told)
    assert all("Try" in text for text in told)


def test_a_far_too_fast_generator_collapses_and_training_can_stop(ring):
    model = make_gan(ring, (1e-3, 5e-2))
    told, watch, logs = watched(model, ring, 9, warmup_steps=0, stop=True)
    assert "samples are too much alike" in told[0]
    assert logs["sample_diversity"][-1] < 0.05
    assert len(logs["symptoms"]) < 9 and logs["symptoms"][-1] > 0


@pytest.mark.parametrize("steps", [None, 3])
def test_training_is_the_same_with_it_and_without(ring, steps):
    after = []
    for callbacks in ([], [CollapseWatch(steps=steps, num_samples=20)]):
        model = make_gan(ring, num_classes=None)
        logs = model.fit(ring, epochs=2, callbacks=callbacks, verbose=0).history
        after.append((values(model), logs))
    for name, value in after[0][0].items():
        np.testing.assert_array_equal(value, after[1][0][name])
    assert after[0][1].items() <= after[1][1].items()
    assert "sample_diversity" in after[1][1]


def test_within_an_epoch_it_sees_the_steps_since_its_last_check(ring):
    seen = []

    class Spy(CollapseWatch):
        def _check(self, scalars, when):
            seen.append((when, scalars))
            super()._check(scalars, when)

    class Losses(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            means.append(logs["generator_loss"])

    means, model = [], make_gan(ring)
    model.fit(ring, epochs=1, callbacks=[Spy(steps=2), Losses()], verbose=0)
    assert [when for when, _ in seen] == ["after step 2", "after step 4"]
    assert seen[0][1]["generator_loss"] == pytest.approx(means[1], rel=1e-5)
    last = (4 * means[3] - 2 * means[1]) / 2
    assert seen[1][1]["generator_loss"] == pytest.approx(last, rel=1e-5)


def test_a_backup_keeps_what_it_has_seen(ring, tmp_path):
    ring = ring.with_steps_per_epoch(1)
    options = {"num_samples": 20, "warmup_steps": 0, "min_diversity": 1.0}
    whole = CollapseWatch(**options)
    with pytest.warns(UserWarning, match="too much alike"):
        make_gan(ring).fit(
            ring, epochs=3, callbacks=[whole, Backup(tmp_path / "a")], verbose=0
        )
    for epochs in (2, 3):
        watch, model = CollapseWatch(**options), make_gan(ring)
        callbacks = [watch, Backup(tmp_path / "b")]
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always", UserWarning)
            model.fit(ring, epochs=epochs, callbacks=callbacks, verbose=0)
        assert [w.category for w in told].count(UserWarning) == epochs - 2
    assert watch.get_state() == whole.get_state()


# === Each symptom by itself, of numbers ===

HEALTHY = {"diversity": 0.8, "separation": 0.5, "gradient": 1.0}


def check_all(series, losses=None, **options):
    """Returns the symptoms of each of a row of checks."""
    settings = {"patience": 3, "min_diversity": 0.05}
    settings |= {"max_separation": 0.97, "min_gradient": 0.01, **options}
    judge = Symptoms(**settings)
    losses = losses or [{"generator_loss": 1.0}] * len(series)
    rows = zip(series, losses, strict=True)
    return [judge.check({**HEALTHY, **figures}, known) for figures, known in rows]


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("collapse", {"diversity": 0.01}),
        ("saturation", {"separation": 0.99}),
        ("vanished_gradient", {"gradient": 0.001}),
    ],
)
def test_a_symptom_is_told_when_it_lasts(name, bad):
    found = check_all([{}] * 3 + [bad] * 2 + [{}] + [bad] * 4 + [{}])
    assert [set(now) for now in found] == [set()] * 8 + [{name}] * 2 + [set()]
    assert "3 checks in a row" in found[8][name]


@pytest.mark.parametrize("what", ["diversity", "separation", "gradient"])
def test_what_is_not_finite_is_told_at_once(what):
    for value in (math.nan, math.inf):
        found = check_all([{}, {what: value}])
        assert not found[0] and set(found[1]) == {"not_finite"}
        assert what in found[1]["not_finite"]
    losses = [{"critic_loss": 1.0}, {"critic_loss": math.nan}]
    assert "critic_loss" in check_all([{}, {}], losses)[1]["not_finite"]


def test_one_leap_of_the_gradient_is_not_what_is_usual():
    leap = [{}] * 4 + [{"gradient": 1e6}] + [{}] * 5
    assert not any(check_all(leap))


def test_what_a_model_does_not_have_is_not_watched():
    nothing = dict.fromkeys(HEALTHY)
    assert not any(check_all([nothing] * 5))


def oscillation(values):
    losses = [{"generator_loss": float(value)} for value in values]
    return [bool(now) for now in check_all([{}] * len(losses), losses)]


def test_losses_that_swing_are_told_and_others_are_not():
    steps = np.arange(24)
    swings = oscillation(1.0 + 0.9 * np.sin(2 * np.pi * steps / 5))
    assert not any(swings[:11]) and all(swings[11:])
    noise = np.random.default_rng(0).standard_normal(24)
    assert not any(oscillation(1.0 + 0.2 * noise))  # unrest
    assert not any(oscillation(np.exp(-steps / 4)))  # a fall
    assert not any(oscillation(np.where(steps < 12, 0.2, 2.0)))  # one leap
    assert not any(oscillation(0.9 * np.sin(steps)))  # no scale: a critic's


def test_before_the_warmup_nothing_is_told_but_what_is_not_finite():
    judge = Symptoms(1, 0.05, 0.97, 0.01)
    bad = {"diversity": 0.0, "separation": 1.0, "gradient": 1.0}
    assert not judge.check(bad, {}, warm=False)
    assert set(judge.check(bad, {"a_loss": math.nan}, warm=False)) == {"not_finite"}
    assert set(judge.check(bad, {})) == {"collapse", "saturation"}


# === Diversity ===


def test_the_effective_number_is_that_of_the_modes():
    rng = np.random.default_rng(0)
    far = 100.0 * np.eye(20)
    assert effective_number(far, 1.0) == pytest.approx(20)
    assert effective_number(np.ones((20, 3)), 1.0) == pytest.approx(1)
    modes = np.repeat(far[:4], 5, axis=0) + 1e-6 * rng.standard_normal((20, 20))
    assert effective_number(modes, 1.0) == pytest.approx(4)
    # Two points a distance d apart: 2 / (1 + exp(-d^2 / 2)).
    two = effective_number(np.array([[0.0], [1.0]]), 1.0)
    assert two == pytest.approx(2 / (1 + math.exp(-0.5)))
    order = rng.permutation(20)
    assert effective_number(modes[order], 1.0) == pytest.approx(4)


def test_of_classes_it_is_the_mean_over_them():
    x = np.array([[0.0], [0.0], [9.0], [99.0]])
    labels = np.array([0, 0, 1, 1])
    assert effective_number(x, 1.0) == pytest.approx(16 / 6)
    assert effective_number(x, 1.0, labels) == pytest.approx((1 + 2) / 2)


def test_the_width_is_a_quarter_of_the_median_distance():
    assert kernel_width(np.array([[0.0], [1.0], [4.0]])) == pytest.approx(0.75)
    assert kernel_width(np.zeros((3, 2))) is None


# === What it is for ===

IMAGE = (8, 8, 1)
SMALL = {
    "DCGAN": lambda g: g.DCGAN(IMAGE, 4, filters=4, num_classes=2),
    "LSGAN": lambda g: g.LSGAN(IMAGE, 4, filters=4, targets=(-1.0, 1.0, 0.0)),
    "SNGAN": lambda g: g.SNGAN(IMAGE, 4, filters=4),
    "GeometricGAN": lambda g: g.GeometricGAN(IMAGE, 4, filters=4),
    "WGANGP": lambda g: g.WGANGP(IMAGE, 4, "mnist", filters=4, critic_steps=1),
    "ACGAN": lambda g: g.ACGAN(IMAGE, num_classes=2, latent_dim=4, filters=2),
    "InfoGAN": lambda g: g.InfoGAN(IMAGE, 4, (2,), 1, filters=4, units=16),
    "ProGAN": lambda g: g.ProGAN(IMAGE, 4, max_filters=4),
    "ThreeDGAN": lambda g: g.ThreeDGAN(8, 4, filters=2),
    "CRNNGAN": lambda g: g.CRNNGAN((6, 2), units=4, pretraining_lengths=()),
}


@pytest.mark.parametrize("name", SMALL)
def test_it_watches_every_gan_of_the_zoo(name):
    model = SMALL[name](kerasgen.gans)
    model.compile(run_eagerly=True)
    generator = np.random.default_rng(0)
    x = generator.random((80, *model.fields.shape)).astype("float32")
    labels = None if model.num_classes is None else np.arange(80) % 2
    field = model.fields
    told, watch, logs = watched(
        model,
        kerasgen.data.Dataset(x, labels, batch_size=16, field=field),
        1,
        num_samples=16,
    )
    assert not told
    assert 0.0 <= logs["sample_diversity"][0] < 2.0
    norms = [logs[f"{phase}_gradient_norm"][0] for phase in model.phases]
    assert np.isfinite(norms).all()
    separation = model.separation({k: v[0] for k, v in logs.items()})
    if name in ("WGANGP", "ProGAN"):
        assert separation is None
    else:
        assert -1.0 < separation < 1.0


@pytest.mark.parametrize("name", ["LSGAN", "SNGAN", "GeometricGAN"])
def test_separation_is_0_of_a_guess_and_1_without_a_mistake(name):
    model = SMALL[name](kerasgen.gans)
    ideal = model.targets[:2] if name == "LSGAN" else (-2.0, 2.0)
    middle = np.mean(ideal) * np.ones((4, 1), "float32")
    for fake, real, expected in ((middle, middle, 0), (*ideal, 1)):
        said = [np.full((4, 1), np.mean(x), "float32") for x in (real, fake)]
        loss = float(keras.ops.convert_to_numpy(model.discriminator_objective(*said)))
        scalars = {"discriminator_loss": loss + 0.5, "discriminator_penalty": 0.5}
        if name != "GeometricGAN":
            scalars = {"discriminator_loss": loss}
        assert model.separation(scalars) == pytest.approx(expected)


@pytest.mark.parametrize("name", ["VAE", "CycleGAN"])
def test_other_models_are_refused_by_name(name):
    if name == "VAE":
        model = kerasgen.autoencoders.VAE(IMAGE, 2, hidden_widths=(4,))
    else:
        model = kerasgen.gans.CycleGAN((24, 24, 1), filters=2, blocks=1)
    with pytest.raises(TypeError, match=f"must be a GAN.*Received: model={name}"):
        CollapseWatch().set_model(model)


@pytest.mark.parametrize(
    "options",
    [
        {"period": 0},
        {"steps": 0},
        {"patience": 0},
        {"warmup_steps": -1},
        {"num_samples": 1},
        {"min_diversity": 2.0},
        {"max_separation": -1.0},
        {"min_gradient": 2.0},
        {"batch_size": 0},
    ],
)
def test_what_cannot_be_is_refused_before_training(options):
    with pytest.raises(ValueError, match="Received"):
        CollapseWatch(**options)


def test_real_examples_must_be_known_and_have_labels(ring):
    model = make_gan(ring)
    with pytest.raises(ValueError, match="`real` must be a kerasgen.data.Dataset"):
        watched(model, ring, 1, real=np.zeros((4, 2)))
    conditional = SMALL["DCGAN"](kerasgen.gans)
    conditional.compile()
    x = np.zeros((32, *IMAGE), "uint8")
    data = kerasgen.data.Dataset(x, np.arange(32) % 2, batch_size=16)
    with pytest.raises(ValueError, match="`real` must hold labels"):
        watched(conditional, data, 1, real=kerasgen.data.Dataset(x, batch_size=16))
