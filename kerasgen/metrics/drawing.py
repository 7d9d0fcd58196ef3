"""Real examples, and what a model draws to stand beside them."""

import numpy as np

from kerasgen.arguments import check_choice
from kerasgen.data import Dataset
from kerasgen.families.translation import TranslationModel
from kerasgen.features import Feature


def drawn_feature(model, to=None):
    """Returns the `Feature` that a model draws, or None.

    Args:
        model: any model.
        to: str or None. The domain that a translator translates to.
    """
    own = target(model, to)
    if own is not None:
        return model.field(own)
    field = getattr(getattr(model, "fields", None), "x", None)
    return field if isinstance(field, Feature) and hasattr(model, "sample") else None


def real_examples(model, dataset, count, seed=0, to=None):
    """Returns `(examples, conditions)` from all over a data set.

    Args:
        model: the model.
        dataset: `kerasgen.data.Dataset`; of a translator of both of its domains.
        count: int. At most so many.
        seed: int.
        to: as in `drawn_feature`.

    Returns:
        arrays: examples of what the model draws; and what it is to be asked for, as
        many: classes, or of a translator images to translate; or None.
    """
    if isinstance(model, TranslationModel) and not model.paired:
        to = target(model, to)
        parts = [domain(dataset, name) for name in (to, model.source_of(to))]
        count = min(count, *(part.num_examples for part in parts))
        return tuple(part.spread(count, seed)[0] for part in parts)
    return dataset.spread(count, seed)


def domain(dataset, name):
    """Returns the images of one domain of a data set, a `Dataset`.

    Args:
        dataset: `Dataset` of domains, or of pairs `(target, input)`.
        name: str, such as `"b"`, or `"target"`.
    """
    paired = dataset.labels is not None
    source = dataset.source if paired else dataset.source.sources[name]
    options = {"batch_size": 1, "name": dataset.name, "split": dataset.split}
    return Dataset(source, **options)


def draw(model, count, conditions=None, seed=0, batch_size=None, to=None):
    """Returns what a model draws for conditions of `real_examples`, float32.

    A model that completes images is given real ones; one that is asked for nothing
    draws `count`.
    """
    if isinstance(model, TranslationModel):
        return model.translate(conditions, target(model, to), batch_size, seed=seed)
    asked = {} if conditions is None else {"labels": conditions}
    return model.sample(count, seed=seed, batch_size=batch_size, **asked)


def asked_for(model, examples, conditions):
    """Returns what a model is to be asked for beside real examples, or None."""
    if isinstance(model, TranslationModel):
        return conditions
    if getattr(model, "given", None) is not None:  # a part of the images themselves
        return examples
    takes = getattr(model, "takes_labels", model.fields.y is not None)
    return conditions if model.num_classes is not None or takes else None


def as_classes(conditions):
    """Returns conditions that are classes, int64 `(n,)`, or None."""
    if conditions is None or isinstance(conditions, dict):
        return None
    conditions = np.asarray(conditions)
    if conditions.ndim != 1 or conditions.dtype.kind not in "iu":
        return None
    return conditions.astype("int64")


def target(model, to=None):
    """Returns the domain that a translator translates to; None for other models."""
    if not isinstance(model, TranslationModel):
        if to is not None:
            raise ValueError(
                "`to` must be None for a model that does not translate. "
                f"Received: to={to!r}, {type(model).__name__}"
            )
        return None
    domains = tuple(model.translators())
    return domains[0] if to is None else check_choice("to", to, domains)


def told(model):
    """Returns in words what a model draws."""
    fields = getattr(model, "fields", None)
    if not hasattr(model, "sample") or fields is None:
        return "nothing"
    if not isinstance(fields.x, dict):
        return type(fields.x).__name__
    parts = (f"{name} ({type(part).__name__})" for name, part in fields.x.items())
    return " and ".join(parts)
