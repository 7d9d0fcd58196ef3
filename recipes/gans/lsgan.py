"""LSGAN on handwritten digits.

When:    a discriminator that becomes too sure stops teaching; least squares go on.
         Else as DCGAN.
Run:     python recipes/gans/lsgan.py
         python recipes/gans/lsgan.py --data mnist --epochs 5
Expect:  readable digits of the class asked for; 20 to 58 s an epoch, a small share of 2
         CPU cores, JAX (2026-11-28).
Paper:   figures of samples alone.
Differs: 1. The 1500 training digits of scikit-learn, scaled from 8x8 to 28x28 pixels,
            in place of scenes of 112x112.
         2. A conditional model, on the labels, which the paper is for characters.
         3. 32 filters in place of 64, 100 latents in place of 1024, a rate of 2e-4
            (the paper's for characters) in place of 1e-3.
"""

import kerasgen
from kerasgen.runs import run_recipe

SMOKE = {"epochs": 1, "filters": 4, "image_size": 8}


def main(
    data="digits",
    image_size=28,
    labels: bool | None = None,
    epochs=40,
    batch_size=64,
    latent_dim=100,
    filters=32,
    learning_rate=2e-4,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains an LSGAN.

    Args:
        data: name of the data, as in `kerasgen.data.load`.
        image_size: pixels of a side, divisible by 4.
        labels: bool. Whether to train a conditional model; None does where the data
            have labels.
        epochs: passes over the data.
        batch_size: images a step.
        latent_dim: size of the noise vector.
        filters: maps of the discriminator's first convolution.
        learning_rate: of both players.
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
    model = kerasgen.gans.LSGAN(
        image_shape=dataset.image_shape,
        latent_dim=latent_dim,
        filters=filters,
        num_classes=dataset.num_classes,
        seed=seed,
    )
    model.compile()
    model.optimizer.learning_rate = learning_rate
    run.fit(model, dataset, epochs=epochs, sample_period=5)
    return run.finish(model, dataset)


if __name__ == "__main__":
    run_recipe(main)
