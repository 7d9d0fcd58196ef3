"""Figures of a trained model, each mean with its standard error."""

import math
import re

import numpy as np

from kerasgen import images
from kerasgen.data.resizing import resize
from kerasgen.images import labeled_grid, save_png
from kerasgen.metrics import (
    PixelClassifier,
    luma_scores,
    melody_scores,
    own_is_nearest,
    within_class_variance,
)
from kerasgen.metrics.means import mean_figures


def told(figures):
    """Returns lines that tell figures, each mean with what belongs to it.

    Args:
        figures: dict, as `mean_figures` makes them, and any others.
    """
    lines = []
    for name, value in figures.items():
        mean = re.sub("_(standard_error|num_examples)$", "", name)
        if mean != name and mean in figures:
            continue
        error = figures.get(f"{name}_standard_error")
        count = figures.get(f"{name}_num_examples")
        line = f"{name}: {value}"
        line += "" if error is None else f" ± {error:.2g}"
        lines.append(line + ("" if count is None else f" ({count:,} examples)"))
    return lines


class Figures:
    """Mixin of `kerasgen.runs.Run`: what a model is measured by at a run's end.

    Every name starts with the split of the data, `test_` or `validation_`.
    """

    def scalars(self, model, dataset):
        """Returns what `model.evaluate` says of a data set: `test_NAME` of each scalar.

        Args:
            model: compiled model.
            dataset: `kerasgen.data.Dataset`.
        """
        scalars = model.evaluate(dataset, return_dict=True, verbose=0)
        return {_name(dataset, name): value for name, value in scalars.items()}

    def likelihood(self, model, dataset, num_images=10_000, batch_size=250):
        """Returns the mean negative log-likelihood of test images.

        Args:
            model: model with `log_prob`.
            dataset: `kerasgen.data.Dataset`, of test images.
            num_images: int. Images, at most, from all over it.
            batch_size: int. Images a call.

        Returns:
            dict: `test_images` (how many), `test_nats` (nats an image),
            `test_bits_per_dim` (bits a sub-pixel), and their standard errors.
        """
        x, labels = dataset.spread(num_images)
        nats = -model.log_prob(x, labels, batch_size=batch_size)
        nats_per_bit = math.prod(model.image_shape) * math.log(2.0)
        return {
            _name(dataset, "images"): len(x),
            **mean_figures(_name(dataset, "nats"), nats),
            **mean_figures(_name(dataset, "bits_per_dim"), nats / nats_per_bit),
        }

    def translation_error(self, model, dataset, num_images=1000, seed=0):
        """Returns how far translations of test images are from their targets.

        Args:
            model: model that learns from pairs, such as `Pix2Pix`.
            dataset: `kerasgen.data.Dataset` of pairs, of test images.
            num_images: int. Pairs, at most, from all over it.
            seed: int. Of the noise.

        Returns:
            dict: `test_images` (how many), `test_absolute_error`, the mean over pixels
            and channels of `|target - translation|`, values in `[0, 1]`, and its
            standard error over the images.
        """
        targets, inputs = dataset.spread(num_images)
        found = model.translate(inputs, seed=seed)
        errors = np.abs(images.to_float(targets) - found).mean(axis=(1, 2, 3))
        return {
            _name(dataset, "images"): len(targets),
            **mean_figures(_name(dataset, "absolute_error"), errors),
        }

    def enlargement_error(self, model, dataset, num_images=1000):
        """Returns how near enlarged test images are to the large ones.

        Args:
            model: model that enlarges, such as `SRResNet`.
            dataset: `kerasgen.data.Dataset` of large and small images, for tests.
            num_images: int. Pairs, at most, from all over it.

        Returns:
            dict: `test_psnr`, decibels, and `test_ssim`, of the luma without a border
            of `model.scale` pixels, or of what tiny images have; `test_bicubic_psnr`,
            that of bicubic filters; each with its standard error over the images.
        """
        targets, inputs = dataset.spread(num_images)
        bicubic = resize(inputs, targets.shape[1:3], "bicubic")
        given = {"": model.translate(inputs), "bicubic_": bicubic}
        border = min(model.scale, (min(targets.shape[1:3]) - 1) // 2)
        figures = {_name(dataset, "images"): len(targets)}
        for kind, found in given.items():
            scores = luma_scores(targets, images.to_uint8(found), border)
            for key in scores if not kind else ("psnr",):
                name = _name(dataset, kind + key)
                figures |= mean_figures(name, scores[key])
        return figures

    def pairs_found(self, model, dataset, num_images=1000):
        """Returns how many translations come nearest to their own hidden counterpart.

        Args:
            model: model of two domains, such as `CycleGAN`.
            dataset: `kerasgen.data.Dataset` of two domains, of test images, which may
                know `counterparts`, as the drawn ones of `kerasgen.data.load_domains`.
            num_images: int. Images of each domain, the first ones.

        Returns:
            dict: `test_pairs_found_to_b`, the share of `a`'s images whose translation
            is nearer to their own counterpart than to that of any other of them,
            `test_pairs_found_to_a` likewise, and standard errors; empty for data
            without counterparts.
        """
        found = {}
        for source, to in (("a", "b"), ("b", "a")):
            if not hasattr(dataset, "counterparts"):
                continue
            images_of = dataset.source.sources[source]
            rows = np.arange(min(num_images, len(images_of)))
            targets = images.to_float(dataset.counterparts[source][rows])
            translated = model.translate(images_of[rows], to=to)
            hits = own_is_nearest(translated, targets)
            found |= mean_figures(_name(dataset, f"pairs_found_to_{to}"), hits)
        return found

    def melodies(self, model, dataset, num_samples=500, seed=0):
        """Returns what Mogren measured of melodies: of drawn ones, and of the data.

        Args:
            model: model of melodies, such as `CRNNGAN`.
            dataset: `kerasgen.data.Dataset` of test melodies.
            num_samples: int. Melodies, drawn, and at most so many of the data.
            seed: int. Of the drawing.

        Returns:
            dict: `test_NAME` and `test_NAME_of_data` for each of
            `kerasgen.metrics.melody_scores`, and their standard errors.
        """
        field, found = model.fields.x, {}
        real = dataset.spread(num_samples)[0]
        for x, kind in ((model.sample(num_samples, seed=seed), ""), (real, "_of_data")):
            channels = {
                name: field.channel(x, name) for name in ("pitch", "intensity", "wait")
            }
            for name, values in melody_scores(**channels).items():
                found |= mean_figures(_name(dataset, f"{name}{kind}"), values)
        return found

    def class_agreement(self, model, dataset, test, num_samples=1000, seed=0):
        """Returns how many samples are of the class asked for, and how they vary.

        Args:
            model: conditional model with `sample`.
            dataset: `kerasgen.data.Dataset` with labels, on 10,000 images of which, at
                most, a `kerasgen.metrics.PixelClassifier` is trained.
            test: `kerasgen.data.Dataset` of test images.
            num_samples: int. Samples, of all classes in turn.
            seed: int. Of the samples.

        Returns:
            dict: `class_agreement`, the share of samples that are classified as what
            was asked for, and `test_classifier_accuracy`, the share of test images that
            are classified rightly, with standard errors; `class_variance_ratio`, the
            variance of a pixel within a class, of samples over that of test images.
        """
        classifier = PixelClassifier(*dataset.spread(10_000))
        x, labels = test.spread(10_000)
        asked = np.arange(num_samples) % dataset.num_classes
        samples = model.sample(num_samples, labels=asked, seed=seed)
        right = classifier.predict(samples) == asked
        known = classifier.predict(x) == labels
        varied = within_class_variance(samples, asked)
        return {
            **mean_figures("class_agreement", right),
            **mean_figures(_name(test, "classifier_accuracy"), known),
            "class_variance_ratio": varied / within_class_variance(x, labels),
        }

    def bounds(self, model, dataset, num_samples, num_images=None):
        """Returns the scalars of test images and two bounds of their likelihood.

        Args:
            model: model with `elbo` and `log_prob(x, num_samples=k)`.
            dataset: `kerasgen.data.Dataset`, of test images.
            num_samples: int. Importance samples an image, `k`.
            num_images: int. Images, at most, from all over it, for the bounds; None
                for all of them.

        Returns:
            dict: `test_NAME` of each scalar, `test_negative_elbo_N_images` and
            `test_nll_K_samples_N_images`, nats an image, of the same binary images,
            and the standard errors of both.
        """
        count = dataset.num_examples if num_images is None else num_images
        x, labels = dataset.spread(count)
        elbo = -model.elbo(x, labels)
        bound = -model.log_prob(x, labels, num_samples=num_samples)
        name = f"nll_{num_samples}_samples_{len(x)}_images"
        return {
            **self.scalars(model, dataset),
            **mean_figures(_name(dataset, f"negative_elbo_{len(x)}_images"), elbo),
            **mean_figures(_name(dataset, name), bound),
        }

    def save_completions(self, model, dataset, num_images=16, seed=0):
        """Writes `completions.png`: images of which a part was given, and outlined.

        Args:
            model: autoregressive model, which is given the upper half, or a
                `QuadrantCVAE`.
            dataset: `kerasgen.data.Dataset` of the images.
            num_images: int. Images, at most, from all over it.
            seed: int. Of the parts that are drawn.
        """
        x, labels = dataset.spread(num_images)
        given = getattr(model, "given", None)
        if given is None:
            height, width = x.shape[1:3]
            given = np.repeat(np.arange(height)[:, None] < height // 2, width, axis=1)
            completed = model.complete(x, given, labels, seed=seed)
        else:
            completed = model.complete(x, seed=seed)
        picture = labeled_grid(
            completed,
            labels,
            title=f"{type(model).__name__}: completions; what is outlined was given",
            class_names=dataset.class_names,
            outline=given,
        )
        save_png(self.folder / "completions.png", picture)


def _name(dataset, name):
    split = "validation" if dataset.split == "validation" else "test"
    return f"{split}_{name}"
