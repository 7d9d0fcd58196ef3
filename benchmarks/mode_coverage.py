"""Mode coverage on the ring of 8 and the grid of 25: every loss and trick, one network.

Run:  KERAS_BACKEND=jax python benchmarks/mode_coverage.py --out modes.jsonl
      python benchmarks/mode_coverage.py --out modes.jsonl --rows "GAN;hinge" --seeds 0
      python benchmarks/mode_coverage.py --out modes.jsonl --table-only

The rows of `TRICKS` differ from the first in one thing each: the networks are three
dense layers of 64 units a player, the optimizer Adam with `beta_1 = 0.5` and a rate
that falls from 1e-3 to 1e-5, the batch 128 points and the latents 2 normal numbers for
all. Those of `MODELS` are the zoo's models with networks and optimizers of their own
and dense layers of 64 units, from the same rate. The number of latents, the batch, the
steps and the weight of R1 were chosen by the ring of seed 100, on six rows, before the
seeds of the table were run. The grid is a quarter as large as in the papers, deviations
too, so that networks which start small need not grow first. Each is scored by 2,500
samples as in VEEGAN and PacGAN: modes hit, the share within three standard deviations,
the divergence of the modes of those from the uniform distribution in nats. A run whose
losses are no longer finite has hit no mode. Rows that are in the file already are not
trained again.
"""

import argparse
import json
import math
import pathlib
import statistics
import time

import keras

import kerasgen
from kerasgen.callbacks import LearningRateScheduler, exponential_decay
from kerasgen.families.named_networks import NamedNetworksModel
from kerasgen.metrics.modes import mode_coverage
from kerasgen.training import NonFiniteLossError

SAMPLES = 2500
SCALES = {"ring": 1.0, "grid": 0.25}
TRICKS = {
    "GAN": {},
    "GAN, minimax": {"loss": "minimax"},
    "least squares": {"loss": "least_squares"},
    "hinge": {"loss": "hinge"},
    "boundary seeking": {"loss": "boundary_seeking"},
    "relativistic": {"loss": "relativistic"},
    "relativistic average": {"loss": "relativistic_average"},
    "f-GAN, Pearson": {"loss": "f:pearson"},
    "f-GAN, Kullback-Leibler": {"loss": "f:kl"},
    "label smoothing 0.1": {"label_smoothing": 0.1},
    "instance noise 0.1": {"instance_noise": 0.1, "instance_noise_steps": "half"},
    "historical averaging 0.01": {"historical_averaging": 0.01},
    "top-k 0.5": {"top_k": 0.5, "top_k_steps": "half"},
    "DRAGAN's penalty": {"penalty": "dragan"},
    "R1, weight 0.001": {"penalty": {"r1": 0.001}},
    "relativistic, R1 and R2": {
        "loss": "relativistic",
        "penalty": {"r1": 0.001, "r2": 0.001},
    },
    "Wasserstein, gradient penalty 0.1": {
        "loss": "wasserstein",
        "penalty": {"gradient": 0.1},
        "updates": 5,
    },
    "spectral normalisation, hinge": {"loss": "hinge", "spectral": True},
}
MODELS = {
    "PacGAN, 2 together": ("PacGAN", {"filters": 64}),
    "VEEGAN": ("VEEGAN", {"filters": 64}),
    "Unrolled GAN, 5 steps": ("UnrolledGAN", {"filters": 64}),
    "Geometric GAN": ("GeometricGAN", {"generator_updates": 1, "filters": 64}),
    "WGAN, clip 0.1": ("WGAN", {"architecture": "mlp", "clip": 0.1, "filters": 64}),
    "WGAN-GP": (
        "WGANGP",
        {"architecture": "mlp", "penalty_weight": 0.1, "filters": 64},
    ),
    "R3GAN": ("R3GAN", {"gamma": 0.001, "filters": 64}),
    "ALI": ("ALI", {"units": 64}),
    "BiGAN": ("BiGAN", {"units": 64}),
}
RATE = 1e-3
LATENTS = 2


class Player(NamedNetworksModel):
    """One network for all losses and tricks."""

    generator_normalization = None
    discriminator_normalization = None

    def __init__(self, updates=1, spectral=False, **kwargs):
        if spectral:
            self.discriminator_normalization = "spectral"
        super().__init__((2,), latent_dim=LATENTS, filters=64, **kwargs)
        self.updates = updates
        self.add_players(updates=updates)

    def default_optimizers(self):
        return {p: keras.optimizers.Adam(RATE, beta_1=0.5) for p in self.phases}


def build(row, seed, steps):
    """Returns the model of a row."""
    if row in TRICKS:
        halved = {k: steps // 2 if v == "half" else v for k, v in TRICKS[row].items()}
        return Player(seed=seed, **halved)
    name, options = MODELS[row]
    options = {"latent_dim": LATENTS, "seed": seed, **options}
    return getattr(kerasgen.gans, name)(image_shape=(2,), **options)


def decays(phases, epochs):
    """Returns callbacks that let the rates of all players fall to a hundredth."""
    rule = exponential_decay(RATE, 0.01 * RATE, epochs)
    return [LearningRateScheduler(rule, phase) for phase in phases]


def measure(row, kind, seed, steps, batch_size=128, num_examples=51_200):
    """Trains a row on a mixture, and scores its samples; returns a dict."""
    keras.utils.set_random_seed(seed)
    options = {
        "kind": kind,
        "num_examples": num_examples,
        "seed": seed,
        "scale": SCALES[kind],
    }
    data = kerasgen.data.load("mixture", batch_size=batch_size, labels=False, **options)
    test = kerasgen.data.load("mixture", "test", labels=False, batch_size=1, **options)
    model = build(row, seed, steps)
    together = 1 if keras.backend.backend() == "torch" else 10
    model.compile(steps_per_execution=together)
    epoch = max(1, len(data) // model.batches_per_step)
    start = time.process_time()
    epochs = max(1, round(steps / epoch))
    schedules = decays(model.phases, epochs)
    try:
        model.fit(data, epochs=epochs, callbacks=schedules, verbose=0)
        found = mode_coverage(model.sample(SAMPLES, seed=seed), test)
    except NonFiniteLossError:
        found = {"modes": 0, "high_quality": 0, "reverse_kl": math.nan}
        found["num_modes"] = len(test.centers)
    seconds = time.process_time() - start
    kept = ("modes", "num_modes", "high_quality", "reverse_kl")
    return {
        "row": row,
        "kind": kind,
        "seed": seed,
        "steps": epochs * epoch,
        "backend": keras.backend.backend(),
        "cpu_seconds": round(seconds, 1),
        **{k: float(found[k]) if math.isfinite(found[k]) else None for k in kept},
    }


def table(results):
    """Returns the results as a table in Markdown, means over seeds and deviations."""
    head = ["loss or trick"]
    kinds = [k for k in ("ring", "grid") if any(r["kind"] == k for r in results)]
    for kind in kinds:
        head += [f"{kind}: modes", "within 3 sigma", "reverse KL"]
    lines = [head, ["---"] * len(head)]
    for row in [*TRICKS, *MODELS]:
        cells = [row]
        for kind in kinds:
            runs = [r for r in results if r["row"] == row and r["kind"] == kind]
            for key in ("modes", "high_quality", "reverse_kl"):
                cells.append(_cell([r[key] for r in runs]))
        if any(cells[1:]):
            lines.append(cells)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(values):
    if not values:
        return ""
    if None in values:  # a run that hit no mode
        return "none"
    spread = f" ± {statistics.stdev(values):.2g}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.3g}{spread}"


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--rows", help="names with ';' between; default: all")
    parser.add_argument("--kinds", default="ring,grid")
    parser.add_argument("--seeds", default="0,1,2,3,4")
    parser.add_argument("--steps", type=int, default=8000)
    parser.add_argument("--table-only", action="store_true")
    args = parser.parse_args(argv)
    rows = [*TRICKS, *MODELS] if args.rows is None else args.rows.split(";")
    lines = args.out.read_text().splitlines() if args.out.exists() else []
    results = [json.loads(line) for line in lines]
    known = {(r["row"], r["kind"], r["seed"]) for r in results}
    for kind in args.kinds.split(",") if not args.table_only else ():
        for seed in map(int, args.seeds.split(",")):
            for row in rows:
                if (row, kind, seed) in known:
                    continue
                results.append(measure(row, kind, seed, args.steps))
                with open(args.out, "a") as file:
                    file.write(json.dumps(results[-1]) + "\n")
                print(json.dumps(results[-1]), flush=True)
                keras.utils.clear_session(free_memory=False)
    print(table(results))


if __name__ == "__main__":
    main()
