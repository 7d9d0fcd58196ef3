"""Unrolled GAN on points of a ring, or on images.

When:    modes are lost, and a step may cost several times as much.
Run:     python recipes/gans/unrolled_gan.py
         python recipes/gans/unrolled_gan.py --data digits --image-size 16 \\
             --filters 32 --latent-dim 100 --batch-size 64 --epochs 60
Expect:  no run of this recipe has been measured yet.
Paper:   on a ring of radius 2 and deviation 0.02 all 8 modes with 10 steps ahead, one
         after the other without; stacked MNIST by a quarter of the discriminator: 30.6
         modes with 0 steps and 327.2 with 10.
Differs: 1. The ring of radius 1 and deviation 0.01, as in the released notebook, which
            has 7 different modes of 8.
         2. An epoch is 50000 points.
"""

import kerasgen
from kerasgen.runs import run_recipe

SMOKE = {"epochs": 1, "filters": 4, "latent_dim": 8, "unrolling": 1}


def main(
    data="mixture",
    image_size=16,
    labels=False,
    epochs=40,
    batch_size: int | None = None,
    latent_dim=256,
    unrolling=5,
    variant="released",
    filters=128,
    learning_rate=1e-4,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains an Unrolled GAN.

    Args:
        data: name of the data, as in `kerasgen.data.load`.
        image_size: pixels of a side, divisible by 4; points have none.
        labels: whether to train a conditional model.
        epochs: passes over the data.
        batch_size: int. Examples an update; None takes 512 points or 64 images.
        latent_dim: size of the noise vector.
        unrolling: the discriminator's steps that the generator looks ahead.
        variant: paper or released.
        filters: maps of the discriminator's first convolution, or units for points.
        learning_rate: of the discriminator. The generator's is 10 times as high in the
            released variant, else the same.
        data_dir: str. Where prepared TensorFlow Datasets lie.
        seed: of the data's order and of all draws.
    """
    dataset = kerasgen.data.load(
        data,
        batch_size=batch_size or (512 if data == "mixture" else 64),
        image_size=None if data == "mixture" else image_size,
        labels=labels,
        data_dir=data_dir,
        seed=seed,
    )
    model = kerasgen.gans.UnrolledGAN(
        image_shape=dataset.data_shape,
        latent_dim=latent_dim,
        unrolling=unrolling,
        variant=variant,
        filters=filters,
        num_classes=dataset.num_classes,
        seed=seed,
    )
    model.compile()
    model.optimizer.learning_rate = learning_rate
    run.fit(model, dataset, epochs=epochs, sample_period=max(1, epochs // 20))
    return run.finish(model, dataset)


if __name__ == "__main__":
    run_recipe(main)
