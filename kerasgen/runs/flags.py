"""Command-line flags from a function's signature and the Args of its docstring."""

import argparse
import difflib
import inspect
import re
import types
import typing

_KINDS = {"int": int, "float": float, "str": str, "string": str, "bool": bool}
_UNITS = {int: "int", float: "float", str: "str", bool: "bool"}
_KIND = re.compile(r"^(bool|int|float|str|tuple of \w+)( or None)?\. ")


class FlagParser(argparse.ArgumentParser):
    """An argument parser that takes no abbreviations and names the nearest flag."""

    def __init__(self, **kwargs):
        formatter = argparse.RawDescriptionHelpFormatter
        super().__init__(allow_abbrev=False, formatter_class=formatter, **kwargs)

    def error(self, message):
        self.exit(2, f"error: {message} ('{self.prog} --help' shows all flags)\n")

    def parse_args(self, args=None, namespace=None):
        parsed, unknown = self.parse_known_args(args, namespace)
        if unknown:
            name = unknown[0].split("=")[0]
            near = difflib.get_close_matches(name, self._option_string_actions, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            self.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
        return parsed


def add_flags(parser, function, skip=("run",)):
    """Adds one flag for each argument of a function.

    The type of a flag is that of the default; where the default is None, it is taken
    from the annotation (`int | None`) or from the docstring (`size: int. ...`). The
    help text is the argument's paragraph under "Args:".

    Args:
        parser: `argparse.ArgumentParser`.
        function: the function, such as a recipe's `main`.
        skip: names of arguments that get no flag.
    """
    texts = argument_texts(function.__doc__)
    hints = typing.get_type_hints(function)
    for name, parameter in inspect.signature(function).parameters.items():
        if name in skip:
            continue
        if parameter.default is parameter.empty:
            raise TypeError(
                f"`{name}` must have a default, which is the recipe's setting. "
                f"Received: {function.__name__}{inspect.signature(function)}"
            )
        text = re.sub(r"\s*Defaults to .*$", "", texts.get(name, ""))
        told = _KIND.sub("", text)  # which the flag itself shows
        help_text = told.replace("%", "%%") + " (default: %(default)s)"
        options = {"default": parameter.default, "help": help_text.strip()}
        kind = _kind(name, parameter.default, hints.get(name), text)
        if kind is bool:
            options["action"] = argparse.BooleanOptionalAction
        else:
            options["type"] = _bounded(kind, _least(name))
            options["metavar"] = getattr(kind, "unit", _UNITS.get(kind)).upper()
        parser.add_argument("--" + name.replace("_", "-"), **options)


def argument_texts(docstring):
    """Returns the paragraphs under "Args:" of a docstring, a dict by name."""
    texts, name, inside = {}, None, False
    for line in inspect.cleandoc(docstring or "").splitlines():
        if line and not line.startswith(" "):
            inside = line.strip() == "Args:"
        elif inside and (match := re.match(r"    (\w+): (.*)", line)):
            name = match[1]
            texts[name] = match[2].strip()
        elif inside and name and line.strip():
            texts[name] += " " + line.strip()
    return texts


def _kind(name, default, hint, text):
    """Returns what turns the text of a flag into its value."""
    if default is not None:
        if isinstance(default, (tuple, list)):
            return _sequence(type(default[0]) if default else str)
        if type(default) in _UNITS:
            return type(default)
        raise TypeError(
            f"`{name}` must default to a bool, int, float, str, tuple or None. "
            f"Received: {name}={default!r}"
        )
    union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    choices = typing.get_args(hint) if union else (hint,)
    found = [kind for kind in choices if kind not in (None, type(None))]
    if not found:
        words = re.findall(r"\w+", text)[:1]
        found = [_KINDS[word] for word in words if word in _KINDS]
    if not found:
        raise TypeError(
            f"`{name}` must have an annotation or a type in the docstring, since its "
            f"default is None. Received: {name}: {hint}"
        )
    if typing.get_origin(found[0]) in (tuple, list):
        return _optional(_sequence(typing.get_args(found[0])[0]))
    return bool if found[0] is bool else _optional(found[0])


def _least(name):
    """Returns the least value of a setting that counts something, or None."""
    if name in ("epochs", "batch_size"):
        return 1
    return 0 if name.endswith("_epochs") else None


def _bounded(kind, least):
    if least is None:
        return kind

    def parse(text):
        value = kind(text)
        if value is not None and value < least:
            raise argparse.ArgumentTypeError(f"must be at least {least}, not {text}")
        return value

    parse.__name__ = getattr(kind, "__name__", "value")
    return parse


def _sequence(kind):
    def parse(text):
        return tuple(kind(part) for part in text.strip("()[]").split(",") if part)

    parse.unit = f"{_UNITS.get(kind, 'str')},..."
    parse.__name__ = f"comma-separated {_UNITS.get(kind, 'str')}"
    return parse


def _optional(kind):
    def parse(text):
        return None if text.lower() == "none" else kind(text)

    parse.unit = getattr(kind, "unit", _UNITS.get(kind, "str"))
    parse.__name__ = getattr(kind, "__name__", parse.unit)
    return parse
