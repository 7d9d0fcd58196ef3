"""BigGAN on handwritten digits.

When:    many classes, large batches and a large machine; variety traded for quality by
         truncation.
Run:     python recipes/gans/biggan.py
         python recipes/gans/biggan.py --deep
         python recipes/gans/biggan.py --data cifar10 --image-size 32 --filters 64 \\
             --discriminator-steps 4 --orthogonal-weight 0 --epochs 500
Expect:  by --epochs 20, 600 steps in 139 s of CPU: digit-like shapes, most of the
         class asked for, about half of them readable. PyTorch, a share of 2 CPU cores,
         seed 0 (2026-11-29). The 60 epochs are not yet run.
Paper:   ImageNet at 128x128: Inception Score 98.8 +- 3, FID 8.7 +- 0.6 without
         truncation; 166.3 and 9.6 with.
Differs: 1. The 1500 training digits of scikit-learn with labels, scaled from 8x8 to
            16x16 pixels.
         2. 4 filters, 16 maps everywhere, in place of 96; batches of 50 in place of
            2048; one update of the discriminator a step, as in the released code.
         3. Rates of 4e-4 and 1.6e-3 in place of 5e-5 and 2e-4, averages of weights that
            keep 0.99 a step in place of 0.9999, for a run of minutes.
"""

import kerasgen
from kerasgen.runs import run_recipe

SMOKE = {"epochs": 1, "filters": 1, "image_size": 8}


def main(
    data="digits",
    image_size=16,
    labels: bool | None = None,
    epochs=60,
    batch_size=50,
    latent_dim: int | None = None,
    filters=4,
    shared_dim=32,
    deep=False,
    attention_size: int | None = None,
    discriminator_steps=1,
    orthogonal_weight=1e-4,
    learning_rate=1.6e-3,
    average_decay=0.99,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains a BigGAN.

    Args:
        data: name of the data, as in `kerasgen.data.load`.
        image_size: pixels of a side, divisible by 4.
        labels: bool. Whether to train a conditional model; None does where the data
            have labels.
        epochs: passes over the data.
        batch_size: images an update.
        latent_dim: size of the noise vector.
        filters: what all numbers of maps are multiples of.
        shared_dim: size of the embedding of labels.
        deep: whether the networks are those of BigGAN-deep.
        attention_size: shorter side of the maps that both players attend on.
        discriminator_steps: the discriminator's updates in a step.
        orthogonal_weight: of the penalty on the generator's kernels.
        learning_rate: the discriminator's; the generator's is a quarter.
        average_decay: share of the averages of weights kept a step.
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
    model = kerasgen.gans.BigGAN(
        image_shape=dataset.image_shape,
        num_classes=dataset.num_classes,
        seed=seed,
        latent_dim=latent_dim,
        filters=filters,
        shared_dim=shared_dim,
        deep=deep,
        attention_size=attention_size,
        discriminator_steps=discriminator_steps,
        orthogonal_weight=orthogonal_weight,
    )
    model.compile(average_decay=average_decay)
    model.optimizer.learning_rate = learning_rate
    run.fit(model, dataset, epochs=epochs, sample_period=max(1, epochs // 20))
    return run.finish(model, dataset)


if __name__ == "__main__":
    run_recipe(main)
