"""A translator on pictures: every file becomes a picture of its name."""

import warnings
from pathlib import Path

import numpy as np

from kerasgen import images
from kerasgen.arguments import check_choice, check_int
from kerasgen.command.enlarging import enlarge_file, result_ending
from kerasgen.data.folder_files import image_files
from kerasgen.data.image_decoding import decode


def apply_to(model, inputs, out, to=None, batch_size=16, say=None, seed=0, tile=128):
    """Translates picture files, and all those of folders and of those in them.

    Pictures are cropped in their centre and resized to the size that the model was
    made for. A model that enlarges takes them in their own size, in parts, and keeps
    their kind of file where that is a common one, see `enlarge_file`. What cannot be
    decoded is left out with a warning. Files are written whole or not at all, and a
    second call writes the same ones again.

    Args:
        model: model with `translate`, such as `kerasgen.gans.CycleGAN`.
        inputs: list of paths of pictures and folders, or one.
        out: path of a folder, made where it is missing; not within one of the folders,
            nor the other way round. `folder/x.jpg` becomes `out/x.png`.
        to: str. The domain to translate to, or None for the model's default.
        batch_size: int. Pictures translated at a time. Defaults to `16`.
        say: function of a str, told how far it is, or None.
        seed: int. Of the noise of a model that draws some. Defaults to `0`.
        tile: int. Pixels of a side of the parts that are enlarged at once.

    Returns:
        list of the paths written.
    """
    translators = tuple(model.translators())
    to = translators[0] if to is None else check_choice("to", to, translators)
    check_int("batch_size", batch_size)
    check_int("tile", tile)
    if isinstance(inputs, (str, Path)):
        inputs = [inputs]
    out, bad = Path(out).expanduser(), []
    enlarges = hasattr(model, "enlarged_parts")
    places = _places(inputs, out, result_ending if enlarges else lambda _: ".png")
    if enlarges:
        written = _enlarge(model, places, bad, tile, say)
    else:
        written = _translate(model, places, bad, to, batch_size, seed, say)
    if bad:
        warnings.warn(
            f"{len(bad)} of {len(places)} files are left out, the first: {bad[0][1]}",
            stacklevel=2,
        )
    return written


def _enlarge(model, places, bad, tile, say):
    written = []
    for number, (file, path) in enumerate(places, 1):
        try:
            enlarge_file(model, file, path, tile)
            written.append(path)
        except Exception as error:  # Pillow raises many kinds for broken files
            bad.append((file, f"{file} ({type(error).__name__}: {error})"))
        if say is not None:
            say(f"{number} of {len(places)}")
    return written


def _translate(model, places, bad, to, batch_size, seed, say):
    shape = model.field(model.source_of(to)).shape
    generator = np.random.default_rng(check_int("seed", seed, 0))
    written = []
    for start in range(0, len(places), batch_size):
        chosen, batch = [], []
        for file, path in places[start : start + batch_size]:
            try:
                batch.append(decode(file, shape, "bicubic"))
                chosen.append(path)
            except ValueError as error:
                bad.append((file, error))
        if not chosen:
            continue
        noise = model.numpy_noise(generator, len(batch))
        found = model.translate(np.stack(batch), to, noise=noise)
        for path, picture in zip(chosen, found, strict=True):
            images.save_png(path, picture)
            written.append(path)
        if say is not None:
            say(f"{len(written)} of {len(places)}")
    return written


def _places(inputs, out, ending):
    """Returns pairs of a file and the path of its result, no two of which are one."""
    found, taken = [], set()
    for given in map(Path, inputs):
        given = given.expanduser()
        if given.is_file():
            files, root = [given], given.parent
            if out.resolve() == root.resolve():
                raise ValueError(
                    "`out` must be a folder apart from the pictures. "
                    f"Received: out={out}, file={given}"
                )
        else:
            files, root = image_files(given), given
            _check_apart(given, out)
        for file in files:
            path = out / file.relative_to(root).with_suffix(ending(file))
            if path in taken:  # x.jpg and x.png
                path = out / file.relative_to(root).with_name(f"{file.name}.png")
            number = 2
            while path in taken:  # of another folder
                path = path.with_name(f"{file.stem}-{number}{path.suffix}")
                number += 1
            taken.add(path)
            found.append((file, path))
    return found


def _check_apart(folder, out):
    first, second = folder.resolve(), out.resolve()
    if first == second or first in second.parents or second in first.parents:
        raise ValueError(
            "`out` must be a folder apart from the pictures. "
            f"Received: out={out}, folder={folder}"
        )
