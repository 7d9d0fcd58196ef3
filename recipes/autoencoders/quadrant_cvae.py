"""QuadrantCVAE on handwritten digits, of which a quadrant is given.

Run:     python recipes/autoencoders/quadrant_cvae.py
         python recipes/autoencoders/quadrant_cvae.py --data mnist --epochs 60
Expect:  digits, 1 quadrant given, seed 0, JAX, 1 shared CPU core (2026-11-28): -log
         p(x|c) of the other 3 at most 15.81 +- 0.21 nats (1000 importance samples, all
         297 test images), -ELBO 16.61 +- 0.26 nats; completions go on from the given
         strokes, and most are readable digits.
Paper:   -log p(x|c) of 68.62 nats on MNIST, one quadrant given (Monte Carlo; Sohn et
         al., 2015, table 1).
Differs: 1. The 1500 training digits of scikit-learn, 8x8 pixels, unless told otherwise.
         2. Adam from 1e-3 down to 1e-4; the divergence's weight rises over the first
            1000 steps.
         3. Without the deterministic guess and the hybrid objective.
         4. Grey values are binarised by chance, anew in each step, and once, by the
            seed, for evaluation; given quadrants stay grey.
"""

import kerasgen
from kerasgen.runs import run_recipe

SMOKE = {
    "epochs": 1,
    "hidden_widths": (8,),
    "prior_widths": (8,),
    "num_samples": 2,
    "num_images": 8,
}


def main(
    data="digits",
    image_size: int | None = None,
    epochs=300,
    batch_size=128,
    hidden_widths=(500, 500),
    latent_dim=50,
    prior_widths=(500,),
    quadrants=1,
    kl_annealing_steps=1000,
    learning_rate=1e-3,
    final_learning_rate=1e-4,
    num_samples=1000,
    num_images=None,
    likelihood: str | None = None,
    validation=0,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains a conditional VAE, measures its likelihood and completes images.

    Args:
        data: name of the data, as in `kerasgen.data.load`.
        image_size: int. Pixels of a side, or None for the data's own.
        epochs: passes over the data.
        batch_size: images a step.
        hidden_widths: units of the dense layers.
        latent_dim: size of the code.
        prior_widths: units of the prior's dense layers.
        quadrants: how many are given, from the lower left one on: 1, 2 or 3.
        kl_annealing_steps: steps over which the divergence's weight rises to 1.
        learning_rate: at the start.
        final_learning_rate: at the end; it falls by the same factor every epoch.
        num_samples: importance samples an image, for the likelihood of test images.
        num_images: int. Test images of that estimate, or None for all.
        likelihood: str. Of the pixels; None takes "bernoulli", of pixels made binary
            by chance, for digits and other black and white images, and
            "discretized_logistic" for all else.
        validation: training images held out, by the seed, and measured in place of the
            test images: so settings can be chosen by figures; 0 for the test images.
        data_dir: str. Where prepared TensorFlow Datasets lie.
        seed: of the data's order and of all draws.
    """
    options = {"image_size": image_size, "labels": False, "data_dir": data_dir}
    options["batch_size"] = batch_size
    dataset, test = kerasgen.data.load_splits(data, validation, seed, **options)
    model = kerasgen.autoencoders.QuadrantCVAE(
        image_shape=dataset.image_shape,
        **kerasgen.data.choose_likelihood(dataset, likelihood),
        latent_dim=latent_dim,
        quadrants=quadrants,
        prior_widths=prior_widths,
        kl_annealing_steps=kl_annealing_steps,
        hidden_widths=hidden_widths,
        seed=seed,
    )
    model.compile()
    decay = kerasgen.callbacks.LearningRateScheduler(
        kerasgen.callbacks.exponential_decay(learning_rate, final_learning_rate, epochs)
    )
    run.fit(
        model,
        dataset,
        callbacks=[decay],
        epochs=epochs,
        sample_period=max(1, epochs // 20),
    )
    figures = run.bounds(model, test, num_samples, num_images)
    run.save_completions(model, test, seed=seed)
    return run.finish(model, dataset, evaluation=figures)


if __name__ == "__main__":
    run_recipe(main)
