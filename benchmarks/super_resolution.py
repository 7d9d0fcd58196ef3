"""Super-resolution by the protocol of papers: PSNR and SSIM of the luma, and seconds.

Run:  KERAS_BACKEND=torch python benchmarks/super_resolution.py RUN [RUN ...] \\
          --sets Set5=FOLDER Set14=FOLDER

Each picture is cut to a multiple of the factor, made smaller by bicubic filters of
Pillow and enlarged again: by bicubic filters, and by the models of runs. What is
compared is the luma (ITU-R BT.601) without as many pixels of the border as the factor,
of results rounded to 8 bits. A standard error is over the pictures of a set; figures of
papers are of MATLAB's filters. `Mpixel/s` is of results, on one CPU core or what there
is, the time to compile included.
"""

import argparse
import pathlib
import time

import keras
import numpy as np

from kerasgen.data.folder_files import image_files
from kerasgen.data.resizing import resize
from kerasgen.data.super_resolution import smaller, whole_picture
from kerasgen.images import to_uint8
from kerasgen.metrics import luma_scores
from kerasgen.metrics.means import mean_figures


def pairs(folder, scale):
    """Yields large pictures of a folder and the small ones, batches of one."""
    for file in image_files(folder):
        picture = whole_picture(file)
        height, width = (side - side % scale for side in picture.shape[:2])
        large = picture[None, :height, :width]
        yield large, smaller(large, scale)


def bicubic(small, scale):
    """Returns small pictures enlarged by bicubic filters."""
    return resize(small, [side * scale for side in small.shape[1:3]], "bicubic")


def measure(folder, scale, enlarge):
    """Returns the figures of a function that enlarges, and million pixels a second."""
    scores, seconds, count = {"psnr": [], "ssim": []}, 0.0, 0
    for large, small in pairs(folder, scale):
        start = time.perf_counter()
        found = to_uint8(enlarge(small))
        seconds += time.perf_counter() - start
        count += large[0, ..., 0].size
        for name, values in luma_scores(large, found, scale).items():
            scores[name].append(float(values[0]))
    figures = {}
    for name, values in scores.items():
        figures |= mean_figures(name, np.array(values))
    return figures, count / seconds / 1e6


def row(name, kind, found, speed):
    """Returns a row of the table."""
    cells = [
        f"{found[key]:.{digits}f} ± {found[f'{key}_standard_error']:.{digits}f}"
        for key, digits in (("psnr", 2), ("ssim", 3))
    ]
    return f"| {name} | {kind} | {cells[0]} | {cells[1]} | {speed:.3g} |"


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=pathlib.Path, metavar="RUN")
    parser.add_argument("--sets", nargs="+", required=True, metavar="NAME=FOLDER")
    args = parser.parse_args(argv)
    models = {}
    for run in args.runs:
        path = run / "model.keras" if run.is_dir() else run
        models[run.stem] = keras.models.load_model(path)
    scales = {model.scale for model in models.values()}
    if len(scales) > 1:
        parser.error(f"all runs must have one scale. Received: {sorted(scales)}")
    (scale,) = scales
    print(f"| set | {scale} times by | PSNR, dB | SSIM | Mpixel/s |")
    print("| --- | --- | --- | --- | --- |", flush=True)
    for given in args.sets:
        name, _, folder = given.partition("=")
        folder = pathlib.Path(folder)
        found = measure(folder, scale, lambda x: bicubic(x, scale))
        print(row(name, "bicubic", *found), flush=True)
        for kind, model in models.items():
            print(row(name, kind, *measure(folder, scale, model.enlarge)), flush=True)


if __name__ == "__main__":
    main()
