"""VQ-VAE-2 on handwritten digits: an autoencoder of two grids, and then their priors.

Run:     python recipes/autoencoders/vqvae2.py
         python recipes/autoencoders/vqvae2.py --data folder:cifar --image-size 32 \
             --downsamplings 2 --num-codes 512 --filters 128 --epochs 25
Expect:  digits, seed 0, JAX, 1 shared CPU core (2026-11-27): reconstruction error 0.025
         of the variance, perplexity 39.9 (top) and 51.9 (bottom) of 64; codes of an
         image 75.39 nats by the priors, 83.18 if all were equally likely;
         `prior_samples.png` shows mostly readable digits of 8x8.
Paper:   256x256 ImageNet: a squared error of .0050 of validation images, 3.41 nats a
         top code and 3.45 nats a bottom code, out of 6.24. No figure on small images.
Differs: 1. The 1500 training digits of scikit-learn, 8x8 pixels, unless told otherwise:
            2x2 and 4x4 codes of 64, by 64 maps. (256x256 images in the paper: 32x32
            and 64x64 codes of 512, 128 maps.)
         2. The squared error is divided by the data's variance.
         3. Small Gated PixelCNNs in place of PixelSNAILs; unused codes are restarted.
         4. Adam at 1e-3.
"""

import numpy as np

import kerasgen
from kerasgen.runs import run_recipe
from kerasgen.runs.figures import mean_figures

SMOKE = {"epochs": 1, "filters": 4, "code_dim": 4, "num_codes": 8, "prior_epochs": 1}
SMOKE |= {"prior_filters": 4, "prior_blocks": 1, "num_images": 8}


def main(
    data="digits",
    image_size=None,
    epochs=100,
    batch_size=128,
    num_codes=64,
    code_dim=32,
    downsamplings=1,
    filters=64,
    learning_rate=1e-3,
    prior_epochs=100,
    prior_filters=32,
    prior_blocks=4,
    labels=False,
    num_images=10_000,
    validation=0,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains a VQ-VAE-2 and its priors, and measures the reconstruction of test images.

    Args:
        data: name of the data, as in `kerasgen.data.load`.
        image_size: int. Pixels of a side, or None for the data's own.
        epochs: passes over the data, of the autoencoder.
        batch_size: images a step.
        num_codes: vectors of each codebook.
        code_dim: their size.
        downsamplings: convolutions of stride 2 before the bottom grid.
        filters: maps of encoder and decoder.
        learning_rate: of the autoencoder.
        prior_epochs: passes over the codes, of the priors.
        prior_filters: maps of the priors.
        prior_blocks: their gated layers after the first.
        labels: whether to make the priors conditional on labels.
        num_images: test images of the figures, at most.
        validation: training images held out, by the seed, and measured in place of the
            test images: so settings can be chosen by figures; 0 for the test images.
        data_dir: str. Where prepared TensorFlow Datasets lie.
        seed: of the data's order and of all draws.
    """
    options = {"image_size": image_size, "labels": labels, "data_dir": data_dir}
    options["batch_size"] = batch_size
    dataset, test = kerasgen.data.load_splits(data, validation, seed, **options)
    variance = float(np.var(dataset.spread(10_000)[0] / 255.0))
    model = kerasgen.autoencoders.VQVAE2(
        image_shape=dataset.image_shape,
        num_codes=num_codes,
        code_dim=code_dim,
        downsamplings=downsamplings,
        filters=filters,
        data_variance=variance,
        prior_filters=prior_filters,
        prior_blocks=prior_blocks,
        num_classes=dataset.num_classes,
        seed=seed,
    )
    model.compile()
    model.optimizer.learning_rate = learning_rate
    period = max(1, epochs // 10)
    run.fit(model, dataset, epochs=epochs, sample_period=period)
    run.fit_parts(model, dataset, epochs=prior_epochs)

    x, y = test.spread(num_images)
    scalars = model.evaluate(x, y, return_dict=True, verbose=0)
    figures = {f"{test.split}_{name}": value for name, value in scalars.items()}
    squared_error = scalars["reconstruction"] * variance
    figures[f"{test.split}_squared_error"] = squared_error
    nats = -model.code_log_prob(x, y)
    figures |= mean_figures(f"{test.split}_code_nats", nats)
    codes = sum(grid.size for grid in model.encode(x[:1]))
    figures["uniform_code_nats"] = codes * np.log(num_codes)
    kerasgen.images.save_png(
        run.folder / "prior_samples.png",
        kerasgen.images.labeled_grid(
            model.sample(64, seed=seed), title="Samples by the fitted prior"
        ),
    )
    return run.finish(model, dataset, evaluation=figures)


if __name__ == "__main__":
    run_recipe(main)
