"""SNGAN on handwritten digits.

When:    a steady discriminator is wanted for next to nothing a step; with patience, as
         it learns slowly.
Run:     python recipes/gans/sngan.py
         python recipes/gans/sngan.py --data cifar10 --image-size 32 \\
             --architecture resnet --filters 128 --batch-size 64 --epochs 320
Expect:  by --discriminator-steps 1 --epochs 60, 1800 updates of the generator, 9 s an
         epoch on a CPU core, PyTorch (2026-11-28), digit-like shapes that are hardly of
         the class asked for (17.2 +- 1.2 % of 1000 samples, chance 10 %). The defaults
         are not yet run to their end: 57 of the 150 epochs, 342 updates, gave strokes.
Paper:   CIFAR-10, resnet, hinge: Inception Score 8.22 +- 0.05, FID 21.7 +- 0.21.
Differs: 1. The 1500 training digits of scikit-learn with labels, scaled from 8x8 to
            16x16 pixels.
         2. The cnn of table 3, half as wide, in place of the resnet of table 4.
         3. The rate falls to 0 over the epochs, in the paper over 50,000 updates of
            the generator.
"""

import kerasgen
from kerasgen.runs import run_recipe

SMOKE = {"epochs": 1, "filters": 4, "image_size": 8}


def main(
    data="digits",
    image_size=16,
    labels: bool | None = None,
    epochs=150,
    batch_size=50,
    architecture="cnn",
    latent_dim=128,
    filters=32,
    discriminator_steps=5,
    learning_rate=2e-4,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains an SNGAN.

    Args:
        data: name of the data, as in `kerasgen.data.load`.
        image_size: pixels of a side, divisible by 4.
        labels: bool. Whether to train a conditional model; None does where the data
            have labels.
        epochs: passes over the data.
        batch_size: images an update.
        architecture: resnet or cnn.
        latent_dim: size of the noise vector.
        filters: maps of the discriminator's first convolution.
        discriminator_steps: the discriminator's updates in a step.
        learning_rate: of both players, at the start.
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
    model = kerasgen.gans.SNGAN(
        image_shape=dataset.image_shape,
        latent_dim=latent_dim,
        architecture=architecture,
        filters=filters,
        num_classes=dataset.num_classes,
        discriminator_steps=discriminator_steps,
        seed=seed,
    )
    model.compile()
    falling = kerasgen.callbacks.LearningRateScheduler(
        lambda epoch: learning_rate * (1.0 - epoch / epochs)
    )
    run.fit(
        model,
        dataset,
        epochs=epochs,
        sample_period=max(1, epochs // 20),
        callbacks=[falling],
    )
    return run.finish(model, dataset)


if __name__ == "__main__":
    run_recipe(main)
