"""DRAGAN on handwritten digits, or on points.

When:    a penalty on slopes near the data alone, at one update of each player a step.
Run:     python recipes/gans/dragan.py
         python recipes/gans/dragan.py --data mixture --no-labels --filters 128 \\
             --variant released --learning-rate 1e-3 --generator-rate 1e-3 \\
             --batch-size 256 --epochs 20
Expect:  digits with ragged edges, most of them readable, different within a class: a
         classifier of real digits takes 96.7 +- 0.6 % of 1000 samples for what was
         asked, and a pixel varies within a class 0.74 times as much as in test images;
         the discriminator is at 0.50 for real and at 0.51 for generated digits, its
         loss above log 4 (1.43). 60 epochs of 2 to 5 s, 150 s of CPU, PyTorch, seed 0
         (2026-11-29).
Paper:   figures of samples, and a score of 100 architectures.
Differs: 1. The 1500 training digits of scikit-learn with labels, scaled from 8x8 to
            16x16 pixels.
         2. 16 filters in place of 64.
         3. Learning rates of 5e-4 and 3e-4 in place of 1e-4, for a short run.
"""

import kerasgen
from kerasgen.runs import run_recipe

SMOKE = {"epochs": 1, "filters": 4, "image_size": 8}


def main(
    data="digits",
    image_size=16,
    labels: bool | None = None,
    epochs=60,
    batch_size=64,
    architecture=None,
    latent_dim=100,
    filters=16,
    variant="paper",
    penalty_weight=10.0,
    noise_variance=0.1,
    learning_rate=5e-4,
    generator_rate=3e-4,
    validation=0,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains a DRAGAN, and tells whether its samples are of the class asked for.

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
        variant: paper, normal noise; or released, uniform noise.
        penalty_weight: of the gradient penalty.
        noise_variance: of the paper's normal noise.
        learning_rate: of the discriminator.
        generator_rate: of the generator.
        validation: training images held out, by the seed, and measured in place of the
            test images: so settings can be chosen by figures; 0 for the test images.
        data_dir: str. Where prepared TensorFlow Datasets lie.
        seed: of the data's order and of all draws.
    """
    options = {"labels": labels, "data_dir": data_dir, "batch_size": batch_size}
    options["image_size"] = None if data == "mixture" else image_size
    dataset, test = kerasgen.data.load_splits(data, validation, seed, **options)
    model = kerasgen.gans.DRAGAN(
        image_shape=dataset.data_shape,
        latent_dim=latent_dim,
        architecture=architecture,
        filters=filters,
        num_classes=dataset.num_classes,
        variant=variant,
        penalty_weight=penalty_weight,
        noise_variance=noise_variance,
        seed=seed,
    )
    optimizers = model.default_optimizers()
    optimizers["discriminator"].learning_rate = learning_rate
    optimizers["generator"].learning_rate = generator_rate
    model.compile(optimizers)
    run.fit(model, dataset, epochs=epochs, sample_period=max(1, epochs // 20))
    figures = {}
    if model.num_classes and not model.is_points:
        figures = run.class_agreement(model, dataset, test)
    return run.finish(model, dataset, figures)


if __name__ == "__main__":
    run_recipe(main)
