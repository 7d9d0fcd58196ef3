"""GAN of dense layers on handwritten digits, or on points.

When:    to see the original game, and as the control beside which others are judged.
Run:     python recipes/gans/gan.py
         python recipes/gans/gan.py --data mnist --epochs 50
         python recipes/gans/gan.py --data mixture --learning-rate 2e-4 --epochs 10
Expect:  blurred digits, about half of them readable; 160 epochs of 6 s on a share of 2
         CPU cores, PyTorch (2026-11-27). With normal latents (2026-11-21) alike, and on
         the ring 5000 updates leave 2 of the 8 modes.
Paper:   Parzen log-likelihood of 225 +- 2 nats on MNIST, which this does not measure.
Differs: 1. The 1500 training digits of scikit-learn, 8x8 pixels, in place of MNIST.
         2. Points are trained without dropout; the paper has no such data.
"""

import keras

import kerasgen
from kerasgen.runs import run_recipe

SMOKE = {"epochs": 1, "generator_units": 8, "discriminator_units": 4}


def main(
    data="digits",
    image_size=None,
    labels=False,
    epochs=160,
    batch_size=100,
    latent_dim=100,
    generator_units=1200,
    discriminator_units=240,
    discriminator_steps=1,
    generator_loss="non_saturating",
    latent_distribution="unit_variance_uniform",
    learning_rate=None,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains a GAN of dense layers.

    Args:
        data: name of the data, as in `kerasgen.data.load`.
        image_size: int. Pixels of a side, or None for the data's own.
        labels: whether to train a conditional model.
        epochs: passes over the data.
        batch_size: examples an update.
        latent_dim: size of the noise vector.
        generator_units: of the generator's two hidden layers.
        discriminator_units: of the discriminator's two maxout layers.
        discriminator_steps: its updates in a step.
        generator_loss: non_saturating or minimax.
        latent_distribution: unit_variance_uniform, uniform or normal.
        learning_rate: float. Adam's, or None for the paper's SGD.
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
    points = dataset.image_shape is None
    dropout = {"input_dropout": 0.0, "hidden_dropout": 0.0} if points else {}
    model = kerasgen.gans.GAN(
        image_shape=dataset.data_shape,
        latent_dim=latent_dim,
        generator_units=generator_units,
        discriminator_units=discriminator_units,
        num_classes=dataset.num_classes,
        generator_loss=generator_loss,
        discriminator_steps=discriminator_steps,
        latent_distribution=latent_distribution,
        seed=seed,
        **dropout,
    )
    optimizer = None
    if learning_rate is not None:
        optimizer = keras.optimizers.Adam(learning_rate, beta_1=0.5)
    model.compile(optimizer)
    run.fit(model, dataset, epochs=epochs, sample_period=max(1, epochs // 20))
    return run.finish(model, dataset)


if __name__ == "__main__":
    run_recipe(main)
