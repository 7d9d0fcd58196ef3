"""How much faster cached sampling is than a full pass a pixel, with PixelCNN.

Run:  KERAS_BACKEND=jax python benchmarks/sampling_speed.py --out jax.json

The full-pass sampler computes every pixel's logits to draw one pixel, with one
compiled call a pixel; it is what most PixelCNN code does. Both samplers draw the same
integers from the same noise, which is checked in every repeat. They run in turns in
one process; times are medians; compiling is timed apart. On a busy machine the clock
says little: pin the process to one core, where seconds of CPU time can be compared.
"""

import argparse
import json
import os
import platform
import statistics
import time
from importlib import metadata

import keras
import numpy as np

import kerasgen


def timed(fn):
    """Returns what `fn` returns, and its seconds by the clock and of all cores."""
    start = time.perf_counter(), time.process_time()
    result = fn()
    end = time.perf_counter(), time.process_time()
    return result, [b - a for a, b in zip(start, end, strict=True)]


def medians(times):
    """Returns the medians of pairs `(seconds by the clock, seconds of all cores)`."""
    return [statistics.median(column) for column in zip(*times, strict=True)]


def measure(model, batch_size, repeats, cached_runs):
    """Returns a dict of the times of both samplers at one batch size.

    Args:
        model: autoregressive model.
        batch_size: int.
        repeats: int. Full-pass samplings.
        cached_runs: int. Cached samplings before each of them.
    """

    def sample(method):
        return model.sample(batch_size, seed=0, batch_size=batch_size, method=method)

    expected, first = timed(lambda: sample("cached"))
    # One pixel in full, so that this does not count as sampling.
    known = np.ones((1, *model.image_shape), bool)
    known[:, -1, -1] = False
    given = np.zeros((batch_size, *model.image_shape), "float32")
    _, first_full = timed(
        lambda: model.complete(
            given, known, seed=0, batch_size=batch_size, method="full"
        )
    )
    cached, full = [], []
    for _ in range(repeats):
        for _ in range(cached_runs):
            images, seconds = timed(lambda: sample("cached"))
            cached.append(seconds)
        reference, seconds = timed(lambda: sample("full"))
        full.append(seconds)
        if not (np.array_equal(images, expected) and np.array_equal(images, reference)):
            raise RuntimeError("the samplers drew different images")
    (cached_clock, cached_cpu), (full_clock, full_cpu) = medians(cached), medians(full)
    return {
        "batch_size": batch_size,
        "cached_seconds": cached_clock,
        "cached_cpu_seconds": cached_cpu,
        "full_seconds": full_clock,
        "full_cpu_seconds": full_cpu,
        "ratio": full_clock / cached_clock,
        "cpu_ratio": full_cpu / cached_cpu,
        "cached_images_per_second": batch_size / cached_clock,
        "first_call_cached_seconds": first[0],
        "first_call_full_seconds": first_full[0],
        "all_cached": cached,
        "all_full": full,
    }


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--size", type=int, default=28, help="pixels of a side")
    parser.add_argument("--filters", type=int, default=16)
    parser.add_argument("--blocks", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=3, help="full-pass samplings")
    parser.add_argument(
        "--cached-runs", type=int, default=5, help="cached samplings before each"
    )
    parser.add_argument("--out", help="a JSON file to write")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    model = kerasgen.autoregressive.PixelCNN(
        (arguments.size, arguments.size, 1),
        filters=arguments.filters,
        blocks=arguments.blocks,
        head_filters=32,
        levels=2,
        seed=0,
    )
    backend = keras.backend.backend()
    load = os.getloadavg()[0]
    print(f"{backend}, {os.cpu_count()} cores, load {load:.1f} before")
    print("seconds by the clock / of all cores; the first call compiles")
    print(" batch             cached              full   ratio     first calls")
    rows = []
    for batch_size in arguments.batch_sizes:
        row = measure(model, batch_size, arguments.repeats, arguments.cached_runs)
        print(
            f"{batch_size:6d} {row['cached_seconds']:9.4f}/"
            f"{row['cached_cpu_seconds']:.4f} {row['full_seconds']:10.3f}/"
            f"{row['full_cpu_seconds']:.3f} {row['ratio']:5.0f}/{row['cpu_ratio']:.0f}"
            f" {row['first_call_cached_seconds']:9.1f}"
            f" {row['first_call_full_seconds']:5.1f}",
            flush=True,
        )
        rows.append(row)
    if arguments.out:
        result = {
            "settings": vars(arguments),
            "parameters": model.count_params(),
            "backend": backend,
            "versions": {
                "python": platform.python_version(),
                "keras": keras.__version__,
                backend: metadata.version(backend),
            },
            "cores": os.cpu_count(),
            "load_before": load,
            "load_after": os.getloadavg()[0],
            "rows": rows,
        }
        with open(arguments.out, "w") as file:
            json.dump(result, file, indent=1)


if __name__ == "__main__":
    main()
