"""What earlier run folders say, in today's words."""

import pytest

from kerasgen.earlier_runs import moved, renewed

pytestmark = pytest.mark.any_backend

WHOLE, PART = "autoencoders/cvae", "autoencoders/quadrant_cvae"


def _config(recipe=WHOLE, command="kerasgen train autoencoders/cvae", **settings):
    return {"recipe": recipe, "settings": {"seed": 0, **settings}, "command": command}


def test_what_has_not_changed_stays_as_it_is():
    for config in (
        {},
        {"recipe": WHOLE},
        {"recipe": WHOLE, "settings": None},
        {"recipe": WHOLE, "settings": ["quadrants"]},
        _config(),
        _config(PART, quadrants=1),
        _config("gans/gan", quadrants=1),
    ):
        assert renewed(config, "runs/old") is config


def test_quadrants_are_another_recipe():
    config = _config(quadrants=2)
    found = renewed(config, "runs/old")
    assert found["recipe"] == PART
    assert found["settings"] == {"seed": 0, "quadrants": 2}
    assert found["command"] == f"kerasgen train {PART} --out runs/old"
    assert config == _config(quadrants=2)  # not changed in its place
    assert renewed(found, "runs/old") is found


def test_a_damaged_command_stays_as_it_is():
    found = renewed(_config(command="kerasgen train 'cvae", quadrants=1), "runs/old")
    assert (found["recipe"], found["command"]) == (PART, "kerasgen train 'cvae")


def test_labels_are_the_recipe_without_the_setting():
    found = renewed(_config(quadrants=0, command="cvae.py --quadrants 0 --out x"), "y")
    assert found == _config(command="cvae.py --out x")


@pytest.mark.parametrize(
    "command, now",
    [
        ("kerasgen train cvae --seed 1", "kerasgen train quadrant_cvae --seed 1"),
        (f"kerasgen train {WHOLE} --out cvae", f"kerasgen train {PART} --out cvae"),
        (
            "python /my/cvae/autoencoders/cvae.py",
            "python /my/cvae/autoencoders/quadrant_cvae.py",
        ),
    ],
)
def test_commands_name_the_other_recipe(command, now):
    assert renewed(_config(command=command, quadrants=1))["command"] == now


def test_only_a_moved_flag_of_its_recipe_is_told():
    words = ["kerasgen", "train", "cvae"]
    assert moved(WHOLE, ["--seed", "1"], words, ("seed",)) is None
    assert moved("gans/gan", ["--quadrants", "1"], words, ()) is None
    assert moved(WHOLE, ["--quadrants", "1"], words, ("quadrants",)) is None
    told = moved(WHOLE, ["--quadrants=3"], words, ("seed",))
    assert "Received: --quadrants 3." in told
    assert "  kerasgen train quadrant_cvae --quadrants=3\n" in told
    assert "Received: --quadrants ." in moved(WHOLE, ["--quadrants"], words, ())
