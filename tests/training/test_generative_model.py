"""The core on a small two-player model: phases, losses, watches, config."""

import keras
import numpy as np
import pytest
from keras import layers, ops

import kerasgen
from kerasgen.backend.seeds import SeedGenerator, numpy_generator
from kerasgen.data import Dataset
from kerasgen.training import GenerativeModel, NonFiniteLossError
from tests.conformance import check_model, differing, numpy_state
from tests.training.tiny import TinyGAN


def _images(count=16, seed=0):
    generator = np.random.default_rng(seed)
    return generator.integers(0, 256, (count, 4, 4, 1), "uint8")


def test_conformance():
    check_model(
        TinyGAN,
        dict(
            image_shape=(4, 2, 3),
            latent_dim=3,
            discriminator_steps=2,
            rate=0.5,
            num_classes=3,
        ),
    )


@keras.saving.register_keras_serializable("kerasgen_tests")
class Quadratic(GenerativeModel):
    """One weight that every batch pulls to its mean; reports what it saw."""

    image_shape = (1, 1, 1)

    def __init__(self, updates=1, added=0.0, two_phases=False, **kwargs):
        super().__init__(**kwargs)
        self.updates, self.added, self.two_phases = updates, added, two_phases
        self.net = Shift(added)
        self.net.build(None)
        self.add_phase("shift", self.net, ("loss", "mean"), updates=updates)
        if two_phases:
            self.other = Shift(0.0)
            self.other.build(None)
            self.add_phase("other", self.other)

    def compute_losses(self, phase, x, labels, training):
        if phase == "other":
            return {"loss": ops.mean(ops.square(self.other(x)))}
        return {"loss": ops.mean(ops.square(self.net(x))), "mean": ops.mean(x)}

    def default_optimizers(self):
        return {phase: keras.optimizers.SGD(0.25) for phase in self.phases}


class Shift(layers.Layer):
    def __init__(self, added):
        super().__init__()
        self.added = added

    def build(self, input_shape):
        self.shift = self.add_weight(shape=(), initializer="zeros", name="shift")
        self.built = True

    def call(self, x):
        if self.added:
            self.add_loss(self.added * ops.square(self.shift))
        return x - self.shift


def _shift(model):
    return float(ops.convert_to_numpy(model.net.shift.value))


def test_updates_follow_the_gradient():
    """w <- w - 0.25 * 2 (w - 1): 0, 0.5, 0.75."""
    model = Quadratic()
    model.compile()
    for expected in (0.5, 0.75):
        model.train_on_batch(np.ones((2, 1, 1, 1), "float32"))
        assert _shift(model) == pytest.approx(expected)


def test_add_loss_terms_are_part_of_the_loss_and_of_its_gradient():
    """loss = (1 - w)^2 + 2 w^2, gradient -2 (1 - w) + 4 w."""
    model = Quadratic(added=2.0)
    model.compile()
    model.net.shift.assign(0.5)
    logs = model.train_on_batch(np.ones((2, 1, 1, 1), "float32"), return_dict=True)
    assert float(logs["loss"]) == pytest.approx(0.25 + 0.5)
    assert _shift(model) == pytest.approx(0.5 - 0.25 * (-1.0 + 2.0))
    value = model.evaluate(np.ones((2, 1, 1, 1), "float32"), verbose=0)
    assert np.ravel(value)[0] == pytest.approx((1 - 0.25) ** 2 + 2 * 0.25**2)


def test_add_loss_of_one_player_is_not_in_the_loss_of_another():
    model = Quadratic(added=2.0, two_phases=True)
    model.compile()
    model.net.shift.assign(1.0)
    logs = model.test_on_batch(np.zeros((2, 1, 1, 1), "float32"), return_dict=True)
    assert float(logs["shift_loss"]) == pytest.approx(3.0)
    assert float(logs["other_loss"]) == pytest.approx(0.0)


def test_several_updates_take_fresh_batches_from_a_dataset():
    images = 20 * np.arange(8, dtype="uint8").reshape(8, 1, 1, 1)
    model = Quadratic(updates=4)
    model.compile(optimizer=keras.optimizers.SGD(0.5))  # w becomes the batch mean
    model.fit(Dataset(images, batch_size=2, shuffle=False, drop_remainder=True))
    assert int(model.steps.value) == 1
    assert int(model.optimizer.players["shift"].iterations) == 4
    assert _shift(model) == pytest.approx(100.0 / 255)  # rows 3 and 7


def test_several_updates_take_each_image_with_its_label():
    class Labelled(Quadratic):
        num_classes = 8

        def compute_losses(self, phase, x, labels, training):
            scalars = super().compute_losses(phase, x, labels, training)
            wrong = ops.round(x[:, 0, 0, 0] * 12.75) - ops.cast(labels, "float32")
            return {**scalars, "mean": ops.mean(ops.abs(wrong))}

    images = 20 * np.arange(8, dtype="uint8").reshape(8, 1, 1, 1)
    model = Labelled(updates=4)
    model.compile()
    data = Dataset(images, np.arange(8), batch_size=2)
    assert model.fit(data, verbose=0).history["mean"] == [0.0]


def test_several_updates_reuse_a_foreign_batch():
    images = 20 * np.arange(2, dtype="uint8").reshape(2, 1, 1, 1)
    model = Quadratic(updates=3)
    model.compile()
    model.train_on_batch(images)
    assert int(model.optimizer.players["shift"].iterations) == 3


def test_scalars_must_be_those_declared():
    class Wrong(Quadratic):
        def compute_losses(self, phase, x, labels, training):
            return {"loss": ops.mean(x)}

    model = Wrong()
    model.compile()
    with pytest.raises(ValueError, match="must return the scalars"):
        model.train_on_batch(np.zeros((2, 1, 1, 1), "float32"))


def test_draws_of_one_evaluation_differ_and_come_back_in_the_next():
    class Noisy(Quadratic):
        def compute_losses(self, phase, x, labels, training):
            first, second = (
                keras.random.uniform((64,), seed=self.draw_seed(training))
                for _ in range(2)
            )
            return {"loss": ops.mean(first), "mean": ops.mean(ops.abs(first - second))}

    model = Noisy()
    model.compile()
    images = np.zeros((2, 1, 1, 1), "float32")
    logs, again = (
        model.evaluate(images, verbose=0, return_dict=True) for _ in range(2)
    )
    assert logs["mean"] > 0.1
    assert logs == again


def test_batches_of_an_evaluation_have_noise_of_their_own():
    class Noisy(Quadratic):
        def compute_losses(self, phase, x, labels, training):
            draw = keras.random.uniform((), seed=self.draw_seed(training))
            return {"loss": draw, "mean": ops.mean(x)}

    model = Noisy()
    model.compile()

    def mean_draw(count):
        images = np.zeros((count, 1, 1, 1), "float32")
        return model.evaluate(images, batch_size=2, verbose=0, return_dict=True)["loss"]

    means = np.array([mean_draw(2 * batches) for batches in range(1, 6)])
    draws = np.diff(means * np.arange(1, 6), prepend=0.0)  # of each batch
    assert len(np.unique(draws.round(3))) == 5
    assert 0.0 < draws.min() and draws.max() < 1.0
    assert mean_draw(10) == means[-1]
    assert model.draw_seed(training=False) == Noisy().draw_seed(training=False)


def test_evaluation_weighs_a_short_last_batch_by_its_size():
    model = Quadratic()
    model.compile()
    images = np.array([0.0, 0.0, 1.0], "float32").reshape(3, 1, 1, 1)
    logs = model.evaluate(images, batch_size=2, verbose=0, return_dict=True)
    assert logs["loss"] == pytest.approx(1 / 3)


def test_not_a_number_stops_training_and_names_the_phase_and_the_step():
    class Breaks(Quadratic):
        def compute_losses(self, phase, x, labels, training):
            scalars = super().compute_losses(phase, x, labels, training)
            bad = ops.where(self.steps.value >= 2, np.nan, 0.0)
            return {**scalars, "loss": scalars["loss"] + bad}

    model = Breaks()
    model.compile()
    images = np.zeros((16, 1, 1, 1), "uint8")
    with pytest.raises(NonFiniteLossError, match="shift at step 2"):
        model.fit(images, batch_size=2, epochs=3, verbose=0)
    assert int(model.steps.value) < 16
    assert model.first_bad_steps() == {"shift": 2}
    # With Keras's own callback training stops without an error, as Keras's does.
    model.steps.assign(0)
    model.fit(
        images,
        batch_size=2,
        epochs=3,
        verbose=0,
        callbacks=[keras.callbacks.TerminateOnNaN()],
    )
    assert int(model.steps.value) < 16


def test_an_error_in_the_first_step_leaves_the_model_whole():
    """On JAX, Keras drops all variables before the first step (keras#21019)."""

    class Fails(Quadratic):
        fail = True

        def compute_losses(self, phase, x, labels, training):
            if self.fail:
                raise RuntimeError("planned")
            return super().compute_losses(phase, x, labels, training)

    model = Fails()
    model.compile()
    before = numpy_state(model)
    images = np.zeros((4, 1, 1, 1), "uint8")
    with pytest.raises(RuntimeError, match="planned"):
        model.fit(images, batch_size=2, verbose=0)
    assert not differing(before, numpy_state(model))
    model.fail = False
    model.fit(images, batch_size=2, verbose=0)
    assert int(model.steps.value) == 2


def test_training_goes_on_through_several_fits_and_epochs():
    model = TinyGAN()
    model.compile()
    history = model.fit(_images(), batch_size=4, epochs=2, verbose=0)
    assert set(history.history) == {"discriminator_loss", "generator_loss"}
    model.fit(_images(), batch_size=4, epochs=1, verbose=0)
    assert int(model.steps.value) == 12


@pytest.mark.parametrize("jit_compile", [True, False])
def test_steps_per_execution(jit_compile):
    if keras.backend.backend() == "torch":
        with pytest.raises(ValueError, match="`steps_per_execution` must be 1"):
            TinyGAN().compile(steps_per_execution=2)
        return
    states = []
    for steps in (1, 2):
        keras.utils.set_random_seed(1)
        model = TinyGAN(seed=3)
        model.compile("sgd", steps_per_execution=steps, jit_compile=jit_compile)
        model.fit(_images(), batch_size=4, epochs=1, verbose=0)
        states.append(numpy_state(model))
    for name in states[0]:
        np.testing.assert_allclose(
            states[0][name], states[1][name], atol=1e-5, err_msg=name
        )


def test_eager_and_compiled_training_agree():
    states = []
    for eager in (True, False):
        keras.utils.set_random_seed(1)
        model = TinyGAN(seed=3)
        model.compile("sgd", run_eagerly=eager)
        model.fit(_images(), batch_size=8, epochs=2, verbose=0)
        states.append(numpy_state(model))
    for name in states[0]:
        np.testing.assert_allclose(
            states[0][name], states[1][name], atol=1e-4, err_msg=name
        )


def test_two_fits_by_initial_epoch_equal_one_bit_for_bit():
    """Also through a file: n epochs, save, load, n more equal 2n."""
    keras.utils.set_random_seed(1)
    straight = TinyGAN(seed=3)
    straight.compile()
    straight.fit(_images(), batch_size=4, epochs=4, verbose=0)
    keras.utils.set_random_seed(1)
    first = TinyGAN(seed=3)
    first.compile()
    first.fit(_images(), batch_size=4, epochs=2, verbose=0)
    first.fit(_images(), batch_size=4, epochs=4, initial_epoch=2, verbose=0)
    assert not differing(numpy_state(straight), numpy_state(first))


def test_validation_and_evaluation_leave_the_position_of_the_data_alone():
    data = Dataset(_images(), batch_size=4, seed=0)
    model = TinyGAN(discriminator_steps=2)
    model.compile()
    model.fit(data, epochs=1, verbose=0, validation_data=data)
    assert data.position == (1, 0)
    model.evaluate(data, verbose=0)
    assert data.position == (1, 0)
    with pytest.raises(ValueError, match="Received"):
        model.fit(data, verbose=0, validation_data=_images()[:, :2])


def test_early_stopping_and_checkpoints_of_keras_find_their_direction(tmp_path):
    model = TinyGAN()
    model.compile()
    stop = keras.callbacks.EarlyStopping("val_generator_loss", patience=1)
    best = keras.callbacks.ModelCheckpoint(
        tmp_path / "best.keras", monitor="generator_loss", save_best_only=True
    )
    plateau = keras.callbacks.ReduceLROnPlateau("generator_loss", patience=1)
    model.fit(
        _images(),
        batch_size=8,
        epochs=2,
        verbose=0,
        validation_data=_images(8, 1),
        callbacks=[stop, best, plateau],
    )
    loaded = keras.models.load_model(tmp_path / "best.keras")
    assert int(loaded.steps.value) in (2, 4)


def test_seeds_move_on_in_training_and_stand_still_in_evaluation():
    model = TinyGAN(seed=0)
    model.compile()
    start = np.array(ops.convert_to_numpy(model.seed_generator.state.value))
    model.evaluate(_images(4), verbose=0)
    np.testing.assert_array_equal(
        start, ops.convert_to_numpy(model.seed_generator.state.value)
    )
    model.train_on_batch(_images(4))
    assert not np.array_equal(
        start, ops.convert_to_numpy(model.seed_generator.state.value)
    )


def test_sampling_noise_is_the_same_on_every_backend():
    """Golden draw of NumPy's generator: `sample(seed=0)` uses no backend's stream."""
    draw = numpy_generator(0, SeedGenerator(1)).standard_normal(3)
    np.testing.assert_allclose(draw, [0.12573022, -0.13210486, 0.64042265], rtol=1e-6)
    with pytest.raises(ValueError, match="Received: seed=-1"):
        numpy_generator(-1, SeedGenerator(1))
    with pytest.raises(TypeError, match="Received: seed='a'"):
        numpy_generator("a", SeedGenerator(1))


def test_optimizers_by_phase_and_their_errors():
    model = TinyGAN()
    model.compile(optimizer={"generator": keras.optimizers.SGD(0.5)})
    players = model.optimizer.players
    assert isinstance(players["generator"], keras.optimizers.SGD)
    assert isinstance(players["discriminator"], keras.optimizers.Adam)
    model.compile(optimizer="rmsprop")
    players = model.optimizer.players
    assert players["generator"] is not players["discriminator"]
    with pytest.raises(ValueError, match="Did you mean 'discriminator'"):
        model.compile(optimizer={"discriminater": "adam"})


def test_learning_rates_are_set_together_or_by_phase():
    model = TinyGAN()
    model.compile()
    model.optimizer.players["generator"].learning_rate = 0.5
    assert float(model.optimizer.learning_rate) == pytest.approx(1e-2)
    model.optimizer.learning_rate = 0.1
    rates = [float(p.learning_rate) for p in model.optimizer.players.values()]
    assert rates == pytest.approx([0.1, 5.0])  # in the same proportion


def test_loss_scale_skips_an_update_that_overflows():
    model = Quadratic(dtype="mixed_float16")
    model.compile()
    scale, steps = model.optimizer._scales["shift"]
    assert float(scale.value) == 2.0**15
    model.optimizer.apply_phase("shift", [ops.convert_to_tensor(np.float32("inf"))])
    assert float(scale.value) == 2.0**14
    assert _shift(model) == 0.0
    assert int(model.optimizer.players["shift"].iterations) == 0
    gradient = ops.convert_to_tensor(np.float32(2.0**14))
    model.optimizer.apply_phase("shift", [gradient])
    assert _shift(model) == pytest.approx(-0.25)
    assert int(steps.value) == 1


def test_models_are_found_by_name():
    assert kerasgen.get_model("gans/dcgan") is kerasgen.gans.DCGAN
    assert kerasgen.get_model("dcgan") is kerasgen.gans.DCGAN
    with pytest.raises(ValueError, match="Did you mean 'gans/dcgan'"):
        kerasgen.get_model("gans/dcgam")
    with pytest.raises(ValueError, match="`family` must be one of"):
        kerasgen.list_models("flows")
