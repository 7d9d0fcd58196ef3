"""Stacked MNIST: how many of 1,000 modes a GAN keeps, with and without packing.

Run:  KERAS_BACKEND=torch python benchmarks/stacked_mnist.py --data-dir DATA
      python benchmarks/stacked_mnist.py --packings 1,2,3 --steps 20000 --filters 64

Three random digits of MNIST are the colours of an image. `PacGAN`, whose networks are
DCGAN's, trains on 128,000 of these; with a packing of 1 it is a plain GAN, the control.
A classifier of MNIST, trained here on single digits, then tells the digits of 26,000
samples, one in each colour: modes hit, and the divergence of the triples' shares from
equal ones in nats, as in VEEGAN and PacGAN. The first row is of real test digits, which
has the classifier's errors and those of chance in it.

Papers (VEEGAN, 2017; PacGAN, 2018; larger networks, longer): DCGAN 99 modes and 3.40
nats, Unrolled GAN 48.7 and 4.32, VEEGAN 150 and 2.95; DCGAN again 78.9 and 4.50, with
two packed 1000 and 0.06.
"""

import argparse
import json
import math
import pathlib
import time

import keras
import numpy as np

import kerasgen
from kerasgen.images.files import save_png
from kerasgen.images.grids import grid
from kerasgen.metrics import class_coverage
from kerasgen.metrics.classifier_networks import classifier_network

SAMPLES, BATCH = 26_000, 500


def triples(images, network):
    """Returns the digits of the colours of images, ints `(n, 3)`."""
    found = [
        np.argmax(network(images[..., i : i + 1])["logits"], axis=1) for i in range(3)
    ]
    return np.stack(found, axis=1)


def covered(batches, network):
    """Returns the coverage of modes by batches of images."""
    return class_coverage(np.concatenate([triples(b, network) for b in batches]), 10)


def train(packing, seed, args):
    """Returns a trained `PacGAN` and the seconds that it took."""
    data = kerasgen.data.load(
        f"stacked:{args.data}",
        batch_size=args.batch_size,
        image_size=args.image_size,
        data_dir=args.data_dir,
        seed=seed,
    )
    model = kerasgen.gans.PacGAN(
        data.image_shape, packing=packing, filters=args.filters, seed=seed
    )
    model.compile()
    start, epochs = time.perf_counter(), -(-args.steps // len(data))
    model.fit(
        data, steps_per_epoch=min(args.steps, len(data)), epochs=epochs, verbose=0
    )
    return model, time.perf_counter() - start


def row(name, seed, steps, found, seconds):
    """Returns a row of the table."""
    error = found.get("reverse_kl_standard_error", math.nan)
    return (
        f"| {name} | {seed} | {steps:,} | {found['modes']} of {found['num_modes']} | "
        f"{found['reverse_kl']:.3f} ± {error:.3f} | {seconds:,.0f} |"
    )


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="mnist", help="single digits")
    parser.add_argument("--data-dir", help="where prepared data sets lie")
    parser.add_argument("--image-size", type=int)
    parser.add_argument("--packings", default="1,2")
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--filters", type=int, default=16)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--out", type=pathlib.Path, help="folder of rows and pictures")
    args = parser.parse_args(argv)
    options = {"image_size": args.image_size, "data_dir": args.data_dir}
    single = [
        kerasgen.data.load(args.data, split, labels=True, **options)
        for split in ("train", "test")
    ]
    network = classifier_network(*single)
    print(f"classifier right on {network.facts['accuracy']:.4f}; ", end="")
    print(f"{keras.backend.backend()}, {args.filters} filters, batch {args.batch_size}")
    print("| packing | seed | steps | modes | reverse KL | seconds |")
    print("| --- | --- | --- | --- | --- | --- |", flush=True)
    real = kerasgen.data.load(
        f"stacked:{args.data}", "test", BATCH, num_examples=args.samples, **options
    )
    found = covered((x for x, *_ in real), network)
    print(row("real", "", 0, found, 0), flush=True)
    for seed in map(int, args.seeds.split(",")):
        for packing in map(int, args.packings.split(",")):
            model, seconds = train(packing, seed, args)
            drawn = (
                model.sample(min(BATCH, args.samples - start), seed=1 + start)
                for start in range(0, args.samples, BATCH)
            )
            found = covered(drawn, network)
            print(row(packing, seed, args.steps, found, seconds), flush=True)
            if args.out:
                keep(args, model, packing, seed, found, seconds)


def keep(args, model, packing, seed, found, seconds):
    """Adds a row to the folder's file, and a picture of samples."""
    args.out.mkdir(parents=True, exist_ok=True)
    settings = {k: v for k, v in vars(args).items() if k not in ("out", "data_dir")}
    line = {"packing": packing, "seed": seed, "seconds": seconds, **found}
    with open(args.out / "rows.jsonl", "a") as file:
        file.write(json.dumps({**line, "settings": settings}) + "\n")
    picture = grid(model.sample(64, seed=0), columns=8)
    save_png(args.out / f"packing-{packing}-{seed}.png", picture)


if __name__ == "__main__":
    main()
