"""AM-GAN on handwritten digits.

When:    as ACGAN, where an image may belong to no class at all.
Run:     python recipes/gans/am_gan.py
         python recipes/gans/am_gan.py --labeling given
         python recipes/gans/am_gan.py --data cifar10 --image-size 32 --filters 64 \\
             --batch-size 100 --epochs 200
Expect:  digits, more than half of them readable, different from each other; the
         discriminator puts 1.3 +- 0.7 % of the 297 test digits in a wrong class. 40
         epochs of 2 to 8 s, 133 s of CPU, PyTorch, seed 0 (2026-11-29).
Paper:   CIFAR-10: Inception Score 8.91.
Differs: 1. The 1500 training digits of scikit-learn, scaled from 8x8 to 16x16 pixels.
         2. 16 filters, and batches of 50, for a run of few steps.
"""

import kerasgen
from kerasgen.runs import run_recipe
from kerasgen.runs.figures import mean_figures

SMOKE = {"epochs": 1, "filters": 4, "image_size": 8}


def main(
    data="digits",
    image_size=16,
    epochs=40,
    batch_size=50,
    latent_dim=100,
    labeling="dynamic",
    architecture="dcgan",
    filters=16,
    instance_noise=0.1,
    learning_rate=4e-4,
    validation=0,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains an AM-GAN.

    Args:
        data: name of data with labels, as in `kerasgen.data.load`.
        image_size: pixels of a side, divisible by 4.
        epochs: passes over the data.
        batch_size: images a step.
        latent_dim: size of the noise vector.
        labeling: "dynamic" or "given".
        architecture: "dcgan", "cnn", "resnet" or "mlp".
        filters: maps of the discriminator's first convolution.
        instance_noise: deviation of the noise on what the discriminator sees.
        learning_rate: of both players.
        validation: training images held out, by the seed, and measured in place of the
            test images: so settings can be chosen by figures; 0 for the test images.
        data_dir: str. Where prepared TensorFlow Datasets lie.
        seed: of the data's order and of all draws.
    """
    options = {"image_size": image_size, "labels": True, "data_dir": data_dir}
    options["batch_size"] = batch_size
    dataset, test = kerasgen.data.load_splits(data, validation, seed, **options)
    model = kerasgen.gans.AMGAN(
        image_shape=dataset.data_shape,
        known_classes=dataset.num_classes,
        latent_dim=latent_dim,
        labeling=labeling,
        architecture=architecture,
        filters=filters,
        instance_noise=instance_noise,
        seed=seed,
    )
    model.compile()
    model.optimizer.learning_rate = learning_rate
    run.fit(model, dataset, epochs=epochs, sample_period=max(1, epochs // 10))
    figures = {}
    if labeling == "given":
        figures = run.class_agreement(model, dataset, test)
    x, labels = test.spread(10_000)
    errors = model.classify(x).argmax(axis=1) != labels
    figures |= mean_figures(f"{test.split}_error", errors)
    return run.finish(model, dataset, evaluation=figures)


if __name__ == "__main__":
    run_recipe(main)
