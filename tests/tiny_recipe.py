"""GAN on noise, as small as a recipe can be.

Run:     python tests/tiny_recipe.py
"""

import numpy as np

import kerasgen
from kerasgen.runs.recipe import run

SMOKE = {"epochs": 1, "num_examples": 12}
CALLBACKS = []  # what a test wants to be called


def main(
    data="noise",
    epochs=2,
    batch_size=4,
    learning_rate=2e-4,
    num_examples=16,
    image_size: int | None = None,
    levels=None,
    widths=(3, 2),
    flip=False,
    seed=0,
    run=None,
):
    """Trains.

    Args:
        data: str. Name of
            the data set.
        epochs: int. Passes over the data, 100% of it. Defaults to `2`.
        batch_size: int. Images.
        learning_rate: float. Of Adam.
        num_examples: int. Images in all.
        image_size: Pixels.
        levels: int or None. Grey values.
        widths: tuple of ints. Units.
        flip: bool. Whether to mirror.
        seed: int. Seed.
    """
    if data == "bad":
        raise ValueError(f"`data` must be 'noise'. Received: data={data!r}")
    images = np.random.default_rng(0).random((num_examples, 4, 4, 1)).astype("float32")
    dataset = kerasgen.data.Dataset(images, batch_size=batch_size, seed=seed)
    model = kerasgen.gans.GAN(
        image_shape=dataset.image_shape,
        latent_dim=2,
        generator_units=widths[0],
        discriminator_units=widths[1],
        seed=seed,
    )
    model.compile()
    run.fit(model, dataset, callbacks=CALLBACKS, epochs=epochs)
    evaluation = model.evaluate(dataset, return_dict=True, verbose=0)
    return run.finish(model, dataset, evaluation)


if __name__ == "__main__":
    run(main)
