"""EBGAN with the pulling-away term on handwritten digits.

When:    the discriminator is to rate images by how well it can draw them, as an
         autoencoder.
Run:     python recipes/gans/ebgan.py
         python recipes/gans/ebgan.py --data mnist --image-size 28 --filters 64 \\
             --epochs 20
Expect:  60 epochs of 1.8 s: blurred shapes, about half of them readable digits, no two
         alike. PyTorch, a share of 2 CPU cores, seed 0 (2026-11-29).
Paper:   a score of its own over a grid of networks of MNIST; samples of faces and rooms
         of 64x64 pixels and of ImageNet of 128x128 and 256x256.
Differs: 1. The 1500 training digits of scikit-learn, scaled from 8x8 to 16x16 pixels.
         2. Convolutions in place of dense layers, 32 filters.
"""

import kerasgen
from kerasgen.runs import run_recipe

SMOKE = {"epochs": 1, "filters": 4, "image_size": 8}


def main(
    data="digits",
    image_size=16,
    epochs=60,
    batch_size=64,
    latent_dim=100,
    code_dim=32,
    filters=32,
    margin=10.0,
    repelling_weight=0.1,
    energy="norm",
    learning_rate=1e-3,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains an EBGAN.

    Args:
        data: name of the data, as in `kerasgen.data.load`.
        image_size: pixels of a side, divisible by 4.
        epochs: passes over the data.
        batch_size: images an update.
        latent_dim: size of the noise vector.
        code_dim: size of the autoencoder's code.
        filters: maps of the discriminator's first convolution.
        margin: energy beyond which generated images are let be.
        repelling_weight: of the pulling-away term.
        energy: norm or mean_squared.
        learning_rate: of both players.
        data_dir: str. Where prepared TensorFlow Datasets lie.
        seed: of the data's order and of all draws.
    """
    dataset = kerasgen.data.load(
        data,
        batch_size=batch_size,
        image_size=image_size,
        labels=False,
        data_dir=data_dir,
        seed=seed,
    )
    model = kerasgen.gans.EBGAN(
        image_shape=dataset.image_shape,
        latent_dim=latent_dim,
        code_dim=code_dim,
        filters=filters,
        margin=margin,
        repelling_weight=repelling_weight,
        energy=energy,
        seed=seed,
    )
    model.compile()
    model.optimizer.learning_rate = learning_rate
    run.fit(model, dataset, epochs=epochs, sample_period=max(1, epochs // 20))
    return run.finish(model, dataset)


if __name__ == "__main__":
    run_recipe(main)
