"""Pix2Pix from outlined shapes to filled ones, or on any pairs of pictures.

When:    pictures are to become others, and pairs are at hand.
Run:     python recipes/gans/pix2pix.py
         python recipes/gans/pix2pix.py --data folder:facades --direction b_to_a
         kerasgen apply runs/gans-pix2pix FOLDER
Expect:  shapes are filled where they stand, in their colours but grained, after 10
         epochs of 450 steps with --validation 200: absolute error of 0.0130 +- 0.0001
         of 1,000 test pairs, values in [0, 1], 0.067 +- 0.001 where there is to be
         filled (the input itself: 0.0143 and 0.39; --adversarial-weight 0: 0.0164 and
         0.069 +- 0.001, as grained); 59 to 207 s an epoch, a share of 2 CPU cores, JAX
         (2026-11-28).
Paper:   Cityscapes, labels to photos: per-pixel accuracy 0.66 of an FCN-8s (L1 alone
         0.42, without the input in the discriminator 0.64, real photos 0.80).
Differs: 1. Drawn shapes of 32x32 in place of photos of 256x256: a U-Net of 5 levels, 16
            filters and patches of 34x34 in place of 8, 64 and 70x70.
         2. Batches of 4, and averages of training in inference, in place of batches of
            one and their statistics, which wipe out what a flat drawing has: its
            background (error of 0.0209 after 8 epochs).
         3. Pictures are not enlarged and cropped at random, nor mirrored, unless
            --augment.
"""

import kerasgen
from kerasgen.runs import run_recipe

SMOKE = {"epochs": 1, "filters": 2, "depth": 1, "num_examples": 16, "validation": 4}


def main(
    data="outlines",
    target: str | None = None,
    direction="a_to_b",
    image_size: int | None = None,
    num_examples: int | None = None,
    validation=0,
    epochs=10,
    batch_size=4,
    filters=16,
    depth=2,
    normalization: str | None = "batch",
    statistics="moving",
    dropout=0.5,
    l1_weight=100.0,
    adversarial_weight=1.0,
    conditional_discriminator=True,
    learning_rate=2e-4,
    augment=False,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains a Pix2Pix.

    Args:
        data: name of the pairs, as in `kerasgen.data.load_pairs`: a folder of pictures
            side by side, or with the folders A and B; or of the first pictures.
        target: name of the data of the second pictures.
        direction: "a_to_b", or "b_to_a" for inputs that are the second pictures.
        image_size: pixels of a side; None for the data's own.
        num_examples: pairs; None for all.
        validation: pairs held out and measured in place of those for tests.
        epochs: passes over the data.
        batch_size: pairs in a step.
        filters: maps of the first convolution of both networks.
        depth: strided convolutions of the discriminator; 3 judges patches of 70x70.
        normalization: of both networks, "batch", "instance" or None.
        statistics: at inference, "image" or "moving".
        dropout: share of the decoder's deepest maps that is dropped.
        l1_weight: weight of the absolute difference.
        adversarial_weight: weight of the discriminator's opinion; 0 for L1 alone.
        conditional_discriminator: whether the discriminator sees the input.
        learning_rate: of both players.
        augment: whether pictures are enlarged by 286/256, cut at random and mirrored,
            as in the paper.
        data_dir: str. Where prepared TensorFlow Datasets lie.
        seed: of the data's order and of all draws.
    """
    options = {"num_examples": num_examples} if num_examples else {}
    options |= {
        "loader": kerasgen.data.load_pairs,
        "target": target,
        "direction": direction,
        "batch_size": batch_size,
        "image_size": image_size,
        "data_dir": data_dir,
    }
    dataset, test = kerasgen.data.load_splits(data, validation, seed, **options)
    if augment:
        dataset = dataset.augmented("jitter")
    model = kerasgen.gans.Pix2Pix(
        image_shape=dataset.image_shape,
        condition_shape=dataset.label_shape,
        filters=filters,
        depth=depth,
        normalization=normalization,
        statistics=statistics,
        dropout=dropout,
        l1_weight=l1_weight,
        adversarial_weight=adversarial_weight,
        conditional_discriminator=conditional_discriminator,
        seed=seed,
    )
    model.compile()
    model.optimizer.learning_rate = learning_rate
    run.fit(model, dataset, epochs=epochs)
    return run.finish(model, dataset, run.translation_error(model, test))


if __name__ == "__main__":
    run_recipe(main)
