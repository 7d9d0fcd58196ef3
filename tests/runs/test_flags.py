import argparse

import pytest

from kerasgen.runs.flags import FlagParser, add_flags, argument_texts
from tests import tiny_recipe

pytestmark = pytest.mark.any_backend


def _parser(function=tiny_recipe.main):
    parser = FlagParser(prog="recipe")
    add_flags(parser, function)
    return parser


def test_flags_take_their_types_from_defaults_annotations_and_docstring():
    words = (
        "--epochs 1_000 --learning-rate 1 --image-size 32 --levels 8 --widths 5,6,7 "
        "--flip --data mnist"
    )
    args = vars(_parser().parse_args(words.split()))
    expected = {
        "data": "mnist",
        "epochs": 1000,
        "batch_size": 4,
        "learning_rate": 1.0,
        "num_examples": 16,
        "image_size": 32,
        "levels": 8,
        "widths": (5, 6, 7),
        "flip": True,
        "seed": 0,
    }
    assert args == expected
    assert {k: type(v) for k, v in args.items()} == {
        k: type(v) for k, v in expected.items()
    }


def test_flags_default_to_the_signature():
    args = _parser().parse_args([])
    assert args.widths == (3, 2)
    assert args.image_size is None
    assert args.flip is False


def test_none_and_no_can_be_said():
    args = _parser().parse_args(["--image-size", "None", "--no-flip"])
    assert args.image_size is None
    assert args.flip is False


@pytest.mark.parametrize(
    "words",
    [
        ["--epochs", "1.5"],
        ["--epochs=-1"],
        ["--batch-size", "0"],
        ["--levels", "many"],
        ["--widths", "1,x"],
        ["--flip=1"],
    ],
)
def test_wrong_kinds_are_usage_errors(words, capsys):
    with pytest.raises(SystemExit) as error:
        _parser().parse_args(words)
    assert error.value.code == 2
    message = capsys.readouterr().err
    assert message.startswith("error: ") and message.count("\n") == 1
    assert words[0].partition("=")[0] in message


def test_unknown_flag_names_the_nearest(capsys):
    with pytest.raises(SystemExit):
        _parser().parse_args(["--epoch", "3"])
    assert "did you mean --epochs?" in capsys.readouterr().err


def test_help_holds_the_docstring_and_the_default():
    text = " ".join(_parser().format_help().split())
    assert "Name of the data set. (default: noise)" in text
    assert "--epochs INT Passes over the data, 100% of it. (default: 2)" in text
    for kind in ("bool.", "int.", "str.", "tuple of ints.", "None."):
        assert f" {kind} " not in text


def test_argument_texts_end_with_their_section():
    docstring = """Does.

    Args:
        a: int. One
            and more: yes.
        b: Two.

    Returns:
        c: no argument.
    """
    expected = {"a": "int. One and more: yes.", "b": "Two."}
    assert argument_texts(docstring) == expected


def test_every_argument_needs_a_default():
    def main(epochs):
        pass

    with pytest.raises(TypeError, match=r"`epochs` must have a default.*Received"):
        add_flags(argparse.ArgumentParser(), main)


def test_a_default_of_none_needs_a_type():
    def main(epochs=None):
        pass

    with pytest.raises(TypeError, match=r"`epochs` must have an annotation.*Received"):
        add_flags(argparse.ArgumentParser(), main)


def test_a_default_of_another_kind_is_refused():
    def main(epochs=object):
        pass

    with pytest.raises(TypeError, match=r"`epochs` must default to.*Received"):
        add_flags(argparse.ArgumentParser(), main)
