"""Whether `CollapseWatch` tells sick runs of a DCGAN from a healthy one.

Run:  KERAS_BACKEND=torch python benchmarks/collapse.py --data mnist --steps 900
      KERAS_BACKEND=torch python benchmarks/collapse.py --runs healthy

Runs of one seed: "healthy" has the paper's 2e-4 for both players; two others differ in
the learning rates alone, one player's is `--factor` times as large; "deaf generator"
has the paper's rates and latents of 0 alone, so that it can draw one image. The watch
has its own thresholds, and checks every 100 steps. Prints a row for each run in
Markdown, and what the watch said.
"""

import argparse
import sys
import time
import warnings

import keras
import numpy as np

import kerasgen
from kerasgen.callbacks import CollapseWatch

RATE = 2e-4


class Deaf(kerasgen.gans.DCGAN):
    """A DCGAN whose latents are all 0."""

    def draw_latents(self, batch_size, training):
        return 0.0 * super().draw_latents(batch_size, training)

    def numpy_latents(self, generator, num_samples):
        return 0.0 * super().numpy_latents(generator, num_samples)


# The class, and whether the rates of generator and discriminator are multiplied.
RUNS = {
    "healthy": (kerasgen.gans.DCGAN, (False, False)),
    "fast discriminator": (kerasgen.gans.DCGAN, (False, True)),
    "fast generator": (kerasgen.gans.DCGAN, (True, False)),
    "deaf generator": (Deaf, (False, False)),
}


class Checks(keras.callbacks.Callback):
    """Keeps what each check of a watch measured."""

    def __init__(self, watch):
        super().__init__()
        self.watch, self.figures, self.symptoms = watch, [], {}

    def on_train_batch_end(self, batch, logs=None):
        if self.watch.figures and self.watch.figures not in self.figures:
            self.figures.append(self.watch.figures)
            self.symptoms |= self.watch.symptoms


def train(data, kind, rates, filters, seed=0, **options):
    """Returns what was told, the `Checks` of a run and its seconds."""
    keras.utils.set_random_seed(seed)
    model = kind(data.image_shape, filters=filters, seed=seed)
    adams = (keras.optimizers.Adam(rate, beta_1=0.5) for rate in rates)
    model.compile(dict(zip(("generator", "discriminator"), adams, strict=True)))
    watch = CollapseWatch(**options)
    checks, start = Checks(watch), time.perf_counter()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", UserWarning)
        model.fit(data, epochs=1, callbacks=[watch, checks], verbose=0)
    told = [str(w.message) for w in told if "CollapseWatch" in str(w.message)]
    return told, checks, time.perf_counter() - start


def row(name, told, checks, seconds):
    """Returns a line of Markdown."""

    def ends(key):
        values = [figures[key] for figures in checks.figures]
        return f"{np.min(values):.3g} to {np.max(values):.3g}"

    keys = ("sample_diversity", "separation", "generator_gradient_norm")
    cells = [name, *map(ends, keys)]
    cells += [", ".join(f"`{s}`" for s in checks.symptoms) or "none"]
    return "| " + " | ".join([*cells, str(len(told)), f"{seconds:.0f} s"]) + " |"


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="digits", help="as in kerasgen.data.load")
    parser.add_argument("--data-dir", help="where prepared TensorFlow Datasets lie")
    parser.add_argument("--image-size", type=int, default=28)
    parser.add_argument("--steps", type=int, default=900, help="updates of each player")
    parser.add_argument("--period", type=int, default=100, help="steps to a check")
    parser.add_argument("--warmup", type=int, default=500, help="as in CollapseWatch")
    parser.add_argument("--filters", type=int, default=16, help="as in DCGAN")
    parser.add_argument("--factor", type=float, default=100.0)
    parser.add_argument("--runs", default=",".join(RUNS), help="names, with commas")
    args = parser.parse_args(argv)
    data = kerasgen.data.load(
        args.data, batch_size=64, data_dir=args.data_dir, image_size=args.image_size
    )
    # A check is made between two steps, so the last one needs a step behind it.
    data = data.with_steps_per_epoch(args.steps + 1)
    lines = ["| run | diversity | separation | gradient | symptoms | warnings | time |"]
    lines.append("|---|---|---|---|---|---:|---:|")
    said = []
    for name in args.runs.split(","):
        kind, fast = RUNS[name]
        rates = [RATE * (args.factor if one else 1.0) for one in fast]
        options = {"steps": args.period, "warmup_steps": args.warmup}
        found = train(data, kind, rates, args.filters, **options)
        lines.append(row(name, *found))
        said += [f"- {name}: {text}" for text in found[0]]
    sys.stdout.write("\n".join([*lines, "", *said]) + "\n")


if __name__ == "__main__":
    main()
