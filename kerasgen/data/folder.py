"""Folders of image files: flat, or one folder a class; maybe with splits."""

import collections
import pathlib
import warnings

import numpy as np

from kerasgen.arguments import check_choice, check_int, check_number
from kerasgen.data.content import Content
from kerasgen.data.folder_files import find_files
from kerasgen.data.image_decoding import (
    DEPTHS,
    HALVES,
    MAX_PIXELS,
    count_bits,
    read_header,
)
from kerasgen.data.image_files import ImageFiles
from kerasgen.data.metadata import Columns, read_metadata
from kerasgen.data.resizing import INTERPOLATIONS
from kerasgen.features import Fields, Image


def load_folder(
    path,
    split,
    image_size,
    labels,
    *,
    channels=None,
    held_out=None,
    class_names=None,
    on_error="raise",
    max_skipped=None,
    interpolation="bicubic",
    bits=None,
    max_pixels=MAX_PIXELS,
    cache_bytes=1 << 30,
    half=None,
    kinds=None,
    label_field=None,
):
    """Loads a folder of images, decoded when they are read.

    PNG, JPEG, WebP, TIFF, BMP, GIF and PPM files are taken; of several pictures in a
    file the first. Hidden files and folders and those that programs leave, such as
    `@eaDir` and `__MACOSX`, are passed over; all others that are not loaded are counted
    in one warning. Images are turned as their EXIF data says, transparent ones are put
    on white, then the centre is cropped to the proportions of `image_size` and resized.
    The data set has the attribute `skipped_files`.

    A file `metadata.csv` or `metadata.jsonl` in the folder, or in those of its splits,
    may tell more of each image, in columns that `labels` names; its `file_name` is the
    path of the image below it. The data set then has the attribute `label_field`, the
    `kerasgen.features.Feature` that its labels are, or a dict of them by column.

    Classes, and what is None below, are those of all splits, so that they are the same
    for each.

    Args:
        path: str. The folder. Where it holds the folders `train`, `test` or
            `validation`, these are the splits; else all of it is for training.
        split: str, one of the splits, or `"all"`.
        image_size: `(height, width)`, or None if all images have one size.
        labels: bool. Whether to give the class; None for whether there is one folder a
            class. Class names are sorted. Or a column of the metadata, of classes,
            texts or boxes (Hugging Face's `objects`); or several in a list, given as a
            dict: attributes, or fields of their own if texts or boxes are among them.
            Numbers alone are an attribute, too.
        channels: 1, 3, or None for what most of the files have.
        held_out: float in [0, 0.4]. Share of the training images, drawn by their names
            alone, that is split off for `"test"` and for `"validation"` where these
            have no folder. Defaults to None: 0.1 for `"test"`, and for `"validation"`
            where neither has a folder; nothing of fewer than 10 images.
        class_names: list of str in the order of the labels, such as those of a model,
            or None for the names of the folders, sorted. Other folders raise.
        on_error: `"raise"`: a file that cannot be decoded raises when it is read, with
            its name. `"skip"`: all files are decoded at once, bad ones left out.
        max_skipped: int or None. More bad files than this raise all the same.
        interpolation: str, for resizing.
        bits: int, 8 to 16, of the values in files of 16 bits, or None for what the
            largest value needs: 8, 10, 12, 14 or 16.
        max_pixels: int. Images of more pixels are refused before they are decoded.
            Defaults to 67,108,864.
        cache_bytes: int. Memory for decoded images. Defaults to 1 GiB.
        half: `"left"` or `"right"`, which of the two pictures that every file holds
            side by side is taken, or None for the whole picture.
        kinds: dict from columns to `"class"`, `"number"`, `"text"` or `"boxes"`. Those
            left out are texts by the names `text`, `caption` and `captions`, boxes by
            their form, numbers where not all are whole, and else classes.
        label_field: feature or dict of them, such as `model.fields.y`, whose numbers of
            classes, ranges and words are used; None for those of the metadata of all
            splits, of words of the split `"train"` where there is one.
    """
    columns = labels if isinstance(labels, (str, list, tuple)) and labels else None
    if columns is None:
        check_choice("labels", labels, (False, True, None))
    check_choice("channels", channels, (None, 1, 3))
    check_choice("on_error", on_error, ("raise", "skip"))
    check_choice("interpolation", interpolation, INTERPOLATIONS)
    check_choice("bits", bits, (None, *range(DEPTHS[0], DEPTHS[-1] + 1)))
    check_choice("half", half, (None, *HALVES))
    check_int("max_pixels", max_pixels)
    if held_out is not None:
        check_number("held_out", held_out, 0.0, 0.4)
    root = pathlib.Path(path).expanduser()
    found = find_files(root, held_out)
    files, names = found.of(split, root), found.class_names()
    if columns is not None:
        rows = read_metadata(found.folders)
        known = [[file for file, _ in part] for part in (found.all(), found.training())]
        columns = Columns(columns, rows, *known, kinds, class_names, label_field)
        labels = False
        if half is not None and columns.has_boxes:
            raise ValueError(
                f"`half` must be None where labels are boxes. Received: half={half!r}"
            )
    if labels is not False:
        _check_not_mixed(found.all(), root)
    if labels is None:
        labels = None not in {name for _, name in found.all()}
    if labels and None in {name for _, name in files}:
        raise ValueError(
            "`labels` must be False for a folder without one folder a class. "
            f"Received: labels=True, folder:{path}"
        )
    if class_names is not None and columns is None:
        names = _check_names(class_names, names, root)
    skipped, skip = [], on_error == "skip"
    headers = _read_headers(found.all(), max_pixels, half)
    bad = [file for file, _ in files if file not in headers]
    if bad and not skip:
        read_header(bad[0], max_pixels, half)  # raises
    skipped += bad
    files = [entry for entry in files if entry[0] in headers]
    check_skipped(skipped, max_skipped, files)
    channels = channels or _most_common(h.channels for h in headers.values())
    image_size = image_size or _common_size(headers)
    deep = [file for file, header in headers.items() if header.deep]
    bits = bits or (count_bits(deep, max_pixels) if deep else 16)
    source = ImageFiles(
        [file for file, _ in files],
        image_size,
        channels,
        interpolation,
        cache_bytes,
        bits,
        max_pixels,
        half,
    )
    if skip:
        bad = set(source.unreadable())
        skipped += [source.files[i] for i in sorted(bad)]
        files = [entry for i, entry in enumerate(files) if i not in bad]
        check_skipped(skipped, max_skipped, files)
        source = source.without(bad)
    _warn(path, skipped, found.describe_left_out(root))
    classes = np.array([names.index(name) for _, name in files]) if labels else None
    attributes = {}
    field = None
    if columns is not None:
        sizes = {file: header.size for file, header in headers.items()}
        classes = columns.labels([file for file, _ in files], sizes, image_size)
        if columns.has_boxes:
            field = Fields(Image((*image_size, channels)), columns.field)
        names, attributes["label_field"] = columns.class_names or (), columns.field
    notes = [found.note] if found.note else []
    if deep and bits < 16:
        notes.append(f"files of 16 bits hold values of {bits} bits")
    return Content(
        source,
        classes,
        tuple(names) or None,
        field=field,
        attributes=attributes
        | {
            "skipped_files": [str(file) for file in (*skipped, *found.left_out)],
            "notes": notes,
        },
    )


def check_skipped(skipped, max_skipped, files):
    """Raises if too many files were bad, or none is left."""
    too_many = max_skipped is not None and len(skipped) > max_skipped
    if skipped and (too_many or not files):
        limit = (
            "at least one readable image" if not files else f"{max_skipped} bad files"
        )
        raise ValueError(
            f"`folder:` must hold {'' if not files else 'at most '}{limit}. "
            f"Received: {len(skipped)} that cannot be decoded, the first: {skipped[0]}"
        )


def _check_not_mixed(entries, root):
    loose = [file for file, name in entries if name is None]
    placed = [file for file, name in entries if name is not None]
    if loose and placed:
        raise ValueError(
            "`folder:` must hold either images or one folder of images a class, or be "
            "loaded with `labels=False`. "
            f"Received: {root} with both, such as {loose[0].relative_to(root)} and "
            f"{placed[0].relative_to(root)}"
        )


def _check_names(class_names, names, root):
    class_names = list(class_names)
    unknown = [name for name in names if name not in class_names]
    if unknown:
        raise ValueError(
            f"`folder:` must hold folders of the classes {class_names} alone. "
            f"Received: {root} with {unknown}"
        )
    return class_names


def _warn(path, skipped, left_out):
    parts = []
    if skipped:
        parts.append(f"{len(skipped)} that cannot be decoded (the first: {skipped[0]})")
    if left_out:
        parts.append(left_out)
    if parts:
        warnings.warn(
            f"files of {path} are left out: {' and '.join(parts)}; see "
            "`dataset.skipped_files`",
            stacklevel=4,
        )


def _read_headers(files, max_pixels, half):
    """Returns the headers of all files that have one, a dict."""
    headers = {}
    for file, _ in files:
        try:
            headers[file] = read_header(file, max_pixels, half)
        except ValueError:
            continue
    return headers


def _most_common(values):
    return collections.Counter(values).most_common(1)[0][0]


def _common_size(headers):
    sizes = collections.Counter(header.size for header in headers.values())
    if len(sizes) > 1:
        first, second = (
            next(f for f in headers if headers[f].size == s) for s in list(sizes)[:2]
        )
        raise ValueError(
            "`image_size` must be given for images of different sizes. Received: "
            f"image_size=None, {first} of {headers[first].size} and {second} of "
            f"{headers[second].size} (height, width)"
        )
    return next(iter(sizes))
