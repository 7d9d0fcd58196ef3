"""Which files of a folder are images, of which split, and of which class."""

import dataclasses
import hashlib
import os
import pathlib

from kerasgen.arguments import check_choice

EXTENSIONS = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".tif", ".tiff")
EXTENSIONS += (".bmp", ".dib", ".gif", ".ppm", ".pgm", ".pbm", ".pnm")
SPLITS = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val"),
    "test": ("test", "testing"),
}
METADATA = ("metadata.csv", "metadata.jsonl")
# What programs put into folders, besides all that is hidden.
JUNK = ("@eadir", "__macosx", "thumbs.db", "desktop.ini", "lost+found", "$recycle.bin")


@dataclasses.dataclass
class FolderFiles:
    """The files of a folder.

    Args:
        splits: dict from split to a sorted list of `(file, class name or None)`.
        left_out: list of the files that are no images by their names or place.
        note: str or None. Which splits were split off, in a sentence.
        folders: the folder, and those of its splits.
    """

    splits: dict
    left_out: list
    note: str | None = None
    folders: tuple = ()

    def all(self):
        """Returns the entries of all splits."""
        return [entry for entries in self.splits.values() for entry in entries]

    def training(self):
        """Returns the entries of the split `"train"`, or of all where it has none."""
        return self.splits.get("train") or self.all()

    def class_names(self):
        """Returns the sorted names of the classes of all splits."""
        return sorted({name for _, name in self.all()} - {None})

    def of(self, split, root):
        """Returns the entries of one split, or of `"all"`."""
        check_choice("split", split, (*self.splits, "all"))
        entries = self.all() if split == "all" else self.splits[split]
        if not entries:
            raise ValueError(
                f"`folder:` must hold images ({', '.join(EXTENSIONS)}). "
                f"Received: {root} without any in split {split!r}"
                + _some(self.left_out, root, ", but with ")
            )
        return entries

    def describe_left_out(self, root):
        """Returns how many files were left out, and some, or an empty str."""
        return _some(self.left_out, root)


def find_files(root, held_out=None):
    """Returns the `FolderFiles` of a folder.

    Args:
        root: path.
        held_out: float or None, as in `load_folder`.
    """
    root = pathlib.Path(root)
    if not root.is_dir():
        raise FileNotFoundError(f"`folder:` must name a folder. Received: {root}")
    folders, left_out = _split_folders(root), []
    if not folders:
        folders = {"train": root}
    else:
        for entry in _visible(root):
            if pathlib.Path(entry.path) not in folders.values():
                images, others = _walk(entry.path) if entry.is_dir() else ([], [])
                left_out += images + others or [pathlib.Path(entry.path)]
    splits, empty = {}, {}
    for name, folder in folders.items():
        splits[name], others, without = _files_of(folder)
        left_out += others
        empty |= without
    places = tuple(dict.fromkeys([root, *folders.values()]))
    left_out = [file for file in left_out if not _is_metadata(file, places)]
    found = FolderFiles(splits, left_out, folders=places)
    missing = sorted(set(empty) - set(found.class_names()))
    if missing:
        raise ValueError(
            "`folder:` must hold images in each class folder. "
            f"Received: {empty[missing[0]]} without any"
        )
    _hold_out(found, root, held_out)
    return found


def _is_metadata(file, folders):
    return file.name in METADATA and file.parent in folders


def image_files(root):
    """Returns all image files of a folder and of those in it, sorted: paths."""
    root = pathlib.Path(root).expanduser()
    if not root.is_dir():
        raise FileNotFoundError(f"the folder must exist. Received: {root}")
    files, others = _walk(root)
    if not files:
        raise ValueError(
            f"the folder must hold images ({', '.join(EXTENSIONS)}). "
            f"Received: {root} without any" + _some(others, root, ", but with ")
        )
    return files


def _split_folders(root):
    folders = {}
    for name, spellings in SPLITS.items():
        places = [
            pathlib.Path(entry.path)
            for entry in _visible(root)
            if entry.name.lower() in spellings and entry.is_dir()
        ]
        if len(places) > 1:
            raise ValueError(
                f"`folder:` must hold one folder for the split {name!r}. "
                f"Received: {root} with {' and '.join(p.name for p in places)}"
            )
        if places:
            folders[name] = places[0]
    return folders


def _hold_out(found, root, held_out):
    """Splits off from the training images what has no folder of its own."""
    splits = found.splits
    wanted = [name for name in ("test", "validation") if name not in splits]
    if held_out is None and "test" in splits:
        wanted = []
    share = 0.1 if held_out is None else held_out
    entries = splits.get("train", [])
    count = int(share * len(entries))
    if not (wanted and count):
        return
    order = sorted(entries, key=lambda entry: _digest(entry[0], root))
    for i, name in enumerate(wanted):
        chosen = set(order[i * count : (i + 1) * count])
        splits[name] = [entry for entry in entries if entry in chosen]
    left = set(order[len(wanted) * count :])
    splits["train"] = [entry for entry in entries if entry in left]
    parts = [f"{count:,} are the split {name!r}" for name in wanted]
    found.note = (
        f"{root} has no folder {' or '.join(wanted)}: of its {len(entries):,} images, "
        f"by a draw that depends on their names alone, {' and '.join(parts)}; "
        f"{len(splits['train']):,} are left for 'train'"
    )


def _digest(path, root):
    name = os.path.relpath(path, root).replace(os.sep, "/")
    return hashlib.sha256(os.fsencode(name)).digest()


def _files_of(folder):
    """Returns the images of a split, other files, and class folders without images."""
    files, classes, left_out, empty = [], [], [], {}
    for entry in _visible(folder):
        if entry.is_dir():
            images, others = _walk(entry.path)
            left_out += others
            classes += [(path, entry.name) for path in images]
            if not images:
                empty[entry.name] = entry.path
        elif _is_image(entry):
            files.append((pathlib.Path(entry.path), None))
        else:
            left_out.append(pathlib.Path(entry.path))
    both = sorted([*files, *classes], key=lambda entry: entry[0])
    return both, left_out, {} if files else empty


def _walk(folder):
    """Returns the visible images and other files below a folder, sorted.

    A link to a folder counts as a file, so that none leads in a circle.
    """
    images, others = [], []
    for entry in _visible(folder):
        if entry.is_dir(follow_symlinks=False):
            inner = _walk(entry.path)
            images += inner[0]
            others += inner[1]
        else:
            (images if _is_image(entry) else others).append(pathlib.Path(entry.path))
    return images, others


def _visible(folder):
    """Returns the entries of a folder that are not hidden or junk, sorted by name."""
    with os.scandir(folder) as entries:
        found = [entry for entry in entries if not _is_junk(entry.name)]
    return sorted(found, key=lambda entry: entry.name)


def _is_junk(name):
    return name.startswith(".") or name.lower() in JUNK


def _is_image(entry):
    return entry.name.lower().endswith(EXTENSIONS) and entry.is_file()


def _some(files, root, start=""):
    if not files:
        return ""
    names = [file.relative_to(root).as_posix() for file in files[:3]]
    more = ", ..." if len(files) > 3 else ""
    what = "file that is no image" if len(files) == 1 else "files that are no images"
    return f"{start}{len(files)} {what} by name or place ({', '.join(names)}{more})"
