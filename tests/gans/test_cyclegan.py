"""CycleGAN: its losses by hand, its pools, its domains, its way there and back."""

import functools

import keras
import numpy as np
import pytest
from keras import ops

import kerasgen
from kerasgen.backend import to_numpy
from kerasgen.callbacks import Backup
from kerasgen.checkpoints.checkpoint import assign
from kerasgen.gans.cyclegan import CycleGAN
from tests.conformance import check_model, differing, numpy_state
from tests.processes import run_python

SMALL = {"filters": 2, "blocks": 0, "depth": 1}
SHAPE = (8, 8, 1)


def pixels(count, shape=SHAPE, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), "uint8")


def test_contract():
    check_model(
        CycleGAN,
        {
            "image_shape": (8, 12, 2),
            "target_shape": (8, 12, 1),
            "filters": 4,
            "blocks": 1,
            "depth": 1,
            "normalization": "batch",
            "cycle_weight": 5.0,
            "pool_size": 3,
        },
        excluded=("identity_weight",),
    )


class Identity(keras.layers.Layer):
    def call(self, x, training=False):
        return x


def with_simple_networks(**kwargs):
    """A model whose generators copy, and whose discriminators return the mean."""
    model = CycleGAN(SHAPE, **SMALL, seed=0, **kwargs)
    model.generator_a = model.generator_b = Identity()
    mean = keras.layers.GlobalAveragePooling2D(data_format="channels_last")
    model.discriminator_a = model.discriminator_b = keras.Sequential(
        [keras.Input(SHAPE), mean]
    )
    return model


def value(x):
    return float(ops.convert_to_numpy(x))


def test_losses_are_those_of_the_paper():
    model = with_simple_networks(identity_weight=0.5, pool_size=0)
    a, b = np.full((2, *SHAPE), 0.25, "float32"), np.full((2, *SHAPE), -0.5, "float32")
    a[1] = 0.75
    x = {"a": ops.convert_to_tensor(a), "b": ops.convert_to_tensor(b)}
    losses, fakes = model.compute_losses("generators", x, None, True)
    # E (D_b(a) - 1)^2 + E (D_a(b) - 1)^2, with D the mean and generators that copy.
    expected = np.mean([0.75**2, 0.25**2]) + 1.5**2
    assert value(losses["adversarial"]) == pytest.approx(expected)
    assert value(losses["cycle"]) == value(losses["identity"]) == 0.0
    model.carried.update(fakes)
    found = model.compute_losses("discriminator_b", x, None, True)["loss"]
    # Half of E (D(b) - 1)^2 + E D(a)^2.
    halves = 1.5**2 + np.mean([0.25**2, 0.75**2])
    assert value(found) == pytest.approx(0.5 * halves)
    found = model.compute_losses("discriminator_a", x, None, True)["loss"]
    halves = np.mean([0.75**2, 0.25**2]) + 0.5**2
    assert value(found) == pytest.approx(0.5 * halves)


def test_the_ways_back_and_the_identities_are_weighted_and_of_both_domains():
    model = CycleGAN(SHAPE, **SMALL, cycle_weight=3.0, identity_weight=0.5, seed=0)
    x = model.preprocess({"a": ops.array(pixels(2)), "b": ops.array(pixels(2, seed=1))})
    losses, fakes = model.compute_losses("generators", x, None, False)
    networks = model.translators()
    cycle = identity = 0.0
    for to, source in (("b", "a"), ("a", "b")):
        fake = networks[to](x[source])
        np.testing.assert_allclose(
            ops.convert_to_numpy(fake), ops.convert_to_numpy(fakes[to]), atol=1e-6
        )
        cycle += value(ops.mean(ops.abs(networks[source](fake) - x[source])))
        identity += value(ops.mean(ops.abs(networks[to](x[to]) - x[to])))
    assert value(losses["cycle"]) == pytest.approx(cycle, rel=1e-5)
    assert value(losses["identity"]) == pytest.approx(identity, rel=1e-5)
    total = value(losses["adversarial"]) + 3.0 * (cycle + 0.5 * identity)
    assert value(losses["loss"]) == pytest.approx(total, rel=1e-5)


def test_naming_the_domains_the_other_way_round_swaps_the_losses():
    first, second = CycleGAN(SHAPE, **SMALL, seed=0), CycleGAN(SHAPE, **SMALL, seed=0)
    for one, other in (("a", "b"), ("b", "a")):
        for network in ("generator", "discriminator"):
            source = getattr(first, f"{network}_{one}")
            getattr(second, f"{network}_{other}").set_weights(source.get_weights())
    for model in (first, second):
        model.compile()
    a, b = pixels(4), pixels(4, seed=1)
    losses = first.evaluate({"a": a, "b": b}, verbose=0, return_dict=True)
    swapped = second.evaluate({"a": b, "b": a}, verbose=0, return_dict=True)
    for name in ("generators_loss", "generators_cycle"):
        assert losses[name] == pytest.approx(swapped[name], rel=1e-5)
    one, other = (f"discriminator_{name}_loss" for name in "ab")
    assert losses[one] == pytest.approx(swapped[other], rel=1e-5)


def test_discriminators_see_fakes_of_pools_of_their_own_made_before_the_step():
    model = CycleGAN(SHAPE, **SMALL, pool_size=6, seed=0)
    model.compile()
    batch = {"a": pixels(2), "b": pixels(2, seed=1)}
    fakes = {to: model.translate(batch[model.source_of(to)], to) for to in "ab"}
    model.train_on_batch(batch)
    model.sync()
    for name in "ab":
        held = to_numpy(getattr(model, f"pool_{name}").images)
        np.testing.assert_allclose((held[:2] + 1) / 2, fakes[name], atol=1e-4)
        assert not held[2:].any()


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"target_shape": (8, 12, 1)}, "`target_shape` must have the height and width"),
        ({"image_shape": (10, 8, 1)}, "divisible by 4"),
        ({"image_shape": (8, 4, 1)}, "height and width of at least 8"),
        ({"target_shape": (8, 8, 3), "identity_weight": 0.5}, "`identity_weight` must"),
        ({"depth": 3}, "height and width of at least 24"),
        ({"cycle_weight": -1.0}, "`cycle_weight` must be at least 0"),
        ({"pool_size": -1}, "`pool_size` must be at least 0"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, message):
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        CycleGAN(**{"image_shape": SHAPE, **SMALL, **arguments})


RUN = """
import numpy as np, keras
from kerasgen.callbacks import Backup
from tests.faults import kill_at
from tests.gans.test_cyclegan import made, data
made().fit(data(), epochs=2, verbose=0, callbacks=[Backup(FOLDER, save_freq=1), KILL])
"""


@functools.cache
def _shared():
    keras.utils.set_random_seed(0)
    model = CycleGAN(SHAPE, **SMALL, pool_size=4, seed=0)
    model.compile()
    return model, numpy_state(model)


def made():
    """Returns a model as if it were new, the same object each time: one compilation."""
    model, state = _shared()
    assign(model.state_variables(), state)
    return model


def data():
    return kerasgen.data.unpaired(pixels(9), pixels(5, seed=1), batch_size=2, seed=3)


@pytest.mark.any_backend
def test_predict_translates_images_of_the_first_domain():
    model, domains = made(), data()
    x = domains.arrays()[0]
    expected = model.translate(x["a"], to="b")
    for given in (x["a"], domains):
        np.testing.assert_allclose(model.predict(given, verbose=0), expected, atol=1e-5)
    assert np.abs(expected - model.translate(x["b"], to="a")).max() > 1e-3


@pytest.mark.every_backend
@pytest.mark.compiled  # as in the other process
def test_a_run_killed_with_full_pools_goes_on_bit_for_bit(tmp_path):
    code = RUN.replace("FOLDER", repr(str(tmp_path))).replace("KILL", "kill_at(7)")
    killed = run_python(code)
    assert killed.returncode == 9, killed.stderr[-2000:]
    model = made()
    model.fit(data(), epochs=2, verbose=0, callbacks=[Backup(tmp_path)])
    resumed = numpy_state(model)
    model = made()
    model.fit(data(), epochs=2, verbose=0)
    assert int(to_numpy(model.pool_a.count)) == 4, "the pools are full"
    assert int(model.steps.value) == 8
    assert not differing(resumed, numpy_state(model))
