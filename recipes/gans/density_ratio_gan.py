"""b-GAN on handwritten digits, or on points.

When:    the ratio of the densities is needed afterwards, not the samples alone.
Run:     python recipes/gans/density_ratio_gan.py
         python recipes/gans/density_ratio_gan.py --data mixture --no-labels \\
             --filters 128 --learning-rate 1e-3 \\
             --batch-size 256 --epochs 20
Expect:  digits of the class asked for, readable in most classes (0, 4, 5, 6 best; 1, 2
         and 8 are blurred), rather alike within a class; the estimate of the divergence
         is 1.25 at the end. 40 epochs, 2 min of CPU, PyTorch, seed 0 (2026-11-29). With
         --divergence pearson one grey grid, the estimate at 413 and growing; with
         --relative 0.1 besides, digits as different from each other as real ones, fewer
         of them readable.
Paper:   figures of samples.
Differs: 1. The 1500 training digits of scikit-learn with labels, scaled from 8x8 to
            16x16 pixels.
         2. 32 filters in place of 64.
         3. The reverse Kullback-Leibler divergence, whose `f(r) = -log r` has a slope
            where the discriminator is sure of samples. Pearson's has none there: all
            samples become one grey pattern, unless the ratio is a relative one.
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
    latent_dim=100,
    filters=32,
    divergence="reverse_kl",
    relative=0.0,
    activation="softplus",
    learning_rate=2e-4,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains a b-GAN.

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
        divergence: pearson, kl, reverse_kl, neyman, squared_hellinger, jeffrey,
            jensen_shannon or gan.
        relative: share of real examples in the denominator of the ratio.
        activation: softplus or exp, of which the ratio is above 0.
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
    model = kerasgen.gans.DensityRatioGAN(
        image_shape=dataset.data_shape,
        latent_dim=latent_dim,
        architecture=architecture,
        filters=filters,
        num_classes=dataset.num_classes,
        divergence=divergence,
        relative=relative,
        activation=activation,
        seed=seed,
    )
    model.compile()
    model.optimizer.learning_rate = learning_rate
    run.fit(model, dataset, epochs=epochs, sample_period=max(1, epochs // 20))
    return run.finish(model, dataset)


if __name__ == "__main__":
    run_recipe(main)
