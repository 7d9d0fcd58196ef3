"""ALI on handwritten digits, or on points.

When:    as BiGAN, with an encoder that draws codes in place of naming one.
Run:     python recipes/gans/ali.py
         python recipes/gans/ali.py --data cifar10 --image-size 32 --filters 32 \\
             --latent-dim 64 --batch-size 100 --initial-deviation 0.01 \\
             --learning-rate 1e-4 --epochs 6475
         python recipes/gans/ali.py --data mixture --latent-dim 2 --units 200 \\
             --learning-rate 1e-3 --batch-size 100 --epochs 20
         kerasgen explore features runs/gans-ali --part encoder
Expect:  bright digits, about half of them readable, different from each other. The
         discriminator is sure of all pairs at first (0.97 and 0.02 at epoch 8, where
         samples are noise in the middle), then less: 0.65 and 0.35 at the end, the
         generator's loss 2.7 after 19.6. 60 epochs of 3 to 9 s, 4 min of a CPU core,
         PyTorch, seed 0 (2026-11-29). With --initial-deviation 0.01, the paper's, it is
         slow: grey blots with a dark border after 12 epochs (2026-11-28).
Paper:   with 1000 labels of SVHN, an error of 19.14 +- 0.50 % by a linear machine on
         the encoder's features.
Differs: 1. The 1500 training digits of scikit-learn, scaled from 8x8 to 16x16 pixels.
         2. 8 filters and 16 latents in place of 32 and 64; a rate of 5e-4 in place of
            1e-4, for few updates.
"""

import kerasgen
from kerasgen.runs import run_recipe

SMOKE = {"epochs": 1, "filters": 2, "image_size": 8, "units": 10}


def main(
    data="digits",
    image_size=16,
    epochs=60,
    batch_size=64,
    latent_dim=16,
    filters=8,
    units=1000,
    input_dropout=0.2,
    hidden_dropout=0.5,
    initial_deviation: float | None = None,
    learning_rate=5e-4,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains ALI.

    Args:
        data: name of the data, as in `kerasgen.data.load`.
        image_size: pixels of a side, divisible by 4; points have none.
        epochs: passes over the data.
        batch_size: examples a step.
        latent_dim: size of the code.
        filters: maps of the first convolution.
        units: of the dense layers, for points.
        input_dropout: on what the discriminator sees.
        hidden_dropout: on its hidden layers.
        initial_deviation: float. Of all kernels, 0.01 in the paper; None for what
            keeps signals as large as they are.
        learning_rate: of all players.
        data_dir: str. Where prepared TensorFlow Datasets lie.
        seed: of the data's order and of all draws.
    """
    dataset = kerasgen.data.load(
        data,
        batch_size=batch_size,
        image_size=None if data == "mixture" else image_size,
        labels=False,
        data_dir=data_dir,
        seed=seed,
    )
    model = kerasgen.gans.ALI(
        image_shape=dataset.data_shape,
        latent_dim=latent_dim,
        filters=filters,
        units=units,
        input_dropout=input_dropout,
        hidden_dropout=hidden_dropout,
        initial_deviation=initial_deviation,
        seed=seed,
    )
    model.compile()
    model.optimizer.learning_rate = learning_rate
    run.fit(model, dataset, epochs=epochs, sample_period=max(1, epochs // 10))
    return run.finish(model, dataset)


if __name__ == "__main__":
    run_recipe(main)
