"""TensorFlow Datasets by name, read from prepared folders without TensorFlow."""

import contextlib
import contextvars
import difflib
import fnmatch
import os
import pathlib
import re
import threading

from kerasgen.arguments import check_choice
from kerasgen.data.content import Content
from kerasgen.data.tfds_fields import read_fields
from kerasgen.data.tfds_records import count_classes, read_examples
from kerasgen.data.tfds_safety import check_features

PROBE_URL = "https://storage.googleapis.com/tfds-data/"
PROBE_SECONDS = 5
_downloading = contextvars.ContextVar("kerasgen_downloading", default=False)


@contextlib.contextmanager
def downloading(allowed=True):
    """Lets `load` download what is not found, for all calls within the block.

    Args:
        allowed: bool. What `download` of `load_tfds` defaults to.
    """
    token = _downloading.set(bool(allowed))
    try:
        yield
    finally:
        _downloading.reset(token)


def load_tfds(
    name,
    split,
    image_size,
    labels,
    data_dir,
    *,
    num_examples=None,
    image_key=None,
    download=None,
    interpolation="bicubic",
    label_field=None,
):
    """Loads a data set of TensorFlow Datasets into memory, as `uint8` images.

    The prepared folder is looked for in `data_dir`, `$TFDS_DATA_DIR` and
    `~/tensorflow_datasets`, before anything else. Neither TensorFlow nor the network
    is needed for what is prepared, and nothing of it is run: it may name features of
    `tensorflow_datasets` and files below its folder alone. Images must fit into memory.

    Args:
        name: str, `"name"`, `"name/config"` or `"name:version"`.
        split: str, one of the data set's, a slice such as `"train[:1000]"`, or `"all"`.
        image_size: `(height, width)`, or None if all images have one size.
        labels: False; True for `"label"`; None for that where it is there; or the name
            of a feature, or several in a list, given as a dict: integers, texts,
            `BBoxFeature` and sequences of these boxes, with or without classes, tensors
            of floats, and images. `dataset.fields.y` are the `kerasgen.features` of all
            but one integer.
        data_dir: str or None.
        num_examples: int or None. Takes the first ones, which were shuffled on disk.
        image_key: str. The image feature, where there are several, or a video.
        download: bool. Whether to download and prepare what is not found. Defaults
            to `False`, or to what `downloading` says.
        interpolation: str, for resizing.
        label_field: feature, or dict of them, such as `model.fields.y`, whose words,
            and numbers of boxes and classes, are used; None for those of all splits, of
            words of the split `"train"`.
    """
    places = search_places(data_dir)
    folder = find_prepared(name, places)
    if folder is None:
        check_no_path(name)
        tfds = import_tfds(name)
        check_known(name, tfds)
        if not (_downloading.get() if download is None else download):
            raise FileNotFoundError(_not_found_message(name, places))
        folder = prepare(name, places[0], tfds)
    tfds = import_tfds(name)
    check_features(folder)
    builder = tfds.builder_from_directory(str(folder))
    check_split(split, builder.info.splits)
    plain = labels in (True, False, None) or isinstance(labels, str)
    other = not plain or is_other(builder.info, labels)
    image_key, label_key = choose_features(
        builder.info, image_key, False if other else labels
    )
    video = type(builder.info.features[image_key]).__name__ == "Video"
    if other or video:
        wanted = labels if other else label_key or False
        images, values, fields = read_fields(
            builder, split, image_key, wanted, image_size, num_examples, interpolation,
            label_field,
        )  # fmt: skip
        classes = builder.info.features[label_key] if label_key else None
        names = getattr(classes, "names", None)
        return Content(images, values, names and tuple(names), field=fields)
    images, values = read_examples(
        builder, split, image_key, label_key, image_size, num_examples, interpolation
    )
    if label_key is None:
        return Content(images)
    feature = builder.info.features[label_key]
    names, count = (
        getattr(feature, "names", None),
        getattr(feature, "num_classes", None),
    )
    if not names and count is None:
        count = count_classes(builder, label_key)
    return Content(images, values, names and tuple(names), None if names else count)


def search_places(data_dir):
    """Returns the folders that may hold prepared data sets, in order."""
    places = [data_dir, os.environ.get("TFDS_DATA_DIR"), "~/tensorflow_datasets"]
    return [pathlib.Path(place).expanduser() for place in places if place]


def find_prepared(name, places):
    """Returns the folder of the newest prepared version, or None."""
    name, _, version = name.partition(":")
    for place in places:
        root = place / name
        found = [file.parent for file in root.glob("*/dataset_info.json")]
        if not found and "/" not in name:
            found = [file.parent for file in root.glob("*/*/dataset_info.json")]
            configs = sorted({folder.parent.name for folder in found})
            if len(configs) > 1:
                raise ValueError(
                    f"`name` must have one of the configurations {configs}, as in "
                    f"'{name}/{configs[0]}'. Received: name={name!r}"
                )
        found = [f for f in found if fnmatch.fnmatch(f.name, version or "*")]
        found = [f for f in found if re.fullmatch(r"\d+\.\d+\.\d+", f.name)]
        if found:
            return max(found, key=lambda f: [int(n) for n in f.name.split(".")])
    return None


def import_tfds(name):
    """Returns the `tensorflow_datasets` module."""
    try:
        import tensorflow_datasets
    except ImportError as error:
        raise ImportError(
            f"`load({name!r})` needs tensorflow-datasets: pip install "
            "tensorflow-datasets importlib_resources. Without it there are "
            f"{', '.join(_own_names())}. Received: name={name!r}"
        ) from error
    return tensorflow_datasets


def check_no_path(name):
    """Raises ValueError for a path, which needs the prefix of its kind."""
    path = pathlib.Path(name).expanduser()
    kind = "npz" if path.suffix == ".npz" else "folder"
    if kind == "npz" or name.startswith((".", "/", "~")):
        raise ValueError(
            f"`name` must be '{kind}:{name}' for what lies at that path. "
            f"Received: name={name!r}"
        )


def check_known(name, tfds):
    """Raises ValueError unless TensorFlow Datasets knows the name."""
    base = re.split("[/:]", name)[0]
    known = tfds.list_builders(with_community_datasets=False)
    if base in known:
        return
    near = difflib.get_close_matches(base.lower(), [*_own_names(), *known], n=3)
    if pathlib.Path(name).is_dir():
        near = [f"folder:{name}"]
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    raise ValueError(
        f"`name` must be one of {', '.join(_own_names())}, or a name of TensorFlow "
        f"Datasets.{hint} Received: name={name!r}"
    )


def prepare(name, place, tfds):
    """Downloads and prepares a data set; returns its folder."""
    if not network_reachable():
        raise ConnectionError(
            f"`download=True` (--download) needs the network, which gave no answer "
            f"within {PROBE_SECONDS} s. Received: name={name!r}. Prepare the data set "
            f"on another machine and copy its folder to {place}"
        )
    builder = tfds.builder(name, data_dir=str(place))
    builder.download_and_prepare()
    return builder.data_dir


def network_reachable(url=None):
    """Returns whether a server answers in time, by default that of the data sets."""
    import http.client
    import urllib.error
    import urllib.request

    answers = []

    def probe():
        try:
            urllib.request.urlopen(url or PROBE_URL, timeout=PROBE_SECONDS).close()
        except urllib.error.HTTPError:
            answers.append(True)  # it answered
        except (OSError, ValueError, http.client.HTTPException):
            return
        else:
            answers.append(True)

    # A thread, as looking up the server's address has no time limit of its own.
    thread = threading.Thread(target=probe, daemon=True)
    thread.start()
    thread.join(PROBE_SECONDS)
    return bool(answers)


def check_split(split, splits):
    """Raises ValueError unless every part of `split` names one of `splits`."""
    for part in split.split("+"):
        check_choice("split", part.partition("[")[0].strip(), (*splits, "all"))


def is_other(info, labels):
    """Returns whether labels name a feature that is no integer of one number."""
    feature = info.features[labels] if labels in info.features else None
    number = getattr(feature, "shape", None) == () and "int" in str(feature.np_dtype)
    return feature is not None and not number


def choose_features(info, image_key, labels):
    """Returns the names of the image feature and of the label feature or None."""
    features = info.features
    kinds = {key: type(feature).__name__ for key, feature in features.items()}
    image_keys = [key for key, kind in kinds.items() if kind == "Image"]
    videos = [key for key, kind in kinds.items() if kind == "Video"]
    if image_key in videos or not image_keys:
        image_keys = videos
    if image_key is None and len(image_keys) > 1 and "image" in image_keys:
        image_key = "image"
    if image_key is None and len(image_keys) == 1:
        image_key = image_keys[0]
    if image_key not in image_keys:
        raise ValueError(
            f"`image_key` must be one of the image features, {image_keys}. "
            f"Received: image_key={image_key!r}, {info.name!r} with {kinds}"
        )
    if labels is False:
        return image_key, None
    label_keys = [
        key
        for key, feature in features.items()
        if feature.shape == () and "int" in str(feature.np_dtype)
    ]
    if labels in (True, None):
        pair = info.supervised_keys
        chosen = pair[1] if pair and pair[1] in label_keys else "label"
        if labels is None and chosen not in label_keys:
            return image_key, None
        labels = chosen
    if not label_keys:
        raise ValueError(
            f"`labels` must be False for {info.name!r}, which has no integer feature "
            f"of one number. Received: labels={labels!r}, features {kinds}"
        )
    return image_key, check_choice("labels", labels, tuple(label_keys))


def _not_found_message(name, places):
    searched = ", ".join(str(place / re.split(":", name)[0]) for place in places)
    return (
        f"no prepared data set {name!r} was found in {searched}, and nothing was "
        "downloaded. With a network, --download gets it (in Python: download=True); or "
        "copy a prepared folder, which holds <version>/dataset_info.json, to one of "
        "these places, or name its place by --data-dir (data_dir=). Without any "
        f"download there are {', '.join(_own_names())}"
    )


def _own_names():
    """Returns the names that `load` takes beside those of TensorFlow Datasets."""
    from kerasgen.data.loading import LOADERS, PATH_LOADERS

    return [*LOADERS, *(f"{kind}:PATH" for kind in PATH_LOADERS)]
