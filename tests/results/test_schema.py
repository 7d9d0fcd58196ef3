"""Every field of a row is checked, and errors say which and why."""

import pytest

from kerasgen.results import schema
from tests.results.example import row

pytestmark = pytest.mark.any_backend


def test_a_row_that_is_right_passes():
    schema.check_row(row())
    schema.check_row(row(split="validation", levels=2, binarization="dynamic"))
    schema.check_row(row(seconds_per_epoch=[4, 20.5], parts={"prior": 3}))
    schema.check_row(row(stopped_early=True, planned_epochs=100))
    figure = {"value": 3.0, "values": [2.0, 4.0], "standard_error_from": "seeds"}
    schema.check_row(row(figure, seeds=[0, 1]))


@pytest.mark.parametrize(
    "figure, changes, message",
    [
        ({}, {"recipe": "dcgan"}, "`recipe` must be a recipe's name"),
        ({}, {"command": "python x.py"}, "`command` must begin with 'kerasgen train"),
        ({}, {"data": ...}, "`data` must be there"),
        ({}, {"split": "testing"}, "`split` must be one of"),
        ({}, {"split": None}, "`split` must name what figures"),
        ({}, {"image_shape": [8, 0]}, "`image_shape` must be a list of ints"),
        ({}, {"epochs": -1}, "`epochs` must be an int"),
        ({}, {"epochs": True}, "`epochs` must be an int"),
        ({}, {"seconds_per_epoch": [3, 1]}, "`seconds_per_epoch` must be seconds"),
        ({}, {"device": " "}, "`device` must be a str that is not empty"),
        ({}, {"backend": "numpy"}, "`backend` must be one of"),
        ({}, {"precision": "bfloat16"}, "`precision` must be one of"),
        ({}, {"seeds": []}, "`seeds` must be a list of ints"),
        ({}, {"date": "2026-11-31"}, "`date` must be a date"),
        ({}, {"commit": "main"}, "`commit` must be the hexadecimal name"),
        ({}, {"paper": [{"figure": "3"}]}, r"`paper\[0\].protocol` must be there"),
        ({}, {"note": ""}, "`note` must be a str"),
        ({}, {"remarks": "one"}, "`remarks` must be a list of str"),
        ({}, {"chosen_on": "luck"}, "`chosen_on` must be one of"),
        ({}, {"stopped_early": True}, "`planned_epochs` must be there if"),
        ({}, {"planned_epochs": 3}, "`planned_epochs` must be there if"),
        ({}, {"best": 1}, "`best` must be true or false"),
        ({}, {"time": 3}, "among .* Received: time"),
        ({"value": float("nan")}, {}, r"`figures\[0\].value` must be a finite number"),
        ({"num_examples": None}, {}, r"`figures\[0\].num_examples` must be there"),
        ({"standard_error": None}, {}, r"`figures\[0\].standard_error` must be null"),
        ({"standard_error_from": "unknown"}, {}, "Received: standard_error=0.24"),
        ({"standard_error": -1.0}, {}, "must not be negative"),
        ({"standard_error_from": "chance"}, {}, "standard_error_from` must be one of"),
        ({"values": [1.0, 2.0]}, {}, r"`figures\[0\].values` must have one number"),
    ],
)
def test_what_is_wrong_is_named(figure, changes, message):
    with pytest.raises(ValueError, match=message) as error:
        schema.check_row(row(figure, **changes))
    assert "Received" in str(error.value)


def test_figures_have_different_names():
    figures = row()["figures"]
    with pytest.raises(ValueError, match="`figures` must have different names"):
        schema.check_row(row(figures=figures * 2))


def test_a_row_is_a_dict():
    with pytest.raises(ValueError, match="A row must be a dict"):
        schema.check_row([])
