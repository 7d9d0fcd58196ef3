"""Every model by its name: `"gans/dcgan"`, found by walking the family folders."""

import difflib
import importlib
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
