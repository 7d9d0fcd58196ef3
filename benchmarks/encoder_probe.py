"""A linear probe of an encoder's codes, beside the same encoder before its training.

Run:  KERAS_BACKEND=torch python benchmarks/encoder_probe.py RUN
      python benchmarks/encoder_probe.py RUN --per-class 10 --draws 20

Logistic regression of scikit-learn (C = 1, codes divided by their deviation) on the
codes of the run's training data: of all of them, and of a few labels of each class,
drawn several times, the same draws for both encoders. The untrained encoder has the
same networks from seed 1. Errors are those of all test images. The standard error of
all labels is over the test images, that of few over the draws.
"""

import argparse
import json
import pathlib

import keras
import numpy as np
from sklearn.linear_model import LogisticRegression

import kerasgen
from kerasgen.metrics.means import mean_figures


def codes(model, dataset):
    """Returns the codes of all images, `(n, size)`, and their labels."""
    images, labels = dataset.arrays()
    return model.encode(images), labels


def errors(train, test):
    """Returns which test codes a linear classifier takes for another class."""
    scale = train[0].std()
    probe = LogisticRegression(max_iter=3000).fit(train[0] / scale, train[1])
    return probe.predict(test[0] / scale) != test[1]


def few(labels, per_class, seed):
    """Returns the places of `per_class` labels of each class, drawn."""
    generator = np.random.default_rng(seed)
    return np.concatenate(
        [
            generator.choice(np.flatnonzero(labels == c), per_class, replace=False)
            for c in np.unique(labels)
        ]
    )


def probe(train, test, per_class, draws):
    """Returns figures in percent, a dict: of all labels and of few."""
    found = mean_figures("all", 100.0 * errors(train, test))
    places = (few(train[1], per_class, seed) for seed in range(draws))
    parts = [100.0 * errors([x[i] for x in train], test).mean() for i in places]
    return found | mean_figures("few", np.array(parts))


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=pathlib.Path, metavar="RUN")
    parser.add_argument("--per-class", type=int, default=10)
    parser.add_argument("--draws", type=int, default=10)
    args = parser.parse_args(argv)
    settings = json.loads((args.run / "config.json").read_text())["settings"]
    trained = keras.models.load_model(args.run / "model.keras")
    config = {**trained.get_config(), "seed": 1}
    config.pop("class_names", None)
    fresh = type(trained).from_config(config)
    options = {"image_size": trained.image_shape[0], "data_dir": settings["data_dir"]}
    sets = [
        kerasgen.data.load(settings["data"], s, labels=True, shuffle=False, **options)
        for s in ("train", "test")
    ]
    print(f"| encoder | all labels, % | {args.per_class} a class, % |")
    print("| --- | --- | --- |")
    for name, model in (("trained", trained), ("untrained", fresh)):
        parts = [codes(model, dataset) for dataset in sets]
        found = probe(*parts, args.per_class, args.draws)
        cells = [
            f"{found[key]:.1f} ± {found[f'{key}_standard_error']:.1f}"
            for key in ("all", "few")
        ]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
