"""SRGAN on drawn landscapes, or on a folder of photographs.

When:    enlarged images are to look sharp rather than to be near to the truth.
Run:     python recipes/gans/srgan.py
         python recipes/gans/srgan.py --data folder:PHOTOS --filters 64 --blocks 16 \\
             --start runs/gans-srresnet --content vgg19 --content-weights FILE
         kerasgen apply runs/gans-srgan PHOTO.jpg
Expect:  not yet run.
Paper:   Set5 at 4x: a PSNR of 29.40 dB and an SSIM of 0.847, less than SRResNet's 32.05
         and 0.902; in the mean opinion of 26 people on BSD100 3.56 of 5 (SRResNet 2.29,
         the originals 4.46).
Differs: 1. Landscapes of 64x64 pixels in place of parts of 96x96 of photographs.
         2. 16 filters and 4 blocks in place of 64 and 16, a discriminator of 16 filters
            and 128 units in place of 64 and 1024.
         3. The content loss is that of pixels, as the weights of VGG19 are the user's
            to give, and the adversary has a weight of 1e-3 all the same.
         4. It starts from nothing unless `--start` names an SRResNet.
"""

import kerasgen
from kerasgen.runs import run_recipe

SMOKE = {
    "epochs": 1,
    "image_size": 32,
    "filters": 2,
    "blocks": 1,
    "discriminator_filters": 2,
    "discriminator_units": 4,
    "validation": 16,
    "num_examples": 48,
}


def main(
    data="rain",
    image_size: int | None = None,
    scale=4,
    crop=96,
    crops=32,
    num_examples: int | None = None,
    validation=0,
    epochs=5,
    batch_size=16,
    filters=16,
    blocks=4,
    start: str | None = None,
    content="pixels",
    content_weights: str | None = None,
    adversarial_weight=1e-3,
    discriminator_filters=16,
    discriminator_units=128,
    learning_rate=1e-4,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains an SRGAN.

    Args:
        data: name of the data, as in `kerasgen.data.load_super_resolution`.
        image_size: pixels of a side of whole images; None for parts of
            a folder's.
        scale: how many times as large, 2, 4 or 8.
        crop: pixels of a side of parts of a folder's images.
        crops: parts of each file in an epoch.
        num_examples: images; None for all.
        validation: images held out and measured in place of those for tests.
        epochs: passes over the data.
        batch_size: pairs in a step.
        filters: maps of the generator's convolutions.
        blocks: the generator's residual blocks.
        start: path of a run or file of an SRResNet whose weights it starts from.
        content: pixels, or vgg19.
        content_weights: path of the weights of VGG19.
        adversarial_weight: of the discriminator's opinion.
        discriminator_filters: maps of the discriminator's first convolution.
        discriminator_units: of the discriminator's dense layer.
        learning_rate: of both players.
        data_dir: str. Where prepared TensorFlow Datasets lie.
        seed: of the data's order and of all draws.
    """
    options = {"num_examples": num_examples} if num_examples else {}
    options |= {
        "loader": kerasgen.data.load_super_resolution,
        "batch_size": batch_size,
        "image_size": image_size,
        "scale": scale,
        "crop": crop,
        "crops": crops,
        "data_dir": data_dir,
    }
    dataset, test = kerasgen.data.load_splits(data, validation, seed, **options)
    model = kerasgen.gans.SRGAN(
        dataset.image_shape,
        scale=scale,
        filters=filters,
        blocks=blocks,
        content=content,
        content_weights=content_weights,
        adversarial_weight=adversarial_weight,
        discriminator_filters=discriminator_filters,
        discriminator_units=discriminator_units,
        seed=seed,
    )
    if start is not None:
        model.start_from(start)
    model.compile()
    model.optimizer.learning_rate = learning_rate
    run.fit(model, dataset, epochs=epochs)
    return run.finish(model, dataset, run.enlargement_error(model, test))


if __name__ == "__main__":
    run_recipe(main)
