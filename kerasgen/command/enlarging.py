"""A picture file made larger: its kind, transparency, profile and EXIF data kept."""

import numpy as np

from kerasgen.data.image_decoding import (
    GREY_MODES,
    count_bits,
    open_image,
    to_mode,
    turned,
)
from kerasgen.images.files import write_atomic
from kerasgen.images.values import to_float, to_uint8

MAX_PIXELS = 1 << 28  # of a result: 800 MB in colour
# By the ending of the file; others become PNG.
FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF"}
FORMATS |= {".tiff": "TIFF", ".bmp": "BMP"}
OPTIONS = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"lossless": True},
    "TIFF": {"compression": "tiff_adobe_deflate"},
}
NO_ALPHA = ("JPEG", "BMP")
WITH_EXIF = ("JPEG", "PNG", "WEBP")  # in TIFF they tell where pixels lie, too


def result_ending(file):
    """Returns the ending of the result's name: that of a file, or `".png"`."""
    ending = file.suffix.lower()
    return file.suffix if ending in FORMATS else ".png"


def enlarge_file(model, file, path, tile=128):
    """Enlarges one picture, of any size, in parts.

    The picture is turned as its EXIF data says, and these data and the colour profile
    are kept. A transparent picture stays so, its mask enlarged by bicubic filters; a
    grey one stays grey. Values of more than 8 bits become 8.

    Args:
        model: `SuperResolutionModel`.
        file: path.
        path: path of the result, whose ending tells the format.
        tile: int. As in `model.enlarge`.

    Raises:
        ValueError: if the result would have more than 2^28 pixels.
    """
    from PIL import Image

    with open_image(file) as opened:
        width, height = opened.size
        large = width * height * model.scale**2
        if large > MAX_PIXELS:
            raise ValueError(
                f"a picture must have at most {MAX_PIXELS} pixels once it is enlarged. "
                f"Received: {file}, {width} x {height}, {model.scale} times as large"
            )
        picture = turned(opened)
        kept = _metadata(opened, picture)
        grey = picture.mode in GREY_MODES
        bits = count_bits([file]) if picture.mode.startswith("I") else 8
        mask = None
        if picture.has_transparency_data:
            whole = to_mode(picture, "RGBA", bits)
            mask, picture = whole.getchannel("A"), whole.convert("RGB")
        pixels = np.asarray(to_mode(picture, "L" if grey else "RGB", bits))
    result = Image.fromarray(_enlarged(model, pixels, tile))
    ending = FORMATS.get(path.suffix.lower(), "PNG")
    if mask is not None and ending not in NO_ALPHA:
        result.putalpha(mask.resize(result.size, Image.Resampling.BICUBIC))
    options = {**OPTIONS.get(ending, {}), **kept}
    if ending not in WITH_EXIF:
        options.pop("exif", None)
    write_atomic(path, lambda out: result.save(out, format=ending, **options))


def _metadata(opened, picture):
    """Returns what is kept of a file, as arguments to save the picture it became."""
    kept, profile = {}, opened.info.get("icc_profile")
    if profile and opened.mode not in ("CMYK", "LAB"):  # of which they become RGB
        kept["icc_profile"] = profile
    if opened.format in WITH_EXIF:
        exif = picture.getexif()
        exif.pop(0x0112, None)  # the orientation: it has been turned
        if len(exif):
            kept["exif"] = exif.tobytes()
    return kept


def _enlarged(model, pixels, tile):
    """Returns `uint8` pixels `(height, width)` or `(height, width, 3)` enlarged."""
    wanted, rows = model.image_shape[-1], pixels
    if pixels.ndim == 2:
        rows = np.repeat(pixels[..., None], wanted, axis=-1)[None]
    elif wanted == 1:  # each colour by itself
        rows = np.moveaxis(pixels, -1, 0)[..., None]
    else:
        rows = pixels[None]
    height, width = (side * model.scale for side in pixels.shape[:2])
    output = np.empty((height, width, *pixels.shape[2:]), "uint8")
    for place, part in model.enlarged_parts(to_float(rows).astype("float32"), tile):
        if pixels.ndim == 2:
            part = part[0].mean(axis=-1)
        else:
            part = np.moveaxis(part[..., 0], 0, -1) if wanted == 1 else part[0]
        output[place] = to_uint8(part)
    return output
