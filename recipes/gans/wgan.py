"""WGAN on handwritten digits, or on points.

When:    a loss that falls while samples become better is wanted, and points or small
         images will do. WGANGP is its better form.
Run:     python recipes/gans/wgan.py
         python recipes/gans/wgan.py --data lsun/bedroom --image-size 64 --filters 64 \\
             --variant released --learning-rate 5e-5 --epochs 25
         python recipes/gans/wgan.py --data mixture --no-labels --architecture mlp \\
             --filters 128 --clip 0.1 --learning-rate 1e-3 --batch-size 256 --epochs 20
Expect:  60 epochs of 1 s: mostly readable digits of the class asked for; `critic_gap`
         at 0.008, whose scale is that of the clipped weights. PyTorch, a share of 2
         CPU cores, seed 0 (2026-11-29).
Paper:   figures of samples alone.
Differs: 1. The 1500 training digits of scikit-learn with labels, scaled from 8x8 to
            16x16 pixels.
         2. 32 filters in place of 64.
         3. Learning rate 5e-4 in place of 5e-5, for a short run.
"""

import kerasgen
from kerasgen.runs import run_recipe

SMOKE = {"epochs": 1, "filters": 4, "image_size": 8}


def main(
    data="digits",
    image_size=16,
    labels: bool | None = None,
    epochs=60,
    batch_size=50,
    architecture=None,
    latent_dim=100,
    filters=32,
    critic_steps=5,
    clip=0.01,
    variant="paper",
    learning_rate=5e-4,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains a WGAN.

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
        critic_steps: the critic's updates in a step.
        clip: bound of the critic's weights.
        variant: paper, or released, which clips before the critic's updates and lets
            the generator wait for 100 of them at first.
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
    model = kerasgen.gans.WGAN(
        image_shape=dataset.data_shape,
        latent_dim=latent_dim,
        architecture=architecture,
        filters=filters,
        num_classes=dataset.num_classes,
        critic_steps=critic_steps,
        clip=clip,
        variant=variant,
        seed=seed,
    )
    model.compile()
    model.optimizer.learning_rate = learning_rate
    run.fit(model, dataset, epochs=epochs, sample_period=max(1, epochs // 20))
    return run.finish(model, dataset)


if __name__ == "__main__":
    run_recipe(main)
