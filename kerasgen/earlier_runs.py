"""What run folders of earlier versions say of themselves, in today's words.

`autoencoders/cvae` once had two forms, by labels and by quadrants: its setting
`quadrants` is now the recipe `autoencoders/quadrant_cvae`.
"""

import re
import shlex

_WHOLE, _PART, _SETTING = "autoencoders/cvae", "autoencoders/quadrant_cvae", "quadrants"
_FLAG = f"--{_SETTING}"


def renewed(config, folder=None):
    """Returns what a run folder says of its run as this version would write it.

    Args:
        config: dict of `config.json` or `results.json`, with `"recipe"` and
            `"settings"`.
        folder: path of the run folder, for its commands to name, or None.
    """
    settings = config.get("settings")
    settings = settings if isinstance(settings, dict) else {}
    if config.get("recipe") != _WHOLE or _SETTING not in settings:
        return config
    found, given = dict(config), bool(settings[_SETTING])
    if given:
        found["recipe"] = _PART
    else:
        found["settings"] = {k: v for k, v in settings.items() if k != _SETTING}
    for key in {"command", "resume_command"} & config.keys():
        try:
            words = _renewed_words(shlex.split(str(config[key])), given)
        except ValueError:  # damaged: a quotation without its end
            continue
        if folder is not None and "--out" not in _names(words):
            words += ["--out", str(folder)]
        found[key] = shlex.join(words)
    return found


def moved(recipe, flags, words, parameters):
    """Returns what to tell who gives a recipe a flag that is another recipe's now.

    Args:
        recipe: str, the name of the recipe.
        flags: list of str, those that were given.
        words: list of str, the command before them.
        parameters: names of the recipe's arguments.

    Returns:
        str, or None where no flag has moved.
    """
    if recipe != _WHOLE or _FLAG not in _names(flags) or _SETTING in parameters:
        return None
    value = dict(_pairs(flags))[_FLAG]
    command = shlex.join(_renewed_words([*words, *flags], value != "0"))
    return (
        f"{_FLAG} must be given to the recipe {_PART}, which was a form of {_WHOLE}. "
        f"Received: {_FLAG} {value}. The command is now:\n  {command}\n"
        "To go on with a run of before, name its folder with --out"
    )


def _names(words):
    return [word.partition("=")[0] for word in words]


def _pairs(words):
    """Yields each word and its value, which follows it or an equals sign."""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, equals, value = word.partition("=")
        yield name, value if equals else following


def _renewed_words(words, given):
    """Returns the words of a command with the other recipe, or without the flag."""
    flags = next((i for i, w in enumerate(words) if w.startswith("--")), len(words))
    if given:  # `cvae`, `autoencoders/cvae` or `recipes/autoencoders/cvae.py`
        other = [re.sub(r"(^|/)(?=cvae(\.py)?$)", r"\1quadrant_", w) for w in words]
        return [*other[:flags], *words[flags:]]
    kept, skip = [], False
    for word in words:
        if not skip and word.partition("=")[0] != _FLAG:
            kept.append(word)
        skip = word == _FLAG
    return kept
