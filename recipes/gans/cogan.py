"""CoGAN: pairs of handwritten digits and of their negatives, learned from no pair.

When:    pairs of two domains are wanted, and only unpaired images are at hand.
Run:     python recipes/gans/cogan.py
         python recipes/gans/cogan.py --no-shared
         python recipes/gans/cogan.py --data outlines --image-size 32
         python recipes/gans/cogan.py --data folder:SUMMER --target folder:WINTER \\
             --image-size 32
Expect:  coarse shapes, a third of them digits (0 and 5 most), white on black in the
         first domain and the same black on white in the second. They agree pixel by
         pixel with each other's negative, 0.9191 +- 0.0004, more than with those of
         others, 0.7939 +- 0.0019. 40 epochs of 3 s, 128 s of CPU, PyTorch, seed 0
         (2026-11-29).
Paper:   on MNIST, samples alone, and pairs of digits and of their edges or negatives
         that agree.
Differs: 1. The 1500 training digits of scikit-learn, scaled from 8x8 to 16x16 pixels:
            one half of them, and the negatives of the other half.
         2. 4 filters in place of 20.
"""

import numpy as np

import kerasgen
from kerasgen.runs import run_recipe
from kerasgen.runs.figures import mean_figures

SMOKE = {"epochs": 1, "filters": 1, "image_size": 8}


def main(
    data="negatives",
    target: str | None = None,
    image_size=16,
    epochs=40,
    batch_size=64,
    latent_dim=100,
    filters=4,
    shared=True,
    weight_decay=5e-4,
    learning_rate=2e-4,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains a CoGAN.

    Args:
        data: name of data of both domains, or of the first, as in
            `kerasgen.data.load_domains`.
        target: name of the data of the second domain.
        image_size: pixels of a side, divisible by 4.
        epochs: passes over the larger domain.
        batch_size: images of each domain in a step.
        latent_dim: size of the noise vector.
        filters: maps of a discriminator's first convolution.
        shared: whether the domains share layers.
        weight_decay: of the weights of both players.
        learning_rate: of both players.
        data_dir: str. Where prepared TensorFlow Datasets lie.
        seed: of the data's order and of all draws.
    """
    options = {"image_size": image_size, "data_dir": data_dir, "seed": seed}
    dataset = kerasgen.data.load_domains(data, target, batch_size=batch_size, **options)
    model = kerasgen.gans.CoGAN(
        image_shape=dataset.data_shape["a"],
        target_shape=dataset.data_shape["b"],
        latent_dim=latent_dim,
        filters=filters,
        shared=shared,
        weight_decay=weight_decay,
        seed=seed,
    )
    model.compile()
    model.optimizer.learning_rate = learning_rate
    run.fit(model, dataset, epochs=epochs, sample_period=max(1, epochs // 5))
    figures = {}
    if data == "negatives":
        pairs = model.sample(1000, seed=seed)
        figures = {
            **agreement("pairs", pairs["a"], pairs["b"]),
            **agreement("others", pairs["a"], np.roll(pairs["b"], 1, axis=0)),
        }
    return run.finish(model, dataset, evaluation=figures)


def agreement(name, a, b):
    """Returns the mean `1 - |a - (1 - b)|` of pixels, with its standard error."""
    return mean_figures(
        f"agreement_of_{name}", 1.0 - np.abs(a + b - 1.0).mean(axis=(1, 2, 3))
    )


if __name__ == "__main__":
    run_recipe(main)
