"""BiGAN on handwritten digits, and what its codes know of classes.

When:    codes of given images are wanted, for a classifier or a search.
Run:     python recipes/gans/bigan.py
         python recipes/gans/bigan.py --data mnist --units 1024 --batch-size 128 \\
             --epochs 400 --decay-epochs 200
         python recipes/gans/bigan.py --architecture conv --image-size 16
         kerasgen explore features runs/gans-bigan --part encoder
Expect:  60 epochs of 0.6 s: blurred digits, a part of them readable. 2.0 +- 0.8 % of
         the 297 test digits have another class than the training digit with the
         nearest code; 4.0 +- 1.1 % by the encoder before training. PyTorch, a share of
         2 CPU cores, seed 0 (2026-11-29). With `one_batch=False` all samples stay
         noise.
Paper:   97.39 % of MNIST's test images have the class of the nearest training image, by
         the encoder's features.
Differs: 1. The 1500 training digits of scikit-learn, 8x8 pixels.
         2. 256 units in place of 1024, batches of 64 in place of 128, fewer updates.
         3. Neighbours are found by codes, not by the layer before them.
"""

import numpy as np

import kerasgen
from kerasgen.runs import run_recipe
from kerasgen.runs.figures import mean_figures

SMOKE = {"epochs": 1, "units": 8, "filters": 4}


def main(
    data="digits",
    image_size: int | None = None,
    epochs=60,
    decay_epochs=30,
    batch_size=64,
    latent_dim=50,
    architecture="dense",
    units=256,
    filters=32,
    weight_decay=2.5e-5,
    latent_distribution="uniform",
    learning_rate=2e-4,
    validation=0,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains a BiGAN and finds the nearest training images of test images by codes.

    Args:
        data: name of the data, as in `kerasgen.data.load`.
        image_size: pixels of a side, divisible by 4 for "conv"; None for the data's
            own.
        epochs: passes over the data.
        decay_epochs: of these, at the end, those in which the rate falls to a
            hundredth.
        batch_size: images a step.
        latent_dim: size of the code.
        architecture: "dense" or "conv".
        units: of the dense layers.
        filters: maps of the first convolution.
        weight_decay: of the kernels of all players.
        latent_distribution: "uniform" or "normal".
        learning_rate: of all players, before it falls.
        validation: training images held out, by the seed, and measured in place of the
            test images: so settings can be chosen by figures; 0 for the test images.
        data_dir: str. Where prepared TensorFlow Datasets lie.
        seed: of the data's order and of all draws.
    """
    options = {"image_size": image_size, "data_dir": data_dir, "labels": False}
    options["batch_size"] = batch_size
    dataset, _ = kerasgen.data.load_splits(data, validation, seed, **options)
    model = kerasgen.gans.BiGAN(
        image_shape=dataset.image_shape,
        latent_dim=latent_dim,
        architecture=architecture,
        units=units,
        filters=filters,
        weight_decay=weight_decay,
        latent_distribution=latent_distribution,
        seed=seed,
    )
    options["labels"] = None  # where there are any
    known, test = kerasgen.data.load_splits(data, validation, seed, **options)
    start = nearest_error(model, known, test, "random_encoder_error")
    model.compile()
    constant = epochs - decay_epochs
    falling = kerasgen.callbacks.LearningRateScheduler(
        lambda epoch: (
            learning_rate * 0.01 ** (max(0, epoch - constant) / max(1, decay_epochs))
        )
    )
    sample_period = max(1, epochs // 20)
    callbacks = [falling]
    run.fit(
        model, dataset, epochs=epochs, callbacks=callbacks, sample_period=sample_period
    )
    figures = nearest_error(model, known, test, "nearest_error")
    return run.finish(model, dataset, {**figures, **start})


def nearest_error(model, known, test, name, num_images=10_000):
    """Returns how often the training image with the nearest code has another class.

    Args:
        model: model with `encode`.
        known: `kerasgen.data.Dataset` of training images.
        test: `kerasgen.data.Dataset` of those measured.
        name: str. Name of the figure.
        num_images: int. Images of each, at most.

    Returns:
        dict, empty for data without labels.
    """
    if test.num_classes is None:
        return {}
    (x, classes), (images, labels) = (d.spread(num_images) for d in (known, test))
    codes, sought = model.encode(x), model.encode(images)
    far = np.sum(codes**2, axis=1) - 2.0 * sought @ codes.T
    return mean_figures(f"{test.split}_{name}", classes[np.argmin(far, 1)] != labels)


if __name__ == "__main__":
    run_recipe(main)
