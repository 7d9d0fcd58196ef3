"""The benchmarks run, in a tiny form, and compare like with like."""

import importlib
import pathlib

import keras
import numpy as np
import pytest

FOLDER = pathlib.Path(__file__).parents[1] / "benchmarks"
TINY = {
    "gan": {"latent_dim": 4, "filters": 2},
    "vae": {"latent_dim": 2, "hidden": 8},
    "pixelcnn": {"filters": 2, "blocks": 1, "head_filters": 4},
}


@pytest.fixture
def training_speed(monkeypatch):
    monkeypatch.syspath_prepend(FOLDER)
    return importlib.import_module("training_speed")


def _compare(training_speed, name, **sizes):
    sizes = TINY[name] | sizes
    return training_speed.compare(name, repeats=1, steps=2, batch_size=4, **sizes)


@pytest.mark.parametrize("name", ["vae"])
def test_training_speed_compares_the_same_model(training_speed, name):
    row = _compare(training_speed, name)
    assert row["backend"] == keras.backend.backend()
    assert row["parameters"] == 28**2 * 8 + 8 + 8 * 4 + 4 + 2 * 8 + 8 + 9 * 28**2
    assert row["ours_images_per_s"] > 0
    assert set(row["ours_first_losses"]) == {"loss", "reconstruction", "kl"}
    assert training_speed.report(row).count("|") == 12


@pytest.mark.parametrize("name", TINY)
def test_both_sides_have_the_same_parameters(training_speed, name):
    native = importlib.import_module(f"native_{keras.backend.backend()}")
    images = np.zeros((4, 28, 28, 1), "uint8")
    arguments = {"images": images, "batch_size": 4, "precision": "float32"}
    ours = training_speed.Ours(name, **arguments, **TINY[name])
    theirs = native.TRAINERS[name](**arguments, **TINY[name])
    assert ours.num_parameters == theirs.num_parameters > 100


@pytest.mark.parametrize(
    "name, sizes, scalars",
    [
        ("fvbn", {}, ["loss", "bits_per_dim"]),
        pytest.param(
            "multiscale_pixel_rnn",
            {"layer": "row_lstm", "filters": 2, "head_filters": 2, "factors": (7,)},
            ["scale_0_loss", "scale_0_bits_per_dim"]
            + ["scale_1_loss", "scale_1_bits_per_dim"],
            marks=pytest.mark.any_backend,
        ),
    ],
)
def test_training_speed_against_a_loop_around_the_same_layers(
    training_speed, name, sizes, scalars
):
    row = training_speed.compare(name, repeats=1, steps=2, batch_size=4, **sizes)
    assert row["parameters"] > 100 and row["theirs_images_per_s"] > 0
    ours, theirs = row["ours_first_losses"], row["theirs_first_losses"]
    assert sorted(ours) == sorted(theirs) == sorted(scalars)
    for key in scalars:
        assert ours[key] == pytest.approx(theirs[key], rel=0.1)


def test_training_speed_refuses_different_models(training_speed, monkeypatch):
    monkeypatch.setattr(training_speed.Ours, "num_parameters", 1)
    with pytest.raises(RuntimeError, match="parameter counts of 'vae' differ"):
        _compare(training_speed, "vae")


def test_training_speed_refuses_different_losses(training_speed):
    with pytest.raises(RuntimeError, match="losses of 'x' differ"):
        training_speed._check_losses("x", {"loss": 1.0}, {"loss": 4.0})
    with pytest.raises(RuntimeError, match="scalars of 'x' differ"):
        training_speed._check_losses("x", {"loss": 1.0}, {"nll": 1.0})


def test_sampling_speed_compares_the_same_integers(monkeypatch, capsys):
    monkeypatch.syspath_prepend(FOLDER)
    module = importlib.import_module("sampling_speed")
    monkeypatch.setitem(module.MODELS, "fvbn", {})
    model = module.make_model("fvbn", 3, 1)
    row = module.measure(model, 2, repeats=1, cached_runs=2, full_passes=4)
    assert row["ratio"] > 0 and len(row["all_cached"]) == 2
    rows = module.grow("fvbn", 1, [2, 3], batch_size=2, cached_runs=1)
    assert [r["size"] for r in rows] == [2, 3]
    assert "us CPU a pixel" in capsys.readouterr().out
    monkeypatch.setattr(
        type(model), "complete", lambda *_, **__: np.full((2, 3, 3, 1), 0.5, "float32")
    )
    with pytest.raises(RuntimeError, match="drew different images"):
        module.measure(model, 2, repeats=1, cached_runs=1)
