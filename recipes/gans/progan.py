"""ProGAN on handwritten digits, grown from 4x4 to 32x32 pixels.

When:    large images on a small machine: most of the training is at small sizes.
Run:     python recipes/gans/progan.py
         python recipes/gans/progan.py --data mnist --image-size 28 --epochs 5
Expect:  digits of 32x32 pixels with ragged edges, most of them readable, after 72
         epochs, 4 to 108 s each on a CPU core, 42 min of it in all (JAX, 2026-11-29);
         the last block has faded in by epoch 51, whose shapes are blurred.
Paper:   CIFAR-10: an Inception score of 8.80 (the best), 8.56 in the mean of 10 runs.
         CelebA-HQ at 1024x1024: a Frechet Inception distance of 7.3.
Differs: 1. The 1500 training digits of scikit-learn, scaled from 8x8 to 32x32 pixels,
            in place of photographs.
         2. 32 maps at most in place of 512, 64 latents in place of 512.
         3. Stages of 12,000 images in place of 800,000: the last size is reached after
            72,000 images, that is 48 epochs.
         4. Batches of 32 at all sizes.
         5. An average of 0.98 in place of 0.999, in proportion to the shorter stages.
"""

import kerasgen
from kerasgen.runs import run_recipe

SMOKE = {
    "epochs": 1,
    "image_size": 8,
    "max_filters": 4,
    "fade_images": 64,
    "stable_images": 64,
}


def main(
    data="digits",
    image_size=32,
    epochs=72,
    batch_size=32,
    latent_dim=64,
    max_filters=32,
    fade_images=12_000,
    stable_images=12_000,
    average_decay=0.98,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains a ProGAN.

    Args:
        data: name of the data, as in `kerasgen.data.load`.
        image_size: pixels of a side, 4 to 7 times a power of 2, at least 8.
        epochs: passes over the data.
        batch_size: images a step.
        latent_dim: size of the noise vector.
        max_filters: most maps of a convolution.
        fade_images: images over which a new block fades in.
        stable_images: images seen at each size without a fade.
        average_decay: of the moving average of the generator's weights.
        data_dir: str. Where prepared TensorFlow Datasets lie.
        seed: of the data's order and of all draws.
    """
    dataset = kerasgen.data.load(
        data,
        batch_size=batch_size,
        image_size=image_size,
        labels=False,
        data_dir=data_dir,
        seed=seed,
    )
    model = kerasgen.gans.ProGAN(
        image_shape=dataset.image_shape,
        latent_dim=latent_dim,
        max_filters=max_filters,
        fade_images=fade_images,
        stable_images=stable_images,
        seed=seed,
    )
    model.compile(average_decay=average_decay)
    run.fit(model, dataset, epochs=epochs, sample_period=6)
    return run.finish(model, dataset)


if __name__ == "__main__":
    run_recipe(main)
