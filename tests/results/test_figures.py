"""Figures of rows: means need their number of examples and standard error."""

import pytest

from kerasgen.results import figures
from kerasgen.runs.figures import mean_figures
from tests.results.example import row

pytestmark = pytest.mark.any_backend


def choose(evaluation, names=None, no_means=(), split="test"):
    found, left_out = figures.choose(evaluation, {"loss": 1.5}, split, names, no_means)
    return {figure.pop("name"): figure for figure in found}, left_out


def test_means_of_the_library_are_figures_with_their_units():
    evaluation = {
        "validation_images": 4,
        **mean_figures("validation_nats", [1.0, 2.0, 3.0, 4.0]),
        **mean_figures("validation_error", [True, False, False, False, False]),
    }
    found, left_out = choose(evaluation, split="validation")
    assert found == {
        "nats": {
            "value": 2.5,
            "unit": "nats",
            "num_examples": 4,
            "standard_error": 0.645,
            "standard_error_from": "examples",
        },
        "error": {
            "value": 20.0,
            "unit": "%",
            "num_examples": 5,
            "standard_error": 20.0,
            "standard_error_from": "examples",
        },
    }
    assert left_out == []


def test_a_number_of_images_in_older_results_is_found():
    old = {"test_images": 7, "test_nats": 3.0, "test_nats_standard_error": 0.5}
    assert choose(old)[0]["nats"]["num_examples"] == 7
    name = "test_nll_5_samples_20_images"
    found, _ = choose({name: 3.0, f"{name}_standard_error": 0.5})
    assert found["nll_5_samples"]["num_examples"] == 20


def test_means_without_their_error_are_left_out_or_refused():
    evaluation = {"test_kl": 3.0, "test_perplexity": 30.0}
    found, left_out = choose(evaluation)
    assert list(found) == ["loss"] and left_out == ["kl", "perplexity"]
    with pytest.raises(ValueError, match="--no-mean names .* Received: kl"):
        choose(evaluation, ["kl"])
    uncounted = {"test_kl": 3.0, "test_kl_standard_error": 0.1}
    assert choose(uncounted)[1] == ["kl"]
    found, left_out = choose(evaluation, no_means=["perplexity"])
    assert left_out == ["kl"]
    assert found["perplexity"] == {
        "value": 30.0,
        "unit": None,
        "num_examples": None,
        "standard_error": None,
        "standard_error_from": "none",
    }


def test_deviations_over_repeats_are_called_so():
    name = "test_error_100_labels_scratch"
    evaluation = {name: 0.1, f"{name}_deviation": 0.02, f"{name}_num_examples": 9}
    (figure,) = choose(evaluation)[0].values()
    assert (figure["value"], figure["standard_error"]) == (10.0, 2.0)
    assert figure["standard_error_from"] == "deviation"


def test_names_choose_figures_and_their_order():
    evaluation = mean_figures("test_b", [1.0, 2.0]) | mean_figures("test_a", [1.0, 2.0])
    assert list(choose(evaluation)[0]) == ["b", "a"]
    assert list(choose(evaluation, ["a", "loss"])[0]) == ["a", "loss"]
    with pytest.raises(ValueError, match=r"one of \['a', 'b', 'loss'\]. Received: 'c'"):
        choose(evaluation, ["c"])


def test_runs_of_several_seeds_are_one_row_of_means():
    runs = [
        row({"value": value}, seeds=[seed], seconds_per_epoch=seed + 1.0)
        for seed, value in enumerate((2.86, 4.20, 4.94))
    ]
    found = figures.merged(runs)
    (figure,) = found["figures"]
    assert figure["value"] == 4.0 and figure["values"] == [2.86, 4.20, 4.94]
    assert figure["standard_error"] == pytest.approx(0.6086, abs=1e-3)
    assert figure["standard_error_from"] == "seeds"
    assert found["seeds"] == [0, 1, 2] and found["seconds_per_epoch"] == [1.0, 3.0]
    assert figures.merged(runs[:1]) == runs[0]


@pytest.mark.parametrize(
    "change, message",
    [
        ({"seeds": [0]}, "must have different seeds"),
        ({"epochs": 9}, "must differ by their seeds alone. Received: epochs=80 and 9"),
        ({"steps": 9}, "must differ by their seeds alone. Received: steps=None and 9"),
        ({"figures": []}, "and the same figures"),
    ],
)
def test_other_runs_are_not_one_row(change, message):
    with pytest.raises(ValueError, match=message):
        figures.merged([row(), row(**{"seeds": [1], **change})])
