"""A translator on a folder of pictures: every file becomes a picture of its name."""

import warnings
from pathlib import Path

import numpy as np

from kerasgen import images
from kerasgen.arguments import check_choice, check_int
from kerasgen.data.folder_files import image_files
from kerasgen.data.image_decoding import decode


def apply_to_folder(model, folder, out, to=None, batch_size=16, say=None, seed=0):
    """Translates all pictures of a folder and of those in it.

    Pictures are cropped in their centre and resized to the size that the model was
    made for. What cannot be decoded is left out with a warning. Files are written
    whole or not at all, and a second call writes the same ones again.

    Args:
        model: model with `translate`, such as `kerasgen.gans.CycleGAN`.
        folder: path of the pictures.
        out: path of a folder, made where it is missing; not within `folder`, nor the
            other way round. `folder/x.jpg` becomes `out/x.png`.
        to: str. The domain to translate to, or None for the model's default.
        batch_size: int. Pictures translated at a time. Defaults to `16`.
        say: function of a str, told how far it is, or None.
        seed: int. Of the noise of a model that draws some. Defaults to `0`.

    Returns:
        list of the paths written.
    """
    translators = tuple(model.translators())
    to = translators[0] if to is None else check_choice("to", to, translators)
    check_int("batch_size", batch_size)
    folder, out = Path(folder).expanduser(), Path(out).expanduser()
    files = image_files(folder)
    _check_apart(folder, out)
    shape, bad = model.field(model.source_of(to)).shape, []
    generator = np.random.default_rng(check_int("seed", seed, 0))
    written = {}  # in order, and looked up fast
    for start in range(0, len(files), batch_size):
        chosen, batch = [], []
        for file in files[start : start + batch_size]:
            try:
                batch.append(decode(file, shape, "bicubic"))
                chosen.append(file)
            except ValueError as error:
                bad.append((file, error))
        if not chosen:
            continue
        noise = model.numpy_noise(generator, len(batch))
        found = model.translate(np.stack(batch), to, noise=noise)
        for file, picture in zip(chosen, found, strict=True):
            path = out / file.relative_to(folder).with_suffix(".png")
            if path in written:  # x.jpg and x.png
                path = out / file.relative_to(folder).with_name(f"{file.name}.png")
            images.save_png(path, picture)
            written[path] = True
        if say is not None:
            say(f"{len(written)} of {len(files)}")
    if bad:
        warnings.warn(
            f"{len(bad)} of {len(files)} files are left out, the first: {bad[0][1]}",
            stacklevel=2,
        )
    return list(written)


def _check_apart(folder, out):
    first, second = folder.resolve(), out.resolve()
    if first == second or first in second.parents or second in first.parents:
        raise ValueError(
            "`out` must be a folder apart from the pictures. "
            f"Received: out={out}, folder={folder}"
        )
