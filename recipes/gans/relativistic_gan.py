"""relativistic GAN on handwritten digits, or on points.

When:    the loss of any other model is the question: it is one argument, and costs
         nothing.
Run:     python recipes/gans/relativistic_gan.py
         python recipes/gans/relativistic_gan.py --data mixture --no-labels \\
             --filters 128 --learning-rate 1e-3 \\
             --batch-size 256 --epochs 20
Expect:  40 epochs of 4.8 s: readable digits of the class asked for, those of a class
         much alike. PyTorch, a share of 2 CPU cores, seed 0 (2026-11-29).
Paper:   FID on CIFAR-10, and on cats of 64 to 256 pixels.
Differs: 1. The 1500 training digits of scikit-learn with labels, scaled from 8x8 to
            16x16 pixels.
         2. 32 filters in place of 64.
"""

import kerasgen
from kerasgen.runs import run_recipe

SMOKE = {"epochs": 1, "filters": 4, "image_size": 8}


def main(
    data="digits",
    image_size=16,
    labels: bool | None = None,
    epochs=40,
    batch_size=64,
    architecture=None,
    latent_dim=128,
    filters=32,
    form="logistic",
    average=True,
    variant="paper",
    discriminator_steps=1,
    learning_rate=2e-4,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains a relativistic GAN.

    Args:
        data: name of the data, as in `kerasgen.data.load`.
        image_size: pixels of a side, divisible by 4 but for "mlp"; points have none.
        labels: bool. Whether to train a conditional model; None does where the data
            have labels.
        epochs: passes over the data.
        batch_size: examples an update.
        architecture: str. dcgan, cnn, resnet or mlp; None takes mlp for points, else
            cnn.
        latent_dim: size of the noise vector.
        filters: width of the networks.
        form: logistic, least_squares or hinge.
        average: bool. Whether each is compared with the mean of the others, or paired.
        variant: paper, or released, whose average losses are half as large.
        discriminator_steps: the discriminator's updates in a step.
        learning_rate: of both players.
        data_dir: str. Where prepared TensorFlow Datasets lie.
        seed: of the data's order and of all draws.
    """
    dataset = kerasgen.data.load(
        data,
        batch_size=batch_size,
        image_size=None if data == "mixture" else image_size,
        labels=labels,
        data_dir=data_dir,
        seed=seed,
    )
    model = kerasgen.gans.RelativisticGAN(
        image_shape=dataset.data_shape,
        latent_dim=latent_dim,
        architecture=architecture,
        filters=filters,
        num_classes=dataset.num_classes,
        form=form,
        average=average,
        variant=variant,
        discriminator_steps=discriminator_steps,
        seed=seed,
    )
    model.compile()
    model.optimizer.learning_rate = learning_rate
    run.fit(model, dataset, epochs=epochs, sample_period=max(1, epochs // 20))
    return run.finish(model, dataset)


if __name__ == "__main__":
    run_recipe(main)
