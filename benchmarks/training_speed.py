"""Training speed: `model.fit` against a hand-written loop on the same backend.

    KERAS_BACKEND=torch python benchmarks/training_speed.py --models gan,vae,pixelcnn

Both train the same architecture with the same batch size, precision, optimizer and
data, for the same number of updates, by turns in one process; medians of images a
second are compared. The loops are in `native_tensorflow.py`, `native_jax.py` and
`native_torch.py`, and files beside them that are named after a model. A GAN's step is
one update of each player, each on fresh latents; SNGAN's has several of the
discriminator, each on a batch of its own.
The first epoch of each (tracing, compiling) is timed apart. The script fails where
the parameter counts differ, or the losses of the first epoch by a factor of 3 (SNGAN's,
see `NEAR`, by that and 2).
"""

import argparse
import importlib
import json
import math
import os
import platform
import statistics
import sys
import time

import keras
import keras_loops
import numpy as np

import kerasgen

BATCH_SIZES = {"gan": 64, "vae": 128, "pixelcnn": 32, "sngan": 64, "stylegan2": 16}
STEPS = {"gan": 60, "vae": 300, "pixelcnn": 60, "sngan": 60, "stylegan2": 32}
SIDES = {"stylegan2": 32}  # of images, where they are not 28 pixels
SIZES = {
    "gan": {"latent_dim": 100, "filters": 32},
    "vae": {"latent_dim": 20, "hidden": 500},
    "pixelcnn": {"filters": 16, "blocks": 3, "head_filters": 32},
    "sngan": {"latent_dim": 128, "filters": 16, "discriminator_steps": 2},
    "stylegan2": {"latent_dim": 64, "max_filters": 32, "mapping_depth": 4},
}
# What losses may differ by that may be 0 or below, and whose start hangs on how far off
# the first spectral norms are: as much as the loss of a discriminator that cannot tell.
NEAR = {"sngan": 2.0}
GANS = {
    "gan": kerasgen.gans.DCGAN,
    "sngan": kerasgen.gans.SNGAN,
    "stylegan2": kerasgen.gans.StyleGAN2,
}
# Against a loop around the same Keras layers, see `keras_loops.py`.
_SMALL = {"filters": 16, "levels": 2}
_RECURRENT = {**_SMALL, "blocks": 1, "head_filters": 32}
LOOP_SIZES = {
    "fvbn": {},
    "nade": {"units": 100},
    "made": {"hidden_sizes": (500,)},
    "gated_pixelcnn": {**_SMALL, "blocks": 3, "kernel_size": 3, "head_filters": 32},
    "pixel_rnn": _RECURRENT,
    "row_lstm": {**_RECURRENT, "layer": "row_lstm"},
    "multiscale_pixel_rnn": {**_RECURRENT, "context_filters": 16},
    "pixelcnn_plus_plus": {**_SMALL, "resnets": 1, "num_mixtures": 2},
    "pixel_snail": {**_SMALL, "blocks": 1, "resnets": 1, "num_mixtures": 2},
}
CLASSES = {"row_lstm": "pixel_rnn"}  # where the row is not named like the model
PRECISIONS = ("float32", "mixed_bfloat16")


class Ours:
    """A model of kerasgen, trained with `fit`."""

    def __init__(self, name, images, batch_size, precision, **sizes):
        self.model = _model(name, images.shape[1:], precision, sizes)
        # Adam for all, so that both sides take the same steps; a GAN's is its own.
        self.model.compile(None if name in GANS else keras.optimizers.Adam(1e-3))
        self.data = kerasgen.data.Dataset(images, batch_size=batch_size)

    @property
    def num_parameters(self):
        weights = self.model.trainable_variables
        return sum(math.prod(weight.shape) for weight in weights)

    def train_epoch(self):
        """Trains for one pass and returns the mean of each scalar."""
        history = self.model.fit(self.data, verbose=0).history
        return {key: values[-1] for key, values in history.items()}


def _model(name, shape, precision, sizes):
    if name in GANS:
        return GANS[name](shape, dtype=precision, **sizes)
    if name == "vae":
        sizes = {"latent_dim": sizes["latent_dim"], "hidden_widths": (sizes["hidden"],)}
        return kerasgen.autoencoders.VAE(shape, dtype=precision, **sizes)
    if name == "pixelcnn":
        sizes = {**sizes, "levels": 2}
    cls = kerasgen.list_models()[f"autoregressive/{CLASSES.get(name, name)}"]
    return cls(shape, dtype=precision, **sizes)


def compare(name, precision="float32", repeats=5, steps=None, batch_size=None, **sizes):
    """Times both ways to train a model.

    Args:
        name: str, a key of `SIZES` or of `LOOP_SIZES`.
        precision: `"float32"` or `"mixed_bfloat16"`.
        repeats: int. Timed epochs of each.
        steps: int. Updates in an epoch; None for the default of the model.
        batch_size: int or None.
        **sizes: in place of those in `SIZES`.

    Returns:
        dict, one row of the results.

    Raises:
        RuntimeError: if the two do not train the same thing.
    """
    batch_size = batch_size or BATCH_SIZES.get(name, 32)
    steps = steps or STEPS.get(name, 30)
    images = _images(batch_size * steps, SIDES.get(name, 28))
    native = importlib.import_module(f"native_{keras.backend.backend()}")
    arguments = {"images": images, "batch_size": batch_size, "precision": precision}
    if name in SIZES:
        arguments.update(SIZES[name] | sizes)
        theirs = hand_written(name)(**arguments)
    else:
        arguments.update(LOOP_SIZES[name] | sizes)
        cls = f"autoregressive/{CLASSES.get(name, name)}"
        theirs = keras_loops.trainer(cls, **arguments)
    sides = {"ours": Ours(name, **arguments), "theirs": theirs}
    counts = {side: trainer.num_parameters for side, trainer in sides.items()}
    if counts["ours"] != counts["theirs"]:
        raise RuntimeError(f"The parameter counts of {name!r} differ: {counts}")
    first = {side: _time(trainer, native) for side, trainer in sides.items()}
    _check_losses(name, first["ours"][2], first["theirs"][2])
    wall, processor = {"ours": [], "theirs": []}, {"ours": [], "theirs": []}
    for _ in range(repeats):
        for side, trainer in sides.items():
            seconds, processor_seconds, _ = _time(trainer, native)
            wall[side].append(seconds)
            processor[side].append(processor_seconds)
    return {
        "backend": keras.backend.backend(),
        "model": name,
        "batch_size": batch_size,
        "steps": steps,
        "precision": precision,
        "parameters": counts["ours"],
        **_rates(wall, processor, len(images)),
        "ours_first_epoch_extra_s": first["ours"][0] - min(wall["ours"]),
        "theirs_first_epoch_extra_s": first["theirs"][0] - min(wall["theirs"]),
        "ours_first_losses": first["ours"][2],
        "theirs_first_losses": first["theirs"][2],
        "load": os.getloadavg()[0],
    }


def hand_written(name):
    """Returns the class that trains a model of `SIZES` on the running backend."""
    module = f"native_{keras.backend.backend()}"
    trainers = importlib.import_module(module).TRAINERS
    if name not in trainers:
        try:
            trainers = importlib.import_module(f"{module}_{name}").TRAINERS
        except ModuleNotFoundError:
            raise ValueError(
                "`name` must be a model that is written for this backend. "
                f"Received: name={name!r}"
            ) from None
    return trainers[name]


def _images(count, side):
    digits, _ = kerasgen.data.load("digits", image_size=side).arrays()
    return np.ascontiguousarray(np.resize(digits, (count, *digits.shape[1:])))


def _time(trainer, native):
    """Returns seconds by the clock, seconds of all processors, and the losses."""
    native.synchronize()
    start, processor = time.perf_counter(), time.process_time()
    losses = trainer.train_epoch()
    native.synchronize()
    return time.perf_counter() - start, time.process_time() - processor, losses


def _check_losses(name, ours, theirs):
    """Raises RuntimeError unless both log the same scalars, within a factor of 3."""
    if set(ours) != set(theirs):
        raise RuntimeError(f"The scalars of {name!r} differ: {ours}, {theirs}")
    near = NEAR.get(name, 0.0)
    for key in (key for key in ours if "loss" in key):
        if abs(ours[key] - theirs[key]) <= near:
            continue
        if not 1 / 3 < ours[key] / theirs[key] < 3:
            raise RuntimeError(f"The losses of {name!r} differ: {ours}, {theirs}")


def _rates(wall, processor, count):
    """Returns images a second and the ratios, medians over the epochs."""
    median = {side: statistics.median(values) for side, values in wall.items()}
    pairs = zip(wall["ours"], wall["theirs"], strict=True)
    ratios = [theirs / ours for ours, theirs in pairs]
    spent = {side: statistics.median(values) for side, values in processor.items()}
    return {
        "ours_images_per_s": count / median["ours"],
        "theirs_images_per_s": count / median["theirs"],
        "ratio": median["theirs"] / median["ours"],
        "ratio_min": min(ratios),
        "ratio_max": max(ratios),
        "processor_ratio": spent["theirs"] / spent["ours"],
        "seconds": wall,
        "processor_seconds": processor,
    }


def report(row):
    """Returns a row as a line of a Markdown table."""
    return (
        f"| {row['backend']} | {row['model']} | {row['batch_size']} "
        f"| {row['steps']} | {row['precision']} | {row['ours_images_per_s']:,.0f} "
        f"| {row['theirs_images_per_s']:,.0f} | **{row['ratio']:.2f}** "
        f"({row['ratio_min']:.2f}-{row['ratio_max']:.2f}) "
        f"| {row['processor_ratio']:.2f} | {row['ours_first_epoch_extra_s']:.1f} / "
        f"{row['theirs_first_epoch_extra_s']:.1f} | {row['load']:.1f} |"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", default=",".join(SIZES), help="comma-separated")
    parser.add_argument("--precision", default="float32", choices=PRECISIONS)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--steps", type=int, help="updates in an epoch")
    parser.add_argument("--batch-size", type=int, help="images a step")
    parser.add_argument("--json", help="file for the results")
    arguments = parser.parse_args()
    names = arguments.models.split(",")
    known = [*SIZES, *LOOP_SIZES]
    if unknown := set(names) - set(known):
        parser.error(f"--models must be among {known}. Received: {unknown}")
    backend = keras.backend.backend()
    versions = {"keras": keras.__version__, "python": platform.python_version()}
    versions[backend] = importlib.import_module(backend).__version__
    print(f"{versions}, {os.cpu_count()} CPU cores, load {os.getloadavg()[0]:.1f}")
    print(
        "| backend | model | batch | updates | precision | images/s ours | theirs "
        "| ratio (spread) | ratio by CPU time | compile s, ours / theirs | load |\n|"
        + " --- |"
        * 11
    )
    rows = []
    for name in names:
        row = compare(
            name,
            arguments.precision,
            arguments.repeats,
            arguments.steps,
            arguments.batch_size,
        )
        rows.append(row)
        print(report(row), flush=True)
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump({"versions": versions, "rows": rows}, file, indent=2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
