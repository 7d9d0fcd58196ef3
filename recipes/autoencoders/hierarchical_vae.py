"""Hierarchical VAE on handwritten digits.

Run:     python recipes/autoencoders/hierarchical_vae.py
         python recipes/autoencoders/hierarchical_vae.py --data mnist --epochs 80 \
             --hidden-widths 500,500 --kl-annealing-steps 2000
Expect:  seed 0, JAX, 1 CPU core, shared (2026-11-24). The MNIST line above, 80 epochs
         of 24 s: -ELBO 90.34 nats (10,000 test images), -log p(x) at most 86.04 (1000
         importance samples, the first 1000 test images). With tanh in place of leaky
         rectifiers both levels stay unused (206 nats).
Paper:   -log p(x) of 81.74 nats on MNIST with five levels and batch normalisation
         (5000 importance samples, dynamic binarisation, too; Sønderby et al., 2016).
         Without the ladder, two levels of 100 and 50: 85.33 (Burda et al., 2016).
Differs: 1. The 1500 training digits of scikit-learn, 8x8 pixels, unless told otherwise.
         2. Two levels without batch normalisation; batches of 128 in place of 256.
         3. The rate falls by the same factor every epoch, from 1e-3 to 1e-4; the
            weight of the divergence rises over the first 1000 steps, not 200 epochs.
         4. Grey values are binarised by chance, anew in each step, and once, by the
            seed, for evaluation.
"""

import kerasgen
from kerasgen.runs import run_recipe

SMOKE = {
    "epochs": 1,
    "hidden_widths": (8,),
    "level_widths": (8,),
    "latent_dims": (4, 2),
    "num_samples": 2,
    "num_images": 8,
}


def main(
    data="digits",
    image_size: int | None = None,
    epochs=300,
    batch_size=128,
    hidden_widths=(200, 200),
    level_widths=(100, 100),
    latent_dims=(100, 50),
    activation="leaky_relu",
    inference="ladder",
    kl_annealing_steps=1000,
    labels=False,
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
    """Trains a hierarchical VAE and estimates the likelihood of test images.

    Args:
        data: name of the data, as in `kerasgen.data.load`.
        image_size: int. Pixels of a side, or None for the data's own.
        epochs: passes over the data.
        batch_size: images a step.
        hidden_widths: units of the dense layers between images and first level.
        level_widths: units of the dense layers between two levels.
        latent_dims: latents of each level, from the image up.
        activation: of the hidden layers.
        inference: "ladder" or "bottom_up".
        kl_annealing_steps: steps over which the divergence's weight rises to 1.
        labels: whether to train a conditional model, of p(x|label).
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
    options = {"image_size": image_size, "labels": labels, "data_dir": data_dir}
    options["batch_size"] = batch_size
    dataset, test = kerasgen.data.load_splits(data, validation, seed, **options)
    model = kerasgen.autoencoders.HierarchicalVAE(
        image_shape=dataset.image_shape,
        **kerasgen.data.choose_likelihood(dataset, likelihood),
        latent_dims=latent_dims,
        inference=inference,
        kl_annealing_steps=kl_annealing_steps,
        hidden_widths=hidden_widths,
        level_widths=level_widths,
        activation=activation,
        num_classes=dataset.num_classes,
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
    return run.finish(model, dataset, evaluation=figures)


if __name__ == "__main__":
    run_recipe(main)
