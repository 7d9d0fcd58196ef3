"""The data that a trained model is looked at with: that of its run, or another."""

import difflib

import kerasgen.data
from kerasgen.arguments import class_names
from kerasgen.data.loading import takes_option
from kerasgen.data.tfds import downloading
from kerasgen.errors import UserError

SPLITS = ("test", "validation", "train")  # the first that the data has is the default


def data_name(settings, args):
    """Returns the name of the data, that of the flags or of the run, or None."""
    return args.data or settings.get("data")


def class_number(flag, text, names):
    """Returns the number of a class that a flag names, or gives the number of.

    Args:
        flag: str, such as `"--labels"`, for the message.
        text: str. A name comes before a number, where one is both.
        names: sequence of str, or None.
    """
    if names is not None and text in names:
        return list(names).index(text)
    try:
        return int(text)
    except ValueError:
        pass
    if names is None:
        rule = "must be a number for a model without names of classes."
    else:
        near = difflib.get_close_matches(text, names, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        rule = f"must be a number, or one of the classes {list(names)}.{hint}"
    raise UserError(f"{flag} {rule} Received: {flag} {text}")


def class_numbers(texts, names):
    """Returns the numbers of the classes of `--labels`, a list, or None."""
    if texts is None:
        return None
    return [class_number("--labels", text, names) for text in texts]


def load_data(model, settings, args, labels, split=None, own_size=False, **options):
    """Returns the data as a `kerasgen.data.Dataset`, in the size of the model's images.

    Args:
        model: the model.
        settings: dict, settings of the run that trained it, or an empty one.
        args: the parsed flags of a command: `data`, `data_dir`, `download`, `split`,
            where None takes the first of `SPLITS` that the data has, and `seed`.
        labels: as in `kerasgen.data.load`.
        split: str, or None for that of the flags.
        own_size: bool. Whether images keep the size of the data.
        **options: further arguments of `kerasgen.data.load`.
    """
    name = data_name(settings, args)
    if name is None:
        raise UserError(
            "--data must be given for a model file outside a run folder. "
            "Received: no --data"
        )
    data_dir = args.data_dir
    if args.data is None and data_dir is None:
        data_dir = settings.get("data_dir")
    if not model.fields.is_named:
        own = model.fields.x.load_options.items()
        options |= {k: v for k, v in own if k == "image_size" or takes_option(name, k)}
    elif len(model.image_shape or ()) == 3:
        options["image_size"] = tuple(model.image_shape[:2])
    if own_size:
        options.pop("image_size", None)
    split = split or args.split
    seed = settings.get("seed", 0) if args.seed is None else args.seed
    options |= {"labels": labels, "data_dir": data_dir, "seed": seed, "batch_size": 1}
    load = kerasgen.data.load
    if hasattr(model, "domains"):
        own = settings if args.data is None else {}
        options["target"] = own.get("target")
        load = kerasgen.data.load_domains
        if model.paired:
            load = kerasgen.data.load_pairs
            options["direction"] = settings.get("direction", "a_to_b")
        options.pop("labels")
    names = class_names(model)
    if labels and names and model.num_classes and name.startswith("folder:"):
        options["class_names"] = names  # its folders may be some of the classes
    with downloading(args.download):
        for choice in [split] if split else SPLITS:
            try:
                return load(name, split=choice, **options)
            except ValueError as error:
                missing = str(error).startswith("`split`")
                if split or choice == SPLITS[-1] or not missing:
                    raise
    return None
