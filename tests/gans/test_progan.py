"""ProGAN: its stages, the fade, the paper's sizes, and a run stopped within a fade."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.backend import to_numpy
from kerasgen.callbacks import Backup
from kerasgen.data import Dataset
from kerasgen.gans.progan import ProGAN
from tests.conformance import check_model, differing, numpy_state
from tests.faults import raise_at

SMALL = {
    "latent_dim": 3,
    "max_filters": 4,
    "filters_base": 8,
    "fade_images": 12,
    "stable_images": 8,
    "group_size": 2,
}


def test_contract():
    check_model(
        ProGAN,
        {
            "image_shape": (8, 12, 2),
            **SMALL,
            "penalty_weight": 5.0,
            "drift_weight": 0.01,
        },
    )


def progan(**kwargs):
    keras.utils.set_random_seed(0)
    return ProGAN((8, 8, 1), seed=1, **{**SMALL, **kwargs})


def at(model, stage, seen):
    model.reached_stage.assign(stage)
    model.examples_seen.assign(seen)
    model.settle_stage()
    return model


def test_a_fade_leads_from_the_old_networks_to_the_new_ones():
    model, z = progan(), np.random.default_rng(0).normal(size=(2, 3)).astype("float32")
    x = np.random.default_rng(1).uniform(-1, 1, (2, 8, 8, 1)).astype("float32")

    def outputs(stage, seen):
        at(model, stage, seen)
        judged = model.discriminate(x, None, False)
        return [ops.convert_to_numpy(t) for t in (model.generate(z), judged)]

    old, begun, middle, over, new = (
        outputs(*place) for place in ((0, 8), (1, 8), (1, 14), (1, 20), (2, 20))
    )
    for a, b in ((old, begun), (over, new)):
        for i in range(2):
            np.testing.assert_allclose(a[i], b[i], atol=1e-5)
    np.testing.assert_allclose(middle[0], (begun[0] + over[0]) / 2, atol=1e-5)
    blocks = old[0].reshape(2, 4, 2, 4, 2, 1)
    np.testing.assert_array_equal(blocks[:, :, :1, :, :1] + 0 * blocks, blocks)
    assert not np.allclose(old[1], new[1])


def test_real_images_fade_with_the_generated_ones():
    model = at(progan(), 1, 14)
    x = np.random.default_rng(1).uniform(-1, 1, (2, 8, 8, 1)).astype("float32")
    shown = []
    model.discriminate = lambda x, *_: shown.append(x) or ops.zeros((2, 1))
    model.penalty = lambda *_: ops.zeros(())
    model.compute_losses("discriminator", x, None, True)
    means = x.reshape(2, 4, 2, 4, 2, 1).mean((2, 4))
    expected = (x + means.repeat(2, axis=1).repeat(2, axis=2)) / 2
    np.testing.assert_allclose(ops.convert_to_numpy(shown[0]), expected, atol=1e-6)


def test_sizes_of_the_paper():
    model = ProGAN.__new__(ProGAN)
    model.filters_base, model.max_filters = 8192, 512
    maps = [ProGAN.maps(model, level) for level in range(9)]
    assert maps == [512, 512, 512, 512, 256, 128, 64, 32, 16]
    model = ProGAN((32, 32, 3), latent_dim=4, max_filters=1, filters_base=512)
    assert model.doublings == 3
    ends = np.array(model._stage_ends)
    assert ends[0] == 600_000, "no fade of the smallest size"
    assert set(np.diff(ends[::2])) == {1_200_000} and len(ends) == 6
    assert [at(model, s, 0).level for s in (0, 1, 2, 3, 6)] == [0, 1, 1, 2, 3]


def test_scores_drift_by_their_square():
    model = progan(drift_weight=0.5)
    real, fake = np.float32([[1.0], [3.0]]), np.float32([[0.0], [-2.0]])
    loss = float(model.discriminator_objective(real, fake))
    assert loss == pytest.approx(-1.0 - 2.0 + 0.5 * 5.0)
    assert float(model.generator_objective(fake)) == pytest.approx(1.0)


@pytest.mark.every_backend
def test_a_run_stopped_within_a_fade_goes_on_bit_for_bit(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (24, 8, 8, 1), "uint8")
    states, entered, updates = [], [], []
    for name in ("straight", "stopped", "resumed"):
        model = progan()
        model.compile(average_decay=0.9)
        callbacks = [Backup(tmp_path / (name if name == "straight" else "run"))]
        if name == "stopped":
            callbacks.append(raise_at(3, RuntimeError("stop")))
        data = Dataset(images, batch_size=4, seed=3)
        try:
            model.fit(data, epochs=1, verbose=0, callbacks=callbacks)
        except RuntimeError:
            assert model.stage == 1 and 0 < float(model.stage_progress) < 1
        states.append(numpy_state(model))
        entered.append(model.stage)
        players = model.optimizer.players.values()
        updates.append({int(to_numpy(player.iterations)) for player in players})
    assert entered == [2, 1, 2]
    # A stage begins after steps 2 and 5, with optimizers that begin anew.
    assert updates == [{1}, {1}, {1}]
    assert not differing(states[0], states[2])


def test_an_image_that_cannot_grow_is_refused():
    with pytest.raises(ValueError, match="`image_shape` must.*Received"):
        ProGAN((6, 6, 1), **SMALL)
