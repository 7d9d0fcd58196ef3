"""boundary-seeking GAN on handwritten digits, or on points.

When:    the data are discrete, black and white pixels say, through which no gradient
         passes.
Run:     python recipes/gans/bgan.py
         python recipes/gans/bgan.py --data mixture --no-labels --filters 128 \\
             --learning-rate 1e-3 --batch-size 256 --epochs 20
Expect:  40 epochs of 1.7 s: readable digits of the class asked for, those of a class
         much alike. PyTorch, a share of 2 CPU cores, seed 0 (2026-11-29).
Paper:   figures of samples of binary MNIST, quantised CelebA and text.
Differs: 1. The 1500 training digits of scikit-learn with labels, scaled from 8x8 to
            16x16 pixels.
         2. 32 filters in place of 64.
         3. Learning rate 2e-4 in place of 1e-4, for a short run.
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
    latent_dim=64,
    filters=32,
    content="continuous",
    variant="paper",
    num_draws=20,
    learning_rate=2e-4,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains a boundary-seeking GAN.

    Args:
        data: name of the data, as in `kerasgen.data.load`.
        image_size: pixels of a side, divisible by 4 but for "mlp"; points have none.
        labels: bool. Whether to train a conditional model; None does where the data
            have labels.
        epochs: passes over the data.
        batch_size: examples an update.
        architecture: str. dcgan, cnn, resnet or mlp; None takes mlp for points, else
            dcgan.
        latent_dim: size of the noise vector.
        filters: width of the networks.
        content: continuous, or binary: pixels above a half are ones.
        variant: paper, or released, whose square is whole.
        num_draws: binary images of each `z`.
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
    model = kerasgen.gans.BGAN(
        image_shape=dataset.data_shape,
        latent_dim=latent_dim,
        architecture=architecture,
        filters=filters,
        num_classes=dataset.num_classes,
        data=content,
        variant=variant,
        num_draws=num_draws,
        seed=seed,
    )
    model.compile()
    model.optimizer.learning_rate = learning_rate
    run.fit(model, dataset, epochs=epochs, sample_period=max(1, epochs // 20))
    return run.finish(model, dataset)


if __name__ == "__main__":
    run_recipe(main)
