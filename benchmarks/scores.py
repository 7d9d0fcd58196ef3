"""Scores of images: seconds and peak memory, ours against torch-fidelity.

Run:  pip install torch-fidelity==0.4.0
      KERAS_BACKEND=torch python benchmarks/scores.py
      KERAS_BACKEND=torch python benchmarks/scores.py --tasks network --counts 256

Both score the same two files of 32x32 images. With `frechet` and `all` the network is
one matrix of 3072 x 2048 on both sides, so that what is compared is the scores, from
reading to distances. `frechet` is the Frechet distance alone; `all` adds
the kernel distance, the Inception Score, precision and recall. `network` is the
Inception itself, with random weights, the resize to 299 pixels included.

Each side is a process of its own, which reads its images as it goes. Its seconds are
those of CPU after the imports, of all threads and loaders of data, which other work on
the machine hardly moves; its peak memory is that of the process without its loaders,
and beside it that beyond the imports. Of more than 20,000 images torch-fidelity is told
to `save_cpu_ram`: else it holds distances of all pairs, 20 GB of 50,000. The script
fails where the two sides' values differ by more than what single precision and drawn
subsets explain.
"""

import argparse
import importlib
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[1]
SIDE, CHANNELS = 32, 3
PIXELS = SIDE * SIDE * CHANNELS
FEATURES, CLASSES, BATCH = 2048, 10, 256
MANY = 20_000  # from which torch-fidelity's table of distances does not fit
TASKS = ("frechet", "all", "network")
# What may lie between both sides: of single precision, of subsets, of shuffled parts.
TOLERANCES = {
    "frechet_distance": 2e-3,
    "inception_score": 1e-2,
    "precision": 2e-3,
    "recall": 2e-3,
}


def write_images(path, count, seed, shift=0.0):
    """Writes smooth coloured images, `uint8` `(count, 32, 32, 3)`, without a header."""
    generator = np.random.default_rng(seed)
    with open(path, "wb") as file:
        for start in range(0, count, BATCH):
            size = min(BATCH, count - start)
            coarse = generator.uniform(shift, 1.0, (size, 4, 4, CHANNELS))
            fine = coarse.repeat(SIDE // 4, axis=1).repeat(SIDE // 4, axis=2)
            noise = generator.normal(0.0, 0.1, fine.shape)
            images = np.clip(255.0 * (fine + noise), 0.0, 255.0).astype("uint8")
            file.write(images.tobytes())


def batches(path, count):
    """Yields the images of a file in batches."""
    with open(path, "rb") as file:
        for start in range(0, count, BATCH):
            size = min(BATCH, count - start)
            data = np.frombuffer(file.read(size * PIXELS), "uint8")
            yield data.reshape(size, SIDE, SIDE, CHANNELS)


def matrices():
    """Returns the weights of the network of one matrix, and of its logits."""
    generator = np.random.default_rng(0)
    first = generator.standard_normal((PIXELS, FEATURES)) / np.sqrt(PIXELS)
    second = generator.standard_normal((FEATURES, CLASSES)) / np.sqrt(FEATURES)
    return first.astype("float32"), second.astype("float32")


def inception_arrays():
    """Returns random weights of the Inception by name."""
    from kerasgen.metrics.inception import inception_network
    from kerasgen.metrics.inception_weights import array_shapes

    sys.path.insert(0, str(ROOT))
    reference = importlib.import_module("tests.metrics.inception_reference")
    return reference.random_weights(array_shapes(inception_network()))


class Ours:
    """The scores of kerasgen."""

    def __init__(self):
        import keras

        from kerasgen import metrics

        self.keras, self.metrics = keras, metrics

    def run(self, task, files, count, weights):
        if task == "network":
            network = self.metrics.Inception(dict(np.load(weights)), sha256=None)
            start = _seconds()
            for images in batches(files[0], count):
                network(images)
            return {}, _seconds() - start
        network = self._network()
        start = _seconds()
        if task == "frechet":
            score = self.metrics.SampleMetric("frechet_distance", network)
            for kind, path in zip(("real", "samples"), files, strict=True):
                for images in batches(path, count):
                    score.update_state(**{kind: images})
            found = score.figures()
        else:
            found = self._all(network, files, count)
        return found, _seconds() - start

    def _network(self):
        inputs = self.keras.Input((SIDE, SIDE, CHANNELS))
        layers = self.keras.layers
        features = layers.Dense(FEATURES, "relu", use_bias=False)(
            layers.Flatten()(inputs)
        )
        logits = layers.Dense(CLASSES, use_bias=False)(features)
        model = self.keras.Model(inputs, [features, logits])
        model.set_weights(matrices())
        return self.metrics.FeatureNetwork("matrix", model)

    def _all(self, network, files, count):
        parts = []
        for path in files:
            features = np.empty((count, FEATURES), "float32")
            logits, start = np.empty((count, CLASSES), "float32"), 0
            for images in batches(path, count):
                outputs, stop = network(images), start + len(images)
                features[start:stop] = outputs["features"]
                logits[start:stop] = outputs["logits"]
                start = stop
            parts.append((features, logits))
        (real, _), (samples, logits) = parts
        found = self.metrics.frechet_distance(real, samples)
        found |= self.metrics.kernel_distance(real, samples)
        found |= self.metrics.inception_score(logits)
        return found | self.metrics.precision_recall(real, samples)


class TorchFidelity:
    """The same scores by torch-fidelity."""

    def __init__(self):
        import torch
        import torch_fidelity

        self.torch, self.package = torch, torch_fidelity

    def run(self, task, files, count, weights):
        if task == "network":
            module = importlib.import_module(
                "torch_fidelity.feature_extractor_inceptionv3"
            )
            state = dict(np.load(weights))
            state = {k: self.torch.from_numpy(v) for k, v in state.items()}
            path = pathlib.Path(weights).with_suffix(".pth")
            self.torch.save(state, path)
            keys = ["2048", "logits_unbiased"]
            network = module.FeatureExtractorInceptionV3(
                "inception", keys, feature_extractor_weights_path=str(path)
            )
            start = _seconds()
            with self.torch.no_grad():
                for images in batches(files[0], count):
                    for part in range(0, len(images), 32):
                        rows = np.ascontiguousarray(images[part : part + 32])
                        network(self.torch.from_numpy(rows).permute(0, 3, 1, 2))
            return {}, _seconds() - start
        self.package.register_feature_extractor("matrix", self._extractor())
        sets = [self._images(path, count) for path in files]
        scores = {"fid": True}
        if task == "all":
            scores |= {"kid": True, "isc": True, "prc": True}
            scores["save_cpu_ram"] = count > MANY
        start = _seconds()
        found = self.package.calculate_metrics(
            input1=sets[1],  # the samples, of which the Inception Score is
            input2=sets[0],
            feature_extractor="matrix",
            cuda=False,
            cache=False,
            verbose=False,
            batch_size=BATCH,
            **scores,
        )
        seconds = _seconds() - start
        names = {
            "frechet_distance": "frechet_inception_distance",
            "kernel_distance": "kernel_inception_distance_mean",
            "kernel_distance_spread": "kernel_inception_distance_std",
            "inception_score": "inception_score_mean",
            "precision": "precision",
            "recall": "recall",
        }
        return {k: float(found[v]) for k, v in names.items() if v in found}, seconds

    def _extractor(self):
        torch = self.torch
        base = importlib.import_module("torch_fidelity.feature_extractor_base")

        class Matrix(base.FeatureExtractorBase):
            def __init__(self, name, features_list, **_):
                super().__init__(name, features_list)
                self.matrices = [torch.from_numpy(x) for x in matrices()]

            @staticmethod
            def get_provided_features_list():
                return "features", "logits"

            @staticmethod
            def get_default_feature_layer_for_metric(metric):
                return "logits" if metric == "isc" else "features"

            @staticmethod
            def can_be_compiled():
                return False

            def forward(self, x):
                x = x.permute(0, 2, 3, 1).flatten(1).float() / 255.0
                features = torch.relu(x @ self.matrices[0])
                found = {"features": features, "logits": features @ self.matrices[1]}
                return tuple(found[key] for key in self.features_list)

        return Matrix

    def _images(self, path, count):
        torch = self.torch

        class Images(torch.utils.data.Dataset):
            def __len__(self):
                return count

            def __getitem__(self, index):
                with open(path, "rb") as file:
                    file.seek(index * PIXELS)
                    data = bytearray(file.read(PIXELS))
                image = torch.frombuffer(data, dtype=torch.uint8)
                return image.reshape(SIDE, SIDE, CHANNELS).permute(2, 0, 1)

        return Images()


SIDES = {"ours": Ours, "torch_fidelity": TorchFidelity}


def measure(side, task, files, count, weights):
    """Returns what one side takes, in this process: a dict of seconds and megabytes."""
    runner = SIDES[side]()
    before = _peak()
    values, seconds = runner.run(task, files, count, weights)
    values = {k: v for k, v in values.items() if isinstance(v, (int, float))}
    peak = _peak()
    return {"seconds": seconds, "peak_mb": peak, "own_mb": peak - before, **values}


def _seconds():
    """Returns the CPU seconds of this process and of those that it waited for."""
    kinds = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    used = [resource.getrusage(kind) for kind in kinds]
    return sum(u.ru_utime + u.ru_stime for u in used)


def _peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def compare(task, count, folder, repeats=1):
    """Measures both sides, by turns, each in processes of their own.

    Returns:
        dict from side to the row with the least seconds.

    Raises:
        RuntimeError: if their values differ, or a side fails.
    """
    files = [str(folder / name) for name in ("real", "samples")]
    for seed, path in enumerate(files):
        write_images(path, count, seed, shift=0.05 * seed)
    weights = str(folder / "inception.npz")
    if task == "network" and not pathlib.Path(weights).is_file():
        np.savez(weights, **inception_arrays())
    rows = {side: [] for side in SIDES}
    for _ in range(repeats):
        for side in SIDES:
            command = [sys.executable, __file__, "--side", side, "--tasks", task]
            command += ["--counts", str(count), "--files", *files, "--weights", weights]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(
                    f"{side}, {task}, exit {done.returncode} (-9: killed, mostly for "
                    f"memory), after {rows}: {done.stderr.strip()[-2000:]}"
                )
            rows[side].append(json.loads(done.stdout.splitlines()[-1]))
    best = {
        side: min(found, key=lambda r: r["seconds"]) for side, found in rows.items()
    }
    check(best["ours"], best["torch_fidelity"])
    return best


def check(ours, theirs):
    """Raises unless both sides have the same values."""
    for name, tolerance in TOLERANCES.items():
        if name in ours and abs(ours[name] - theirs[name]) > tolerance * max(
            1e-6, abs(theirs[name])
        ):
            raise RuntimeError(f"{name} differs: {ours[name]} and {theirs[name]}")
    if "kernel_distance" in ours:
        difference = abs(ours["kernel_distance"] - theirs["kernel_distance"])
        if difference > max(ours["kernel_distance_spread"], 1e-6):
            raise RuntimeError(
                f"kernel_distance differs: {ours['kernel_distance']} and "
                f"{theirs['kernel_distance']}"
            )


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", default="frechet,all,network")
    parser.add_argument("--counts", default="10000,50000", help="images of each kind")
    parser.add_argument("--network-count", type=int, default=256, help="for 'network'")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--files", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--weights", help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    counts = [int(count) for count in args.counts.split(",")]
    if args.side:
        row = measure(args.side, args.tasks, args.files, counts[0], args.weights)
        print(json.dumps(row))
        return
    tasks = args.tasks.split(",")
    unknown = sorted(set(tasks) - set(TASKS))
    if unknown:
        parser.error(f"--tasks must be some of {TASKS}. Received: {unknown}")
    print("| task | images | side | CPU seconds | peak MB | beyond imports MB |")
    print("| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for task in tasks:
            for count in [args.network_count] if task == "network" else counts:
                rows = compare(task, count, pathlib.Path(folder), args.repeats)
                for side, row in rows.items():
                    print(
                        f"| {task} | {count:,} | {side} | {row['seconds']:.1f} | "
                        f"{row['peak_mb']:,.0f} | {row['own_mb']:,.0f} |",
                        flush=True,
                    )
                _say_ratios(rows)


def _say_ratios(rows):
    ours, theirs = rows["ours"], rows["torch_fidelity"]
    print(
        f"  {theirs['seconds'] / ours['seconds']:.2f} times as fast, in "
        f"{ours['own_mb'] / max(theirs['own_mb'], 1e-9):.2f} of the memory beyond "
        f"imports; {os.cpu_count()} CPU cores",
        file=sys.stderr,
        flush=True,
    )


if __name__ == "__main__":
    main()
