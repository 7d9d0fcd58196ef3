"""Trains every recipe that draws images at its small setting, and scores all alike.

Run:  KERAS_BACKEND=torch python benchmarks/zoo_scores.py --out zoo
      python benchmarks/zoo_scores.py --out zoo --recipes gans/dcgan,autoencoders/vae
      python benchmarks/zoo_scores.py --out zoo --seeds 0,1,2 --table-only

A recipe is trained as it is written, on the digits, but for the flags in `FLAGS`, which
are there where its own setting takes more than minutes; a run folder that has ended is
not trained again, and one that a signal stopped goes on. Each is then scored by
`kerasgen evaluate` on the 297 test digits, all by one network and on one backend, that
of the scores (`--score-backend`), as a classifier is trained on each anew. The table
has the mean over the seeds and their standard deviation; of one seed the error that
`evaluate` gives. What fails is named at the end, and the exit status is 1 then.
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
FLAGS = {
    "autoencoders/pixel_vae": ["--epochs", "40"],
    "autoregressive/pixelcnn_plus_plus": ["--epochs", "15"],
    "gans/acgan": ["--filters", "6"],
    "gans/geometric_gan": ["--generator-updates", "1", "--epochs", "60"],
    "gans/biggan": ["--epochs", "20"],
    "gans/projection_gan": ["--epochs", "20"],
    "gans/r3gan": ["--filters", "16", "--epochs", "25"],
    "gans/sagan": ["--epochs", "20"],
    "gans/sngan": ["--discriminator-steps", "1", "--epochs", "60"],
}
# They draw no images of digits by themselves, or one part of a picture.
OTHERS = {
    "gans/c_rnn_gan",
    "gans/cogan",
    "gans/cyclegan",
    "gans/pix2pix",
    "gans/three_d_gan",
    "autoencoders/autoencoder",
    "autoencoders/quadrant_cvae",
}
SCORES = ("frechet_distance", "precision_recall", "density_coverage", "classes")
COLUMNS = {
    "frechet_distance": "Frechet distance",
    "precision": "precision",
    "recall": "recall",
    "density": "density",
    "coverage": "coverage",
    "reverse_kl": "KL of classes",
}


def recipes():
    """Returns the names of all recipes that are scored, in their order."""
    files = sorted((ROOT / "recipes").glob("*/*.py"))
    names = [f"{file.parent.name}/{file.stem}" for file in files]
    return [name for name in names if name not in OTHERS]


def train(recipe, seed, folder, smoke=False, limit=None):
    """Trains a recipe into a folder unless it has ended there; returns whether it ran.

    Args:
        recipe: str.
        seed: int.
        folder: `pathlib.Path`.
        smoke: bool. Whether to train for seconds alone.
        limit: float or None, seconds after which a signal stops it.

    Returns:
        bool, whether there is a model to score.
    """
    if (folder / "results.json").is_file():
        return True
    command = [sys.executable, "-m", "kerasgen", "train", recipe]
    command += ["--smoke"] if smoke else FLAGS.get(recipe, [])
    command += ["--seed", str(seed), "--out", str(folder)]
    folder.parent.mkdir(parents=True, exist_ok=True)
    start = _children_seconds()
    with open(folder.with_suffix(".log"), "a") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            process.wait(limit)
        except subprocess.TimeoutExpired:
            process.terminate()
            process.wait()
    used = _children_seconds() - start + cpu_seconds(folder)
    folder.with_suffix(".cpu").write_text(f"{used:.1f}\n")
    return (folder / "model.keras").is_file()


def cpu_seconds(folder):
    """Returns the CPU seconds that all trainings of a run took, 0 of one not seen."""
    kept = folder.with_suffix(".cpu")
    return float(kept.read_text()) if kept.is_file() else 0.0


def _children_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def score(folder, network, backend):
    """Returns what `kerasgen evaluate` says of a run, a dict."""
    command = [sys.executable, "-m", "kerasgen", "evaluate", str(folder), "--json"]
    command += ["--network", network, "--scores", ",".join(SCORES), "--split", "test"]
    environment = {**os.environ, "KERAS_BACKEND": backend}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()[-400:]}")
    return json.loads(done.stdout)


def table(rows):
    """Returns a table in Markdown of rows of `main`, those of a recipe in one."""
    groups = {}
    for row in rows:
        groups.setdefault((row["recipe"], row["flags"]), []).append(row)
    head = ["recipe, flags", "seeds", "epochs", *COLUMNS.values()]
    lines = [head, ["---"] * len(head)]
    real = {}
    for (recipe, flags), runs in groups.items():
        name = f"`{recipe}`" + (f" `{flags}`" if flags else "")
        epochs = "/".join(sorted({str(run["epochs"]) for run in runs}))
        cells = [name, str(len(runs)), epochs]
        for key in COLUMNS:
            found = [s for run in runs for s in run["scores"] if _base(s) == key]
            cells.append(_cell([(s["value"], s["error"]) for s in found]))
            if found and found[0]["real"] is not None:
                real[key] = f"{found[0]['real']:.3g}"
        lines.append(cells)
    lines.append(["training images", "", "", *(real.get(key, "") for key in COLUMNS)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _base(found):
    return found["name"].split(" [")[0]


def _cell(found):
    if not found:
        return ""
    values = [value for value, _ in found]
    if len(values) > 1:
        return f"{statistics.mean(values):.3g} ± {statistics.stdev(values):.1g}"
    error = found[0][1]
    return f"{values[0]:.3g}" + ("" if error is None else f" (± {error:.1g})")


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--recipes", help="names with commas between; default: all")
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--network", default="classifier")
    parser.add_argument("--score-backend", default="torch")
    parser.add_argument("--seconds", type=float, help="the longest training of one")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--train-only", action="store_true")
    parser.add_argument("--table-only", action="store_true")
    args = parser.parse_args(argv)
    names = recipes() if args.recipes is None else args.recipes.split(",")
    unknown = sorted(set(names) - set(recipes()))
    if unknown:
        parser.error(f"--recipes must be some of {recipes()}. Received: {unknown}")
    rows, failed = [], []
    for seed in map(int, args.seeds.split(",")):
        for name in names:
            folder = args.out.resolve() / f"{name.replace('/', '-')}-{seed}"
            kept = folder.with_suffix(".json")
            start = time.monotonic()
            if not args.table_only:
                if not train(name, seed, folder, args.smoke, args.seconds):
                    failed.append(f"{name}, seed {seed}: see {folder}.log")
                    continue
                seconds = time.monotonic() - start
                print(f"{name}, seed {seed}: {seconds:.0f} s", flush=True)
                if args.train_only:
                    continue
                if not kept.is_file():
                    try:
                        found = score(folder, args.network, args.score_backend)
                    except RuntimeError as error:
                        failed.append(str(error))
                        continue
                    kept.write_text(json.dumps(_row(name, seed, folder, found)))
            if kept.is_file():
                rows.append(json.loads(kept.read_text()))
    rows.sort(key=lambda row: row["recipe"])
    print(table(rows))
    if failed:
        print("\nfailed:", *failed, sep="\n")
    return 1 if failed else 0


def _row(name, seed, folder, found):
    config = json.loads((folder / "config.json").read_text())
    results = json.loads((folder / "results.json").read_text())
    return {
        "recipe": name,
        "flags": " ".join(FLAGS.get(name, [])),
        "seed": seed,
        "epochs": results.get("epochs"),
        "backend": config.get("backend"),
        "date": results.get("date", "")[:10],
        "cpu_seconds": cpu_seconds(folder) or None,
        "settings": found["settings"],
        "scores": found["scores"],
    }


if __name__ == "__main__":
    sys.exit(main())
