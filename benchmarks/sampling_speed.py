"""How much faster cached sampling is than a full pass a sub-pixel.

Run:  KERAS_BACKEND=jax python benchmarks/sampling_speed.py --out jax.json
      KERAS_BACKEND=jax python benchmarks/sampling_speed.py --model gated_pixelcnn
      KERAS_BACKEND=jax python benchmarks/sampling_speed.py --growth 16 32 64

The full-pass sampler computes every pixel's logits to draw one pixel, with one
compiled call a pixel; it is what most PixelCNN code does. Both samplers draw the same
integers from the same noise, which is checked in every repeat. They run in turns in
one process; times are medians; compiling is timed apart. On a busy machine the clock
says little: pin the process to one core, where seconds of CPU time can be compared.
With `--full-passes N` only the last N sub-pixels are drawn by full passes, which all
cost the same, and their time is scaled to the whole image. `--growth` times cached
sampling alone at several sizes: seconds a pixel tell whether it is linear.
"""

import argparse
import functools
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


SMALL = {"filters": 16, "levels": 2}
RECURRENT = {**SMALL, "blocks": 2, "head_filters": 32}
CLASSES = {"row_lstm": "pixel_rnn"}  # where the row is not named like the model
MODELS = {
    "pixelcnn": {**SMALL, "blocks": 8, "head_filters": 32},
    "gated_pixelcnn": {**SMALL, "blocks": 8, "kernel_size": 3, "head_filters": 32},
    "pixel_rnn": RECURRENT,
    "row_lstm": {**RECURRENT, "layer": "row_lstm"},
    "multiscale_pixel_rnn": {**RECURRENT, "context_filters": 16},
    "pixelcnn_plus_plus": {"filters": 16, "resnets": 1, "num_mixtures": 5},
    "pixel_snail": {**SMALL, "blocks": 2, "resnets": 1, "num_mixtures": 2},
    "made": {"hidden_sizes": (500,)},
    "nade": {"units": 500},
    "fvbn": {},
}


def make_model(name, size, channels):
    """Returns a small model of one class, with the weights that it starts from."""
    cls = kerasgen.list_models()[f"autoregressive/{CLASSES.get(name, name)}"]
    return cls((size, size, channels), seed=0, **MODELS[name])


def grow(name, channels, sizes, batch_size, cached_runs):
    """Prints seconds of cached sampling at several sizes, whole and a pixel."""
    rows = []
    for size in sizes:
        model = make_model(name, size, channels)
        sample = functools.partial(
            model.sample, batch_size, seed=0, batch_size=batch_size
        )
        sample()  # compiles
        clock, cpu = medians([timed(sample)[1] for _ in range(cached_runs)])
        row = {"size": size, "seconds": clock, "cpu_seconds": cpu}
        rows.append(row)
        print(
            f"{name} {size}x{size}x{channels}, batch {batch_size}: {clock:.4f} s by "
            f"the clock, {cpu:.4f} s CPU, {1e6 * cpu / size**2:.1f} us CPU a pixel",
            flush=True,
        )
    return rows


def measure(model, batch_size, repeats, cached_runs, full_passes=None):
    """Returns a dict of the times of both samplers at one batch size.

    Args:
        model: autoregressive model.
        batch_size: int.
        repeats: int. Full-pass samplings.
        cached_runs: int. Cached samplings before each of them.
        full_passes: int or None. Sub-pixels that are drawn by full passes; None for
            all.
    """
    total = int(np.prod(model.image_shape))
    passes = total if full_passes is None else min(full_passes, total)
    mask = np.ones(total, bool)
    mask[total - passes :] = False
    mask = mask.reshape(1, *model.image_shape)

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
        reference, seconds = timed(
            lambda: model.complete(
                expected, mask, seed=0, batch_size=batch_size, method="full"
            )
        )
        full.append([total / passes * x for x in seconds])
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
    parser.add_argument("--model", default="pixelcnn", choices=MODELS)
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--full-passes", type=int, help="sub-pixels drawn in full")
    parser.add_argument("--growth", type=int, nargs="+", help="sizes, cached alone")
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--size", type=int, default=28, help="pixels of a side")
    parser.add_argument("--repeats", type=int, default=3, help="full-pass samplings")
    parser.add_argument(
        "--cached-runs", type=int, default=5, help="cached samplings before each"
    )
    parser.add_argument("--out", help="a JSON file to write")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    if arguments.growth:
        for batch_size in arguments.batch_sizes:
            grow(
                arguments.model,
                arguments.channels,
                arguments.growth,
                batch_size,
                arguments.cached_runs,
            )
        return
    model = make_model(arguments.model, arguments.size, arguments.channels)
    backend = keras.backend.backend()
    load = os.getloadavg()[0]
    print(f"{backend}, {os.cpu_count()} cores, load {load:.1f} before")
    print("seconds by the clock / of all cores; the first call compiles")
    print(" batch             cached              full   ratio     first calls")
    rows = []
    for batch_size in arguments.batch_sizes:
        row = measure(
            model,
            batch_size,
            arguments.repeats,
            arguments.cached_runs,
            arguments.full_passes,
        )
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
