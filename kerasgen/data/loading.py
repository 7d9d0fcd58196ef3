"""`load`: data sets by name."""

import difflib
import inspect

from kerasgen.arguments import check_int
from kerasgen.data.adapt import is_array
from kerasgen.data.clutter import load_clutter
from kerasgen.data.content import Content
from kerasgen.data.crossing import load_crossing
from kerasgen.data.dataset import Dataset
from kerasgen.data.digits import load_digits
from kerasgen.data.faces import load_faces
from kerasgen.data.folder import load_folder
from kerasgen.data.melodies import load_melodies
from kerasgen.data.mixture import load_mixture
from kerasgen.data.moving_shapes import load_moving_shapes
from kerasgen.data.negatives import load_negatives
from kerasgen.data.npz import load_npz
from kerasgen.data.outlines import load_outlines
from kerasgen.data.rain import load_rain
from kerasgen.data.resizing import check_image_size, resize
from kerasgen.data.scenes import load_scenes
from kerasgen.data.shapes import load_shapes
from kerasgen.data.sprites import load_sprites
from kerasgen.data.stacked import NUM_TEST, NUM_TRAIN, stack
from kerasgen.data.tfds import load_tfds
from kerasgen.data.tracks import load_tracks
from kerasgen.data.voxels import load_voxels
from kerasgen.features.checks import (
    check_images,
)
from kerasgen.features.label_checks import (
    check_class_names,
    check_labels,
    count_classes,
)

LOADERS = {
    "digits": load_digits,
    "shapes": load_shapes,
    "sprites": load_sprites,
    "mixture": load_mixture,
    "melodies": load_melodies,
    "outlines": load_outlines,
    "negatives": load_negatives,
    "voxels": load_voxels,
    "scenes": load_scenes,
    "faces": load_faces,
    "moving_shapes": load_moving_shapes,
    "crossing": load_crossing,
    "rain": load_rain,
    "clutter": load_clutter,
}
NO_CLASSES = ("scenes", "faces", "crossing", "rain")  # labels of other kinds


def load(
    name,
    split="train",
    batch_size=128,
    image_size=None,
    labels=False,
    data_dir=None,
    seed=0,
    shuffle=None,
    **options,
):
    """Loads a data set by its name.

    Works offline: `"digits"` (1797 real 8x8 digits), `"shapes"` (drawn, with labels of
    many kinds), `"sprites"` (drawn, all combinations of five factors), `"mixture"`
    (points in the plane), `"melodies"` (drawn, as series of tones), `"outlines"` and
    `"negatives"` (two domains, see `load_domains`), `"voxels"` (furniture in space),
    `"scenes"` (drawn, with captions, boxes and maps), `"faces"` (drawn, of known
    people), `"moving_shapes"` (videos), `"crossing"` (tracks of people), `"rain"`
    (pairs, see `load_pairs`), `"clutter"` (digits in colour, also two domains),
    `"folder:PATH"`, `"npz:PATH"`, `"tracks:PATH"` (of people, in text files), and
    `"stacked:NAME"`, in which three images of another data set are the channels of
    one. Any other name is one of TensorFlow Datasets, `"mnist"` or `"name/config"`,
    whose prepared folder is looked for first.

    Args:
        name: str, as above; or an array of images or points.
        split: str. `"train"`, `"test"`, `"validation"` where the data has it, or
            `"all"`. Defaults to `"train"`.
        batch_size: int. Training splits drop the last, smaller batch. Defaults to
            `128`.
        image_size: int, `(height, width)`, or None for the data's own.
        labels: bool. Whether batches are `(images, labels)`; None for whether the data
            have classes. Some data sets have
            labels of several kinds, chosen by a str. For an array, the labels. Which
            number a class has does not depend on `split` or `num_examples`.
        data_dir: str. Where prepared TensorFlow Datasets lie.
        seed: int. Seed of the order, and of data that is drawn. Defaults to `0`.
        shuffle: bool. Defaults to whether `split` is a training split.
        **options: `num_examples` (int) takes a fixed part of any data set; the others
            are those of `load_digits`, `load_shapes`, `load_sprites`, `load_mixture`,
            `load_melodies`, `load_voxels`, `load_scenes`, `load_faces`,
            `load_moving_shapes`, `load_crossing`, `load_rain`, `load_clutter`,
            `load_folder`, `load_npz`, `load_stacked`, `load_tracks` and `load_tfds`.

    Returns:
        `kerasgen.data.Dataset`.
    """
    if not isinstance(split, str):
        raise TypeError(f"`split` must be a str. Received: split={split!r}")
    given = {
        "split": split,
        "image_size": check_image_size(image_size),
        "labels": labels,
        "data_dir": data_dir,
        "seed": check_int("seed", seed, minimum=0),
    }
    name, loader, path = _find_loader(name)
    parameters = inspect.signature(loader).parameters
    num_examples = None
    if options.get("num_examples", 0) is None:
        options.pop("num_examples")
    elif "num_examples" in options and "num_examples" not in parameters:
        num_examples = check_int("num_examples", options.pop("num_examples"))
    _check_options(name, parameters, options, given)
    if labels is None and loader in LOADERS.values():
        has_classes = name not in NO_CLASSES and options.get("kind") != "swissroll"
        given["labels"] = has_classes
    given = {key: value for key, value in given.items() if key in parameters}
    content = loader(*path, **given, **options)
    if num_examples is not None:
        content = content.subset(num_examples)
    training = split.startswith("train")
    dataset = Dataset(
        content.images,
        content.labels,
        batch_size=batch_size,
        seed=seed,
        shuffle=training if shuffle is None else shuffle,
        num_classes=content.num_classes,
        class_names=content.class_names,
        field=content.field,
        name=name,
        split=split,
    )
    for key, value in content.attributes.items():
        setattr(dataset, key, value)
    return dataset


def takes_option(name, option):
    """Returns whether `load` takes an argument, by its name, for a data set."""
    return option in inspect.signature(_find_loader(name)[1]).parameters


def load_arrays(
    images, image_size, labels, *, class_names=None, interpolation="bicubic"
):
    """Takes arrays.

    Args:
        images: array of images or points.
        image_size: `(height, width)`, or None.
        labels: array of labels, or False.
        class_names: list of str or None.
        interpolation: str, for resizing.
    """
    images = check_images(images)
    if image_size is not None:
        if images.ndim != 4:
            raise ValueError(
                "`image_size` must be None for points. "
                f"Received: image_size={image_size}"
            )
        images = resize(images, image_size, interpolation)
    if labels is True:
        raise ValueError(
            "`labels` must be an array where `name` is one. Received: labels=True"
        )
    labels = None if labels is False else check_labels(labels, len(images))
    count = None if class_names is not None else count_classes(labels, None)
    return Content(images, labels, check_class_names(class_names), count)


def load_stacked(name, split, image_size, labels, data_dir, seed, *, num_examples=None):
    """Loads triples of grey images, drawn with replacement, as colours of one image.

    `"stacked:mnist"` is the stacked MNIST of papers on lost modes: 1,000 of them.

    Args:
        name: str. A data set of grey images, as in `load`.
        split: str. Whose images are drawn from.
        image_size: `(height, width)`, or None to keep the size.
        labels: bool. Whether to give the class of the triple, of `k` classes the number
            `(a k + b) k + c`; None for whether the images have classes.
        data_dir: str. Where prepared TensorFlow Datasets lie.
        seed: int. Of the choice.
        num_examples: int. Defaults to 128,000 of training splits and 26,000 of others.
    """
    base = load(name, split, 1, image_size, labels, data_dir, seed)
    if num_examples is None:
        num_examples = NUM_TRAIN if split.startswith("train") else NUM_TEST
    labels = base.num_classes is not None if labels is None else labels
    return stack(base, check_int("num_examples", num_examples), labels, seed)


PATH_LOADERS = {
    "folder": load_folder,
    "npz": load_npz,
    "stacked": load_stacked,
    "tracks": load_tracks,
}


def _find_loader(name):
    """Returns `(name, loader, leading arguments)`."""
    if is_array(name):
        return "arrays", load_arrays, (name,)
    if not isinstance(name, str):
        raise TypeError(
            "`name` must be a str or an array. "
            f"Received: name of type {type(name).__name__}"
        )
    prefix, colon, path = name.partition(":")
    if colon and prefix in PATH_LOADERS:
        if not path:
            raise ValueError(
                f"`name` must have a path after {name!r}. Received: name={name!r}"
            )
        return name, PATH_LOADERS[prefix], (path,)
    if name in LOADERS:
        return name, LOADERS[name], ()
    return name, load_tfds, (name,)


def _check_options(name, parameters, options, given):
    accepted = [
        key
        for key, parameter in parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    ]
    if "num_examples" not in accepted:
        accepted.append("num_examples")
    unknown = sorted(set(options) - set(accepted))
    if unknown:
        near = difflib.get_close_matches(unknown[0], [*accepted, *given], n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise TypeError(
            f"`options` of {name!r} must be among {accepted}.{hint} "
            f"Received: {', '.join(f'{key}={options[key]!r}' for key in unknown)}"
        )
    for key in ("image_size", "data_dir"):
        if key not in parameters and given[key] is not None:
            raise ValueError(
                f"`{key}` must be None for {name!r}. Received: {key}={given[key]!r}"
            )
