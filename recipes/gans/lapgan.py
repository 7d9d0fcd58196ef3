"""LAPGAN on handwritten digits, from 8x8 to 16x16 pixels.

When:    images are to be refined from coarse to fine, or coarse images made larger.
Run:     python recipes/gans/lapgan.py
         python recipes/gans/lapgan.py --labels
         python recipes/gans/lapgan.py --data cifar10 --image-size 28 --heights 8,14 \\
             --epochs 50
Expect:  digits with grain, about half of them readable, different from each other; at
         the coarsest level, whose probabilities are 0.55 for real images and 0.43 for
         others, as readable as at the finer one, which cannot tell them apart (0.50
         both). 200 epochs, 4,600 steps of 2 to 3 s an epoch, 11 min of a CPU core,
         PyTorch, seed 0 (2026-11-29).
Paper:   CIFAR-10: 40 % of samples taken for photographs by people, 10 % of a GAN's.
Differs: 1. The 1500 training digits of scikit-learn, scaled from 8x8 to 16x16 pixels:
            the coarsest level is the data's own size.
         2. 16 filters in place of 64, 600 units in place of 1200 in the generator,
            batches of 64 in place of 128.
         3. Adam with a rate of 1e-3. At the coarsest level alone the released form with
            SGD and 0.02 leaves one shape for all samples after 1,400 steps, and so does
            Adam with 2e-4; SGD with 0.1 draws digits after 4,600.
"""

import keras

import kerasgen
from kerasgen.arguments import check_choice
from kerasgen.runs import run_recipe

SMOKE = {
    "epochs": 1,
    "filters": 2,
    "generator_units": 8,
    "discriminator_units": 8,
}


def main(
    data="digits",
    image_size=16,
    heights: tuple[int, ...] | None = None,
    labels=False,
    epochs=200,
    batch_size=64,
    latent_dim=100,
    generator_units=600,
    discriminator_units=600,
    filters=16,
    dropout=0.5,
    variant="paper",
    optimizer="adam",
    learning_rate=1e-3,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains a LAPGAN.

    Args:
        data: name of the data, as in `kerasgen.data.load`.
        image_size: pixels of a side.
        heights: of the coarser levels, the smallest first, or None for halves down to 8
            to 15.
        labels: whether to train a conditional model.
        epochs: passes over the data.
        batch_size: images a step, half of them shown as they are.
        latent_dim: size of the coarsest level's noise.
        generator_units: of the coarsest level.
        discriminator_units: likewise.
        filters: maps of the convolutions at finer levels.
        dropout: in discriminators.
        variant: paper or released.
        optimizer: adam; or sgd, the paper's, with its rate of 0.02.
        learning_rate: Adam's.
        data_dir: str. Where prepared TensorFlow Datasets lie.
        seed: of the data's order and of all draws.
    """
    dataset = kerasgen.data.load(
        data,
        batch_size=batch_size,
        image_size=image_size,
        labels=labels,
        data_dir=data_dir,
        seed=seed,
    )
    model = kerasgen.gans.LAPGAN(
        image_shape=dataset.image_shape,
        heights=heights,
        latent_dim=latent_dim,
        num_classes=dataset.num_classes,
        generator_units=generator_units,
        discriminator_units=discriminator_units,
        filters=filters,
        dropout=dropout,
        variant=variant,
        seed=seed,
    )
    if check_choice("optimizer", optimizer, ("adam", "sgd")) == "adam":
        model.compile(keras.optimizers.Adam(learning_rate, beta_1=0.5))
    else:
        model.compile()
    run.fit(model, dataset, epochs=epochs, sample_period=max(1, epochs // 10))
    return run.finish(model, dataset)


if __name__ == "__main__":
    run_recipe(main)
