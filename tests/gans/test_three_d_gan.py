"""ThreeDGAN: the gate of its discriminator, the paper's networks and latents."""

import functools
import inspect
import json

import keras
import numpy as np
import pytest
from keras import layers, ops
from PIL import Image

import kerasgen
from kerasgen.backend import to_numpy
from kerasgen.callbacks import Backup
from kerasgen.checkpoints.checkpoint import assign
from kerasgen.command import cli
from kerasgen.gans.three_d_gan import ThreeDGAN
from tests.conformance import check_model, differing, example_batch, numpy_state
from tests.processes import run_python


def test_contract():
    check_model(
        ThreeDGAN,
        {
            "volume_shape": (8, 12, 16),
            "latent_dim": 3,
            "filters": 2,
            "max_accuracy": 0.9,
        },
    )


def small(**kwargs):
    return ThreeDGAN(8, latent_dim=3, filters=2, seed=0, **kwargs)


def volumes(count, seed=0):
    return np.random.default_rng(seed).integers(0, 2, (count, 8, 8, 8), "uint8")


def test_layers_at_64_a_side_are_those_of_the_paper():
    """Their number, sides and kernels; maps as shares of those of the first one."""
    parameters = inspect.signature(ThreeDGAN.__init__).parameters
    assert parameters["filters"].default == 64
    assert parameters["latent_dim"].default == 200
    model = ThreeDGAN(64, filters=1, seed=0)
    kinds = {"generator": layers.Conv3DTranspose, "discriminator": layers.Conv3D}
    found = {}
    for name, kind in kinds.items():
        net = getattr(model, name)
        convolutions = [layer for layer in net.layers if isinstance(layer, kind)]
        for layer in convolutions:
            assert layer.kernel_size == (4, 4, 4) and layer.strides == (2, 2, 2)
        found[name] = [(n.output.shape[1], n.output.shape[-1]) for n in convolutions]
        rest = [layer for layer in net.layers if isinstance(layer, layers.Dense)]
        assert not any(layer.use_bias for layer in [*convolutions, *rest])
        # A convolution from one cell, or over all that are left, is a dense layer.
        cells = rest[0].units if name == "generator" else rest[0].input.shape[1]
        assert len(rest) == 1 and cells == 4**3 * 8
        assert net.layers[-2 if name == "generator" else -1].activation in (
            keras.activations.sigmoid,
            keras.activations.linear,
        )
    # 512, 256, 128, 64 and 1 maps, and in the discriminator the other way round.
    assert found["generator"] == [(8, 4), (16, 2), (32, 1), (64, 1)]
    assert found["discriminator"] == [(32, 1), (16, 2), (8, 4), (4, 8)]
    slopes = [
        layer.negative_slope
        for layer in model.discriminator.layers
        if isinstance(layer, layers.LeakyReLU)
    ]
    assert slopes == [pytest.approx(0.2)] * 4
    for net, units in ((model.generator, layers.ReLU), (model.discriminator, None)):
        kinds = [type(layer) for layer in net.layers]
        assert kinds.count(layers.BatchNormalization) == (4 if units else 3)
        assert units is None or kinds.count(units) == 4


def test_depth_follows_the_side():
    for shape, sides in ((16, [8, 16]), (24, [12, 24]), ((8, 16, 32), [8])):
        net = ThreeDGAN(shape, 2, 1, seed=0).generator
        kind = layers.Conv3DTranspose
        found = [n.output.shape[1] for n in net.layers if isinstance(n, kind)]
        assert found == sides
        assert net.output_shape[1:] == ((shape,) * 3 if np.ndim(shape) == 0 else shape)


def test_latents_are_uniform_between_0_and_1():
    model = ThreeDGAN(8, 200, 1, seed=0)
    for z in (
        ops.convert_to_numpy(model.draw_latents(50, True)),
        model.numpy_latents(np.random.default_rng(0), 50),
    ):
        assert z.shape == (50, 200) and 0 <= z.min() < 0.01 and 0.99 < z.max() <= 1
        assert z.var() == pytest.approx(1 / 12, rel=0.05)


def test_the_rates_are_the_papers():
    model = small()
    model.compile()
    rates = {
        phase: (float(player.learning_rate), player.beta_1)
        for phase, player in model.optimizer.players.items()
    }
    assert rates["generator"] == pytest.approx((0.0025, 0.5))
    assert rates["discriminator"] == pytest.approx((1e-5, 0.5))


@pytest.mark.parametrize(
    "real, fake, accuracy",
    [
        ([1.0, 2.0], [-1.0, -2.0], 1.0),
        ([-1.0, -2.0], [1.0, 2.0], 0.0),
        ([3.0, -0.1], [-0.1, -0.2], 0.75),
        ([0.0, 0.0], [0.0, 0.0], 0.0),  # a probability of 0.5 says neither
    ],
)
def test_the_accuracy_is_that_of_both_kinds(real, fake, accuracy):
    parts = (np.float32(part)[:, None] for part in (real, fake))
    found = small().measure(*map(ops.convert_to_tensor, parts))["accuracy"]
    assert float(found) == accuracy


def players_state(model):
    """Returns weights and slots of each player."""
    model.sync()
    return {
        name: [
            to_numpy(v)
            for v in (
                *model.get_layer(name).trainable_variables,
                *model.optimizer.players[name].variables,
            )
        ]
        for name in model.phases
    }


def moved(before, after):
    """Returns the players of which anything changed, and those of which all did not."""
    return {
        name
        for name in before
        if not all(map(np.array_equal, before[name], after[name]))
    }


@pytest.mark.parametrize(
    "last, opens", [(0.0, True), (0.75, True), (0.7501, False), (1.0, False)]
)
def test_the_discriminator_moves_unless_it_was_too_good_in_the_last_batch(last, opens):
    """Shut, its weights and slots stay bit for bit; the generator always moves."""
    model = small(max_accuracy=0.75)
    model.compile()
    batch = example_batch(model)
    model.train_on_batch(*batch)  # so that slots are not zero
    model.last_accuracy.assign(last)
    before = players_state(model)
    logs = model.train_on_batch(*batch, return_dict=True)
    expected = {"generator", "discriminator"} if opens else {"generator"}
    assert moved(before, players_state(model)) == expected
    assert float(logs["discriminator_updated"]) == opens
    alone = model.evaluate(*batch, verbose=0, return_dict=True)
    now = float(to_numpy(model.last_accuracy))
    assert now in np.arange(9) / 8 and alone["discriminator_updated"] == (now <= 0.75)


class Recorder(keras.callbacks.Callback):
    """Keeps, of each step, the accuracy and the updates of the discriminator."""

    def __init__(self):
        super().__init__()
        self.accuracies, self.updates = [], []

    def on_train_batch_end(self, batch, logs=None):
        self.model.sync()
        player = self.model.optimizer.players["discriminator"]
        self.accuracies.append(float(to_numpy(self.model.last_accuracy)))
        self.updates.append(int(to_numpy(player.iterations)))


def test_it_moves_as_often_as_batches_were_not_too_easy():
    for limit in (0.5, 1.0):
        model = small(max_accuracy=limit)
        model.compile(keras.optimizers.Adam(0.01))
        seen = Recorder()
        x = np.zeros((80, 8, 8, 8), "uint8")
        x[:, 2:6, 2:6, 2:6] = 1
        model.fit(x, batch_size=8, epochs=2, verbose=0, callbacks=[seen])
        before = np.array([0.0, *seen.accuracies[:-1]])
        np.testing.assert_array_equal(np.cumsum(before <= limit), seen.updates)
        assert (seen.updates[-1] == 20) == (limit == 1.0), "the gate did something"


RUN = """
from kerasgen.callbacks import Backup
from tests.faults import kill_at
from tests.gans.test_three_d_gan import made, volumes
made().fit(volumes(12), batch_size=4, epochs=2, verbose=0,
           callbacks=[Backup(FOLDER, save_freq=1), kill_at(4)])
"""


@functools.cache
def _shared():
    keras.utils.set_random_seed(0)
    model = small(max_accuracy=0.0)
    model.compile()
    return model, numpy_state(model)


def made():
    """Returns a model as if new, whose gate is shut but for an accuracy of 0."""
    model, state = _shared()
    assign(model.state_variables(), state)
    return model


def test_a_run_killed_while_the_gate_is_shut_goes_on_bit_for_bit(tmp_path):
    killed = run_python(RUN.replace("FOLDER", repr(str(tmp_path))))
    assert killed.returncode == 9, killed.stderr[-2000:]
    model, x = made(), volumes(12)
    options = {"batch_size": 4, "epochs": 2, "verbose": 0}
    model.fit(x, callbacks=[Backup(tmp_path)], **options)
    resumed = numpy_state(model)
    model = made()
    model.fit(x, **options)
    assert float(to_numpy(model.last_accuracy)) > 0, "the gate is shut"
    player = model.optimizer.players["discriminator"]
    assert int(to_numpy(player.iterations)) < 6 == int(to_numpy(model.steps))
    assert not differing(resumed, numpy_state(model))


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"volume_shape": 10}, "`volume_shape` must have sides divisible by 4"),
        ({"volume_shape": 4}, "`volume_shape` must be at least 8"),
        ({"volume_shape": (8, 8)}, r"`volume_shape` must be an int or \(depth"),
        ({"volume_shape": (8, 8, 3)}, "`volume_shape` must be at least 8"),
        ({"max_accuracy": 80}, r"`max_accuracy` must be in \[0.0, 1.0\]"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, message):
    with pytest.raises(ValueError, match=f"{message}.*Received"):
        ThreeDGAN(**{"volume_shape": 8, **arguments})


@pytest.mark.any_backend
def test_grids_and_explorations_draw_volumes(tmp_path):
    model = small()
    picture = kerasgen.explore.interpolate(model, steps=3, rows=2)
    assert picture.images.shape == (2, 3, 8, 8, 8)
    picture.save(tmp_path / "picture.png")
    assert kerasgen.explore.traverse(model, dimensions=[0]).picture().ndim == 3
    grid = kerasgen.callbacks.SampleGrid(tmp_path, num_samples=4)
    model.compile()
    board = kerasgen.callbacks.TensorBoard(tmp_path / "logs")
    model.fit(volumes(8), batch_size=4, verbose=0, callbacks=[grid, board])
    assert (tmp_path / "samples.gif").exists() and grid.latest.shape[-1] == 3


@pytest.mark.any_backend
def test_the_command_line_draws_and_evaluates_volumes(tmp_path, capsys):
    model = ThreeDGAN(16, latent_dim=3, filters=1, seed=0)
    model.compile()
    file, picture, arrays = (tmp_path / n for n in ("m.keras", "s.png", "s.npz"))
    model.save(file)
    words = f"sample {file} --num-samples 3 --seed 1 --out {picture} --npz {arrays}"
    assert cli.main(words.split()) == 0
    with np.load(arrays) as found:
        expected = model.sample(3, seed=1)
        np.testing.assert_allclose(found["samples"], expected, atol=1e-5)
    with Image.open(picture) as drawn:
        assert drawn.mode == "RGB" and min(drawn.size) > 96
    words = f"evaluate {file} --data voxels --num-examples 6 --batch-size 3 --json"
    capsys.readouterr()
    assert cli.main(words.split()) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["num_examples"] == 6 and told["split"] == "test"
    x = kerasgen.data.load("voxels", "test", batch_size=3, num_examples=6)
    expected = model.evaluate(x, return_dict=True, verbose=0)
    assert told["figures"] == pytest.approx(expected, rel=1e-5)
    words = f"explore interpolate {file} --rows 1 --steps 2 --out {picture}"
    assert cli.main(words.split()) == 0
