"""Writes the page "Which GAN when" from what the zoo's GANs reached on two data sets.

Run:  KERAS_BACKEND=torch python benchmarks/zoo_scores.py --out zoo
      KERAS_BACKEND=jax python benchmarks/mode_coverage.py --out modes.jsonl
      KERAS_BACKEND=torch python benchmarks/which_gan.py --zoo zoo --modes modes.jsonl

A row for each GAN that draws digits and was scored: a picture of 20 samples, what the
recipe says under "When:", the Frechet distance and the CPU seconds of `zoo_scores.py`,
and of `mode_coverage.py` the modes of the ring, the share of samples within three
deviations and the CPU seconds, means over its seeds. The rows stand in the order of the
Frechet distance. The page is `docs/which_gan.md`, its pictures lie beside it.
"""

import argparse
import json
import pathlib
import re
import statistics

import keras
import numpy as np

from kerasgen.images.files import save_png
from kerasgen.images.grids import grid

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "which_gan.md"
MARKS = (
    "<!-- Made by benchmarks/which_gan.py. -->",
    "<!-- The end of what is made. -->",
)
# What the mode coverage calls a model, or its loss or trick on the network of all.
POINTS = {
    "gans/ali": "ALI",
    "gans/bgan": "boundary seeking",
    "gans/bigan": "BiGAN",
    "gans/dragan": "DRAGAN's penalty",
    "gans/f_gan": "f-GAN, Kullback-Leibler",
    "gans/gan": "GAN",
    "gans/geometric_gan": "Geometric GAN",
    "gans/lsgan": "least squares",
    "gans/pacgan": "PacGAN, 2 together",
    "gans/r3gan": "R3GAN",
    "gans/relativistic_gan": "relativistic average",
    "gans/sngan": "spectral normalisation, hinge",
    "gans/unrolled_gan": "Unrolled GAN, 5 steps",
    "gans/veegan": "VEEGAN",
    "gans/wgan": "WGAN, clip 0.1",
    "gans/wgan_gp": "WGAN-GP",
}
HEAD = (
    "20 samples",
    "model, flags",
    "when",
    "Frechet distance",
    "CPU s",
    "ring: modes of 8",
    "within 3 sigma",
    "CPU s",
)


def when(recipe):
    """Returns what a recipe says under "When:" in one line, "" where nothing."""
    text = (ROOT / "recipes" / f"{recipe}.py").read_text()
    found = re.search(r"^When: +(.+?)\n(?=\S|\n)", text, re.MULTILINE | re.DOTALL)
    return " ".join(found[1].split()) if found else ""


def draw(folder, path, seed=0):
    """Writes a picture of 20 samples of a run, by class where the model has classes."""
    model = keras.models.load_model(folder / "model.keras")
    labels = np.arange(20) % model.num_classes if model.num_classes else None
    samples = model.sample(20, labels=labels, seed=seed)
    factor = max(1, 32 // samples.shape[1])
    large = samples.repeat(factor, axis=1).repeat(factor, axis=2)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_png(path, grid(large, columns=10))


def cells(row, modes):
    """Returns the figures of a row of `zoo_scores.py`, texts."""
    found = next(s for s in row["scores"] if s["name"].startswith("frechet_distance"))
    distance = f"{found['value']:.3g}"
    if found["error"] is not None:
        distance += f" (± {found['error']:.1g})"
    seconds = row.get("cpu_seconds")
    mine = POINTS.get(row["recipe"])
    runs = [r for r in modes if r["row"] == mine and r["kind"] == "ring"]
    points = [[r[key] for r in runs] for key in ("modes", "high_quality")]
    points = [f"{statistics.mean(v):.2g}" if v else "" for v in points]
    last = [r["cpu_seconds"] for r in runs]
    points.append(f"{statistics.mean(last):.0f}" if last else "")
    return [distance, f"{seconds:.0f}" if seconds else "", *points]


def page(rows, modes, pictures):
    """Returns the table in Markdown, rows by their Frechet distance."""
    lines = [HEAD, ["---"] * len(HEAD)]
    ordered = sorted(rows, key=lambda row: float(cells(row, [])[0].split(" ")[0]))
    for row in ordered:
        name = row["recipe"].split("/")[1]
        picture = f"![samples of {name}]({pictures}/{name}.png)"
        flags = f" `{row['flags']}`" if row["flags"] else ""
        text = [picture, f"`{row['recipe']}`{flags}", when(row["recipe"])]
        lines.append([*text, *cells(row, modes)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--zoo", required=True, type=pathlib.Path)
    parser.add_argument("--modes", required=True, type=pathlib.Path)
    parser.add_argument("--page", type=pathlib.Path, default=PAGE)
    parser.add_argument("--no-pictures", action="store_true")
    args = parser.parse_args(argv)
    kept = sorted(args.zoo.glob("gans-*-0.json"))
    rows = [json.loads(path.read_text()) for path in kept]
    modes = [json.loads(line) for line in args.modes.read_text().splitlines()]
    pictures = args.page.with_suffix("")
    for path, row in zip(kept, rows, strict=True):
        target = pictures / f"{row['recipe'].split('/')[1]}.png"
        if not args.no_pictures:
            draw(path.with_suffix(""), target)
    text = args.page.read_text()
    start, rest = text.split(MARKS[0])
    end = rest.split(MARKS[1])[1]
    made = page(rows, modes, pictures.name)
    args.page.write_text(f"{start}{MARKS[0]}\n\n{made}\n\n{MARKS[1]}{end}")


if __name__ == "__main__":
    main()
