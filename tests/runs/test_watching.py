"""`--watch` and `--evaluate-every`: for the models they are for, in the history."""

import keras
import pytest

import kerasgen
from kerasgen.errors import RunError
from kerasgen.run_epochs import read_history
from kerasgen.runs.recipe import load_recipe, run
from kerasgen.runs.watching import Watching

pytestmark = pytest.mark.any_backend


def test_the_figures_of_a_run_are_in_its_history(tmp_path):
    out = tmp_path / "run"
    argv = ["--smoke", "--epochs", "2", "--watch", "--evaluate-every", "2"]
    argv += ["--out", str(out), "--verbose", "0"]
    run(load_recipe("gans/dcgan"), argv)
    first, second = read_history(out)
    watched = {"sample_diversity", "generator_gradient_norm", "symptoms"}
    assert watched <= set(first) and watched <= set(second)
    score = "frechet_distance_by_random"
    assert score in second and score not in first


def test_models_that_they_are_not_for_are_refused(monkeypatch):
    vae = kerasgen.autoencoders.VAE((4, 4, 1), 2, hidden_widths=(4,))
    with pytest.raises(RunError, match="--watch must be left out.*Received.*VAE"):
        Watching(collapse=True).callbacks(vae, None)
    monkeypatch.setattr("kerasgen.metrics.kinds.KINDS", {})
    with pytest.raises(RunError, match="--evaluate-every must be left out"):
        Watching(evaluate_every=1).callbacks(vae, None)
    assert Watching().callbacks(vae, None) == []


def test_scores_are_of_validation_data_where_there_are_any():
    data = kerasgen.data.load("digits", num_examples=40, batch_size=8)
    training, validation = kerasgen.data.hold_out(data, 10)
    model = kerasgen.autoencoders.VAE((8, 8, 1), 2, hidden_widths=(4,))
    for held_out, real in ((None, training), (validation, validation)):
        (found,) = Watching(evaluate_every=3).callbacks(model, training, held_out)
        assert found.real is real and found.period == 3
        assert isinstance(found, keras.callbacks.Callback)


def test_a_period_of_0_is_refused(capsys):
    with pytest.raises(SystemExit):
        run(load_recipe("gans/dcgan"), ["--evaluate-every", "0"])
    assert "int of at least 1" in capsys.readouterr().err
