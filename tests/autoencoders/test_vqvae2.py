"""VQ-VAE-2: the contract, the wiring of its two grids, and their priors."""

import itertools

import keras
import numpy as np
import pytest
from keras import ops

from kerasgen.autoencoders import VQVAE2
from tests.conformance import check_model, differing, numpy_state

SHAPE = (4, 8, 1)


def make_model(**kwargs):
    options = {"num_codes": 3, "code_dim": 2, "downsamplings": 1, "filters": 4}
    options |= {"residual_filters": 3, "blocks": 1, "seed": 1}
    options |= {"prior_filters": 4, "prior_blocks": 0, "image_shape": SHAPE}
    return VQVAE2(**{**options, **kwargs})


def images(count=8, seed=0, shape=SHAPE):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), "uint8")


def test_contract():
    check_model(
        VQVAE2,
        {
            "image_shape": (8, 4, 2),
            "num_codes": 5,
            "code_dim": 3,
            "downsamplings": 1,
            "filters": 4,
            "residual_filters": 3,
            "blocks": 1,
            "commitment_weight": 0.5,
            "ema_decay": 0.9,
            "restart_threshold": 0.5,
            "data_variance": 0.1,
            "prior_filters": 4,
            "prior_blocks": 0,
            "num_classes": 3,
        },
        mixed_precision=("mixed_float16",),
    )


def test_codes_of_both_grids_decode_to_the_reconstruction():
    model, x = make_model(), images()
    before = numpy_state(model)
    top, bottom = model.encode(x)
    assert (top.shape, bottom.shape) == ((8, 1, 2), (8, 2, 4))
    expected = model.reconstruct(x)
    np.testing.assert_allclose(model.decode((top, bottom)), expected, atol=1e-6)
    for changed in (((top + 1) % 3, bottom), (top, (bottom + 1) % 3)):
        assert np.abs(model.decode(changed) - expected).max() > 1e-4
    assert not differing(before, numpy_state(model))
    with pytest.raises(ValueError, match="`codes` must be ints of shape.*Received"):
        model.decode((bottom, top))


def test_the_bottom_grid_is_encoded_given_the_top_codes():
    model = make_model()
    x = model.preprocess(ops.convert_to_tensor(images()))
    maps = model.bottom_encoder(x)
    vectors = [
        model.quantizers[0].lookup(np.full((8, 1, 2), code, "int32")) for code in (0, 1)
    ]
    found = [ops.convert_to_numpy(model._bottom(maps, v)) for v in vectors]
    assert np.abs(found[0] - found[1]).min(axis=(0, 1, 2)).max() > 1e-6


@pytest.mark.parametrize("ema_decay, weight", [(0.9, 0.5), (None, 1.5)])
def test_loss_is_the_scaled_error_and_the_distances_of_both_grids(ema_decay, weight):
    model = make_model(
        commitment_weight=0.5,
        ema_decay=ema_decay,
        restart_threshold=0.0,
        data_variance=0.25,
    )
    model.compile()
    x = images()
    logs = model.evaluate(x, verbose=0, return_dict=True)
    top, bottom = model.encode(x)
    vectors = [model.quantizers[i].lookup(c) for i, c in enumerate((top, bottom))]
    maps = model.bottom_encoder(model.preprocess(ops.convert_to_tensor(x)))
    distances = [
        ops.mean(ops.square(model.top_encoder(maps) - vectors[0])),
        ops.mean(ops.square(model._bottom(maps, vectors[0]) - vectors[1])),
    ]
    total = float(ops.convert_to_numpy(sum(distances)))
    assert logs["quantization"] == pytest.approx(total, rel=1e-4)
    outputs = ops.convert_to_numpy(model._decode(*vectors)) + 0.5
    error = np.mean((x / 255.0 - outputs) ** 2) / 0.25
    assert logs["reconstruction"] == pytest.approx(error, rel=1e-4)
    expected = error + weight * logs["quantization"]
    assert logs["loss"] == pytest.approx(expected, rel=1e-4)


# === The priors ===


def test_each_prior_has_the_mass_one_and_the_bottom_one_sees_the_top():
    model = make_model(image_shape=(4, 4, 1), num_classes=2)
    generator = np.random.default_rng(0)
    for prior in model.priors:
        for variable in prior.trainable_variables:
            variable.assign(0.5 * generator.normal(size=variable.shape))
    grids = np.array(list(itertools.product(range(3), repeat=4)), "int32")
    grids = grids.reshape(81, 2, 2, 1)
    nats = []
    for code, label in ((0, 0), (1, 0), (1, 1)):
        top = np.full((81, 1, 1), code, "int32")
        given = model._given([top], np.full(81, label))
        nats.append(model.priors[1].log_prob(grids, given, batch_size=81))
        assert np.exp(nats[-1].astype("float64")).sum() == pytest.approx(1.0, abs=1e-5)
    assert np.abs(nats[0] - nats[1]).max() > 0.1
    assert np.abs(nats[1] - nats[2]).max() > 0.01
    top = np.arange(3).reshape(3, 1, 1, 1)
    first = model.priors[0].log_prob(top, np.zeros(3, "int32"))
    assert np.exp(first).sum() == pytest.approx(1.0, abs=1e-5)


def test_untrained_priors_are_uniform_and_fitted_ones_know_the_codes(tmp_path):
    model = make_model(num_classes=2)
    labels = np.repeat([0, 1], 40)
    x = np.repeat(images(2), 40, axis=0)
    uniform = -(2 + 8) * np.log(3)
    np.testing.assert_allclose(model.code_log_prob(x[:2], labels[:2]), uniform, 1e-5)
    model.compile()
    before = numpy_state(model)
    options = {"batch_size": 20, "epochs": 8, "verbose": 0}
    model.fit_prior(x, labels, optimizer=keras.optimizers.Adam(0.05), **options)
    after = {k: v for k, v in numpy_state(model).items() if k in before}
    moved = differing(before, after)
    assert {name.split("/")[0] for name in moved} == {"top_prior", "bottom_prior"}
    nats = model.code_log_prob(x[[0, -1]], labels[[0, -1]])
    assert nats.min() > 0.3 * uniform
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert not differing(numpy_state(model), numpy_state(loaded))
    np.testing.assert_array_equal(
        model.sample(2, labels=[0, 1], seed=0), loaded.sample(2, labels=[0, 1], seed=0)
    )


def test_sizes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="divisible by 8. Received"):
        VQVAE2((28, 28, 1))
