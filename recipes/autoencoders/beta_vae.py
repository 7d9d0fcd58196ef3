"""Beta-VAE on handwritten digits.

Run:     python recipes/autoencoders/beta_vae.py
         python recipes/autoencoders/beta_vae.py --capacity 10
Expect:  digits, seed 0, JAX, 1 shared CPU core (2026-11-27): -ELBO 23.52 nats, of which
         KL 2.87 (297 test images); samples are blurred, mostly readable digits of 8x8.
Paper:   no figure on digits; accuracy of 99.23 +- 0.1 % by the beta-VAE metric on
         dSprites with beta 4 (Higgins et al., 2017, table 1).
Differs: 1. The 1500 training digits of scikit-learn, 8x8 pixels, in place of dSprites.
         2. beta 1.5: with 4 the codes of such small images are empty (a divergence of
            1e-4 nats).
         3. Adam at 1e-3 and two layers of 500, batches of 128.
         4. Grey values are binarised by chance, anew in each step, and once, by the
            seed, for evaluation.
"""

import kerasgen
from kerasgen.runs import run_recipe
from kerasgen.runs.figures import mean_figures

SMOKE = {"epochs": 1, "hidden_widths": (8,)}


def main(
    data="digits",
    image_size: int | None = None,
    epochs=300,
    batch_size=128,
    architecture="dense",
    hidden_widths=(500, 500),
    latent_dim=10,
    beta=1.5,
    capacity=None,
    capacity_steps=2000,
    gamma=100.0,
    learning_rate=1e-3,
    likelihood: str | None = None,
    validation=0,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains a beta-VAE and bounds the likelihood of test images.

    Args:
        data: name of the data, as in `kerasgen.data.load`.
        image_size: int. Pixels of a side, or None for the data's own.
        epochs: passes over the data.
        batch_size: images a step.
        architecture: "dense" or "conv".
        hidden_widths: units of the dense layers, or maps of the convolutions.
        latent_dim: size of the code.
        beta: weight of the divergence.
        capacity: float. Nats to which the divergence is led instead.
        capacity_steps: steps until the capacity is whole.
        gamma: weight of the distance from the capacity.
        learning_rate: of Adam.
        likelihood: str. Of the pixels; None takes "bernoulli", of pixels made binary
            by chance, for digits and other black and white images, and
            "discretized_logistic" for all else.
        validation: training images held out, by the seed, and measured in place of the
            test images: so settings can be chosen by figures; 0 for the test images.
        data_dir: str. Where prepared TensorFlow Datasets lie.
        seed: of the data's order and of all draws.
    """
    options = {"image_size": image_size, "data_dir": data_dir}
    options["batch_size"] = batch_size
    dataset, test = kerasgen.data.load_splits(data, validation, seed, **options)
    model = kerasgen.autoencoders.BetaVAE(
        image_shape=dataset.image_shape,
        **kerasgen.data.choose_likelihood(dataset, likelihood),
        latent_dim=latent_dim,
        beta=beta,
        capacity=capacity,
        capacity_steps=capacity_steps,
        gamma=gamma,
        architecture=architecture,
        hidden_widths=hidden_widths,
        seed=seed,
    )
    model.compile()
    model.optimizer.learning_rate = learning_rate
    run.fit(model, dataset, epochs=epochs, sample_period=max(1, epochs // 20))
    figures = run.scalars(model, test)
    # Of the likelihood: beta has no part in it.
    elbo = model.elbo(test.arrays()[0])
    figures |= mean_figures(f"{test.split}_negative_elbo", -elbo)
    return run.finish(model, dataset, evaluation=figures)


if __name__ == "__main__":
    run_recipe(main)
