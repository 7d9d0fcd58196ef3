"""`metadata.csv` or `metadata.jsonl` beside images: what is known of each file.

As in the image folders of Hugging Face's `datasets`
(https://huggingface.co/docs/datasets/image_dataset): a column `file_name`, a path below
the folder of the metadata, and others of any name.
"""

import csv
import json
import pathlib

import numpy as np

from kerasgen.arguments import check_choice
from kerasgen.data.folder_files import METADATA
from kerasgen.data.metadata_boxes import BoxColumn, as_objects
from kerasgen.features import Attributes, Boxes, ClassLabel, Feature, Tensor, Text

CAPTIONS = ("text", "caption", "captions")  # columns that hold texts
KINDS = ("class", "number", "text", "boxes")


def read_metadata(folders):
    """Returns what the metadata in some folders say: a dict by file, of dicts.

    Args:
        folders: list of paths. Each may hold one of `METADATA`.
    """
    rows = {}
    for folder in folders:
        found = [folder / name for name in METADATA if (folder / name).is_file()]
        if len(found) > 1:
            raise ValueError(
                f"`folder:` must hold one file of metadata. Received: {folder} with "
                f"{' and '.join(path.name for path in found)}"
            )
        for number, row in enumerate(_read(found[0]) if found else (), 1):
            name = row.pop("file_name", None)
            if not isinstance(name, str) or not name:
                raise ValueError(
                    f"`folder:` must hold metadata with a column `file_name`. "
                    f"Received: {found[0]}, entry {number} without"
                )
            file = folder / pathlib.PurePosixPath(name)
            if file in rows or not file.is_file():
                problem = "named twice" if file in rows else "which is no file"
                raise ValueError(
                    "`folder:` must hold metadata that name each file once. "
                    f"Received: {found[0]}, entry {number} with {name!r}, {problem}"
                )
            rows[file] = row
    return rows


def _read(path):
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".csv":
            return list(csv.DictReader(text.splitlines(keepends=True), strict=True))
        rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, csv.Error) as error:
        raise ValueError(
            f"`folder:` must hold metadata that can be read. Received: {path} ({error})"
        ) from error
    if not all(isinstance(row, dict) for row in rows):
        raise ValueError(
            "`folder:` must hold metadata with an object a line. "
            f"Received: {path} with other values"
        )
    return rows


class Columns:
    """Columns of the metadata as labels: which feature they are, and their values.

    Args:
        columns: str, or sequence of str: the columns that are taken.
        rows: dict from file to dict, see `read_metadata`.
        known: list of the files that classes and ranges are made from: of all splits.
        training: list of the files that vocabularies are made from.
        kinds: dict from column to one of `KINDS`, or None for what it looks like:
            captions by their name, boxes by their form, numbers where one is not whole,
            and else classes.
        class_names: list of str or None. Of the one column that is a class.
        field: `Feature` or dict of them, such as that of a model, or None.

    Attributes:
        field: `ClassLabel`, `Text` or `Boxes` of one column; of numbers and of several
            columns `Attributes`, or a dict of features by column if a text or boxes are
            among them.
        class_names: list of str, of one column of classes, or None.
    """

    def __init__(
        self, columns, rows, known, training, kinds=None, class_names=None, field=None
    ):
        self.names = [columns] if isinstance(columns, str) else list(columns)
        self.rows, self.parts, kinds = rows, {}, kinds or {}
        kinds = {n: _kind(n, _column(n, rows, known), kinds) for n in self.names}
        # A number alone is an attribute, of which networks want to know the range.
        self.single = isinstance(columns, str) and kinds[columns] != "number"
        given = _by_name(field, self.names, self.single)
        for name, kind in kinds.items():
            if kind == "text":
                part = given.get(name) or Text.from_captions(
                    str(value) for value in _column(name, rows, training)
                )
            elif kind == "boxes":
                part = BoxColumn(name, self._by_file(name, known), given.get(name))
            elif kind == "class":
                part = class_names if self.single else given.get(name)
                part = part or _classes(_column(name, rows, known))
            else:
                values = _floats(name, _column(name, rows, known))
                part = given.get(name) or (min(values), max(values))
            self.parts[name] = part
        self.field = self._make_field() if field is None else field
        first = self.parts[self.names[0]]
        named = self.single and isinstance(first, list)
        self.class_names = list(first) if named else None

    @property
    def has_boxes(self):
        """bool. Whether a column holds boxes."""
        return any(isinstance(part, BoxColumn) for part in self.parts.values())

    def _by_file(self, name, files):
        return dict(zip(files, _column(name, self.rows, files), strict=True))

    def _make_field(self):
        texts = any(isinstance(part, Text) for part in self.parts.values())
        texts = texts or self.has_boxes
        if not (self.single or texts):
            lists = {k: v for k, v in self.parts.items() if isinstance(v, list)}
            ranges = {k: v for k, v in self.parts.items() if k not in lists}
            return Attributes(lists, ranges)
        found = {}
        for name, part in self.parts.items():
            if isinstance(part, list):
                part = ClassLabel(len(part))
            if isinstance(part, BoxColumn):
                part = part.field
            found[name] = part if isinstance(part, Feature) else Tensor(())
        return found[self.names[0]] if self.single else found

    def labels(self, files, sizes=None, image_size=None):
        """Returns the labels of some files: an array, or a dict of arrays by column.

        Args:
            files: list of files.
            sizes: dict from file to `(height, width)`, for boxes.
            image_size: `(height, width)` of what is loaded, for boxes.
        """
        found = {}
        for name, part in self.parts.items():
            values = _column(name, self.rows, files)
            if isinstance(part, BoxColumn):
                values = self._by_file(name, files)
                found[name] = part.labels(values, sizes, image_size)
            elif isinstance(part, Text):
                found[name] = part.encode([str(value) for value in values])
            elif isinstance(part, list):
                places = [check_choice(name, str(v), part) for v in values]
                found[name] = np.array([part.index(v) for v in places], "int32")
            else:
                found[name] = np.array(_floats(name, values), "float32")
        return found[self.names[0]] if self.single else found


def _by_name(field, names, single):
    """Returns what a given field says of each column, a dict."""
    if field is None:
        return {}
    if isinstance(field, Attributes):
        return {**field.discrete, **field.continuous}
    found = {names[0]: field} if single else dict(field)
    kept = {name: p for name, p in found.items() if isinstance(p, (Text, Boxes))}
    return kept


def _column(name, rows, files):
    found = []
    for file in files:
        if file not in rows:
            raise ValueError(
                "`folder:` must hold metadata of each image. "
                f"Received: {file} without an entry"
            )
        value = rows[file].get(name)
        if value is None or value == "":
            raise ValueError(
                f"`folder:` must hold metadata with a value of {name!r} of each image. "
                f"Received: {file} without, but with {sorted(map(str, rows[file]))}"
            )
        found.append(value)
    return found


def _kind(name, values, kinds):
    if name in kinds:
        return check_choice("kinds", kinds[name], KINDS)
    if name in CAPTIONS:
        return "text"
    if any(as_objects(value) is not None for value in values):
        return "boxes"
    numbers = [_float(value) for value in values]
    whole = all(number is None or number.is_integer() for number in numbers)
    return "class" if None in numbers or whole else "number"


def _classes(values):
    """Returns the names of the classes: whole numbers by size, others by letters."""
    names = sorted(set(map(str, values)))
    if all(_float(name) is not None for name in names):
        names.sort(key=float)
    return names


def _floats(name, values):
    found = [_float(value) for value in values]
    if None in found:
        raise ValueError(
            f"`folder:` must hold metadata with numbers in {name!r}. "
            f"Received: {values[found.index(None)]!r}"
        )
    return found


def _float(value):
    """Returns the finite number that a value is, or None."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None
