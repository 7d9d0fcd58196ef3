"""Figures of a trained model, each mean with its standard error."""

import math

import numpy as np

from kerasgen.images import grid, save_png


def mean_figures(name, values):
    """Returns a mean, and how far it may be from that of more examples.

    Args:
        name: str. Name of the mean.
        values: array `(n,)`, a number for each example.

    Returns:
        dict: `NAME` and, of two examples and more, `NAME_standard_error`: the
        standard deviation over the examples, divided by the root of their number.
    """
    values = np.asarray(values, "float64")
    figures = {name: float(values.mean())}
    if len(values) > 1:
        error = values.std(ddof=1) / math.sqrt(len(values))
        figures[f"{name}_standard_error"] = float(error)
    return figures


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
            num_images: int. Images from its beginning, at most.
            batch_size: int. Images a call.

        Returns:
            dict: `test_images` (how many), `test_nats` (nats an image),
            `test_bits_per_dim` (bits a sub-pixel), and their standard errors.
        """
        x, labels = dataset.take(num_images)
        nats = -model.log_prob(x, labels, batch_size=batch_size)
        nats_per_bit = math.prod(model.image_shape) * math.log(2.0)
        return {
            _name(dataset, "images"): len(x),
            **mean_figures(_name(dataset, "nats"), nats),
            **mean_figures(_name(dataset, "bits_per_dim"), nats / nats_per_bit),
        }

    def bounds(self, model, dataset, num_samples, num_images=None):
        """Returns the scalars of test images and two bounds of their likelihood.

        Args:
            model: model with `elbo` and `log_prob(x, num_samples=k)`.
            dataset: `kerasgen.data.Dataset`, of test images.
            num_samples: int. Importance samples an image, `k`.
            num_images: int. Images from its beginning, at most, for the bounds; None
                for all of them.

        Returns:
            dict: `test_NAME` of each scalar, `test_negative_elbo_N_images` and
            `test_nll_K_samples_N_images`, nats an image, of the same binary images,
            and the standard errors of both.
        """
        count = dataset.num_examples if num_images is None else num_images
        x, labels = dataset.take(count)
        elbo = -model.elbo(x, labels)
        bound = -model.log_prob(x, labels, num_samples=num_samples)
        name = f"nll_{num_samples}_samples_{len(x)}_images"
        return {
            **self.scalars(model, dataset),
            **mean_figures(_name(dataset, f"negative_elbo_{len(x)}_images"), elbo),
            **mean_figures(_name(dataset, name), bound),
        }

    def save_completions(self, model, dataset, num_images=16, seed=0):
        """Writes `completions.png`: images whose upper half was given.

        Args:
            model: autoregressive model.
            dataset: `kerasgen.data.Dataset`, whose first images are halved.
            num_images: int.
            seed: int. Of the lower halves.
        """
        x, labels = dataset.take(num_images)
        height, width = x.shape[1:3]
        upper = np.arange(height)[:, None] < height // 2
        halves = model.complete(
            x, np.broadcast_to(upper, (height, width)), labels, seed=seed
        )
        save_png(self.folder / "completions.png", grid(halves, columns=8))


def _name(dataset, name):
    split = "validation" if dataset.split == "validation" else "test"
    return f"{split}_{name}"
