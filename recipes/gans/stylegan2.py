"""StyleGAN2 on handwritten digits.

When:    the best pictures of one kind of thing, styles that can be mixed, or few
         pictures (adaptive augmentation).
Run:     python recipes/gans/stylegan2.py
         python recipes/gans/stylegan2.py --data folder:PHOTOS --image-size 64 \
             --max-filters 256 --augmentation adaptive
Expect:  digits, most of them readable, with soft edges, different from each other,
         after 40 epochs of 14 to 57 s, 1,840 updates, on a share of 2 CPU cores,
         PyTorch, seed 0 (2026-11-29).
Paper:   a Frechet Inception distance of 2.84 on FFHQ at 1024x1024 (configuration F, 25
         million images); of 2.42 on CIFAR-10 with labels, by adaptive augmentation.
Differs: 1. The 1500 training digits of scikit-learn, scaled from 8x8 to 16x16 pixels,
            in place of photographs.
         2. 32 maps at most in place of 512, 32 latents in place of 512, 4 layers of the
            mapping network in place of 8.
         3. Some 1,900 updates in place of 780 thousand; R1 has a weight of 1 in place
            of 10, which was that of 1024x1024 pixels, and the average of the
            generator's weights a half-life of 3,200 images in place of 10 thousand.
"""

import kerasgen
from kerasgen.runs import run_recipe

SMOKE = {
    "epochs": 1,
    "image_size": 8,
    "max_filters": 4,
    "latent_dim": 4,
    "mapping_depth": 1,
}


def main(
    data="digits",
    image_size=16,
    labels=False,
    epochs=40,
    batch_size=32,
    latent_dim=32,
    max_filters=32,
    mapping_depth=4,
    r1_weight=1.0,
    path_length_weight=2.0,
    augmentation: str | None = None,
    half_life=3200,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains a StyleGAN2.

    Args:
        data: name of the data, as in `kerasgen.data.load`.
        image_size: pixels of a side, 4 to 7 times a power of 2, at least 8.
        labels: whether to train a conditional model.
        epochs: passes over the data.
        batch_size: images a step.
        latent_dim: size of the noise vector and of styles.
        max_filters: most maps of a convolution.
        mapping_depth: layers from latents to styles.
        r1_weight: of the discriminator's penalty.
        path_length_weight: of the generator's penalty.
        augmentation: str. "adaptive", or a policy such as "color,translation,cutout";
            None for none.
        half_life: images after which weights count half in their average.
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
    model = kerasgen.gans.StyleGAN2(
        image_shape=dataset.image_shape,
        latent_dim=latent_dim,
        max_filters=max_filters,
        mapping_depth=mapping_depth,
        num_classes=dataset.num_classes,
        r1_weight=r1_weight,
        path_length_weight=path_length_weight,
        augmentation=augmentation,
        seed=seed,
    )
    model.compile(average_decay=0.5 ** (batch_size / half_life))
    run.fit(model, dataset, epochs=epochs, sample_period=5)
    return run.finish(model, dataset)


if __name__ == "__main__":
    run_recipe(main)
