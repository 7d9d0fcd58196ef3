"""The ends of the scales of scores: real images, noise, one image and copies, scored.

Run:  python benchmarks/score_ends.py --data mnist --network classifier
      python benchmarks/score_ends.py --data folder:cifar10 --network random --json
      python benchmarks/score_ends.py --data digits --num-images 200

Each takes the samples' place beside as many held-out images: others of the training
split, uniform noise, one training image again and again, and as many training images
that are those which memorisation is measured by. Prints a table in Markdown.
"""

import argparse
import json
import sys

import keras
import numpy as np

import kerasgen
from kerasgen.images.values import to_uint8
from kerasgen.metrics import feature_network, score_samples

KINDS = ("real", "noise", "one image", "copies")


class Drawer:
    """A "model" whose samples are given."""

    num_classes = None

    def __init__(self, images):
        self.images = images
        self.fields = kerasgen.features.Fields(
            kerasgen.features.Image(images.shape[1:])
        )

    def sample(self, num_samples, seed=None, batch_size=None):
        return self.images[:num_samples]


def drawn(train, count, seed=0):
    """Returns what takes the samples' place, a dict of `uint8` images.

    Args:
        train: `kerasgen.data.Dataset` of training images.
        count: int. Images of each kind.
        seed: int. That of the scores, whose training images are the copies.
    """
    copies = to_uint8(train.spread(count, seed)[0])
    generator = np.random.default_rng(seed)
    noise = generator.integers(0, 256, copies.shape, "uint8")
    known = {image.tobytes() for image in copies}
    others = to_uint8(train.spread(2 * count, seed + 1)[0])
    others = np.stack([image for image in others if image.tobytes() not in known])
    others = generator.permutation(others)[:count]
    one = np.repeat(copies[:1], count, axis=0)
    return dict(zip(KINDS, (others, noise, one, copies), strict=True))


def measure(train, test, network, count):
    """Returns `SampleScores` of each kind, a dict."""
    return {
        kind: score_samples(Drawer(images), test, train, network, count)
        for kind, images in drawn(train, count).items()
    }


def table(found):
    """Returns lines of Markdown, a row for each score."""
    lines = [f"| score | {' | '.join(found)} |", "|---|" + "---:|" * len(found)]
    for rows in zip(*(scores.scores for scores in found.values()), strict=True):
        cells = []
        for score in rows:
            value, error, _, _ = score.cells()
            cells.append(value if score.reason else f"{value} {error}".strip())
        lines.append(f"| {rows[0].name} | {' | '.join(cells)} |")
    return lines


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="digits", help="as in kerasgen.data.load")
    parser.add_argument("--data-dir", help="where prepared TensorFlow Datasets lie")
    parser.add_argument("--network", default="random", help="as in kerasgen evaluate")
    parser.add_argument("--num-images", type=int, default=1000)
    text = "a fixed part of the training images, of so many"
    parser.add_argument("--num-train", type=int, help=text)
    parser.add_argument("--json", action="store_true", help="print JSON only")
    args = parser.parse_args(argv)
    options = {"labels": None, "batch_size": 1, "data_dir": args.data_dir}
    train = kerasgen.data.load(
        args.data, "train", num_examples=args.num_train, **options
    )
    test = kerasgen.data.load(args.data, "test", **options)
    network = feature_network(args.network, train, test)
    found = measure(train, test, network, args.num_images)
    if args.json:
        text = json.dumps({kind: scores.to_dict() for kind, scores in found.items()})
    else:
        settings = next(iter(found.values())).settings | {
            "backend": keras.backend.backend()
        }
        settings.pop("samples")
        lines = [f"- {name}: {value}" for name, value in settings.items()]
        text = "\n".join([*table(found), "", *lines])
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
