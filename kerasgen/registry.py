"""Every model by its name: `"gans/dcgan"`, found by walking the family folders."""

import difflib
import importlib
import inspect
import pkgutil

import keras

from kerasgen.listing import FAMILIES

PACKAGE = "kerasgen"

_MODELS = {}


def register(cls):
    """Class decorator: makes a model findable by name and loadable from `.keras`.

    The name is the family folder and the module: `kerasgen/gans/wgan_gp.py` holds
    `"gans/wgan_gp"`.
    """
    family, module = cls.__module__.split(".")[-2:]
    _MODELS[f"{family}/{module}"] = cls
    return keras.saving.register_keras_serializable(PACKAGE)(cls)


def discover(package_name, path):
    """Imports all modules of a family folder and returns its classes by name."""
    for module in sorted(m.name for m in pkgutil.iter_modules(path)):
        importlib.import_module(f"{package_name}.{module}")
    family = package_name.split(".")[-1]
    return {cls.__name__: cls for cls in list_models(family).values()}


def list_models(family=None):
    """Returns the registered models.

    Args:
        family: str, one of `"gans"`, `"autoencoders"`, `"autoregressive"`, or None
            for all.

    Returns:
        dict from name (`"gans/dcgan"`) to class, sorted by name.
    """
    if family is not None and family not in FAMILIES:
        raise ValueError(
            f"`family` must be one of {list(FAMILIES)}. Received: family={family!r}"
        )
    return {
        name: cls
        for name, cls in sorted(_MODELS.items())
        if family is None or name.startswith(family + "/")
    }


def signature(cls):
    """Returns the signature of a model's constructor, without `**kwargs`.

    It has the arguments of its own `__init__`, then by keyword those that this hands
    on: of the models and bases that it inherits from, down to the first registered
    model, which names all that it takes, and `seed`, `name` and `dtype`.
    """
    parameters, known = {}, set(_MODELS.values())
    for base in cls.__mro__:
        if "__init__" not in vars(base):
            continue
        own = list(inspect.signature(base.__init__).parameters.values())[1:]
        for parameter in own:
            handed_on = base is not cls and parameter.kind != parameter.VAR_KEYWORD
            kind = parameter.KEYWORD_ONLY if handed_on else parameter.kind
            parameters.setdefault(parameter.name, parameter.replace(kind=kind))
        if base in known or parameters.pop("kwargs", None) is None:
            break
    parameters.pop("kwargs", None)
    for name in ("seed", "name", "dtype"):
        last = inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None)
        parameters.pop(name, None)
        parameters[name] = last
    return inspect.Signature(list(parameters.values()))


def get_model(name):
    """Returns a model's class by its name.

    Args:
        name: str, such as `"gans/dcgan"`, or its last part, `"dcgan"`.
    """
    names = {key.split("/")[1]: key for key in _MODELS}
    if name in _MODELS or name in names:
        return _MODELS[names.get(name, name)]
    choices = [*_MODELS, *names]
    near = difflib.get_close_matches(str(name).lower(), choices, n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    raise ValueError(
        f"{hint}`name` must be one of {sorted(_MODELS)}. Received: name={name!r}"
    )
