"""SAGAN on handwritten digits.

When:    parts of an image far from each other have to agree.
Run:     python recipes/gans/sagan.py
         python recipes/gans/sagan.py --data cifar10 --image-size 32 --filters 64 \\
             --batch-size 64 --epochs 100
Expect:  by --epochs 20, 600 steps in 146 s of CPU: digit-like shapes, many of them
         readable, few of the class asked for yet. PyTorch, a share of 2 CPU cores,
         seed 0 (2026-11-29). The 60 epochs are not yet run.
Paper:   ImageNet at 128x128, labels: Inception Score 52.52, FID 18.65.
Differs: 1. The 1500 training digits of scikit-learn with labels, scaled from 8x8 to
            16x16 pixels.
         2. 8 filters in place of 64, batches of 50 in place of 256.
         3. Attention on maps of 8x8 in place of 32x32.
         4. Twice the paper's rates, for a run of minutes.
"""

import kerasgen
from kerasgen.runs import run_recipe

SMOKE = {"epochs": 1, "filters": 2, "image_size": 8}


def main(
    data="digits",
    image_size=16,
    labels: bool | None = None,
    epochs=60,
    batch_size=50,
    latent_dim=128,
    filters=8,
    attention_size: int | None = None,
    variant="code",
    learning_rate=8e-4,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains a SAGAN.

    Args:
        data: name of the data, as in `kerasgen.data.load`.
        image_size: pixels of a side, divisible by 4.
        labels: bool. Whether to train a conditional model; None does where the data
            have labels.
        epochs: passes over the data.
        batch_size: images an update.
        latent_dim: size of the noise vector.
        filters: maps of the discriminator's first block and of the generator's last.
        attention_size: shorter side of the maps that both players attend on.
        variant: code or paper.
        learning_rate: the discriminator's; the generator's is a quarter.
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
    model = kerasgen.gans.SAGAN(
        image_shape=dataset.image_shape,
        num_classes=dataset.num_classes,
        seed=seed,
        latent_dim=latent_dim,
        filters=filters,
        attention_size=attention_size,
        variant=variant,
    )
    model.compile()
    model.optimizer.learning_rate = learning_rate
    run.fit(model, dataset, epochs=epochs, sample_period=max(1, epochs // 20))
    return run.finish(model, dataset)


if __name__ == "__main__":
    run_recipe(main)
