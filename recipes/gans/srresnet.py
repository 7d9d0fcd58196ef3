"""SRResNet on drawn landscapes, or on a folder of photographs.

When:    images are to be larger with the least error, and a start for SRGAN.
Run:     python recipes/gans/srresnet.py
         python recipes/gans/srresnet.py --data folder:PHOTOS --filters 64 --blocks 16
         kerasgen apply runs/gans-srresnet PHOTO.jpg
Expect:  after 5 epochs, 935 updates of 0.14 to 0.8 s, houses and trees where they
         stand and mottled skies: 29.36 +- 0.06 dB on 1,000 test images, less than
         bicubic filters have (29.64 +- 0.07). It takes longer: on parts of CBSD68, 32
         filters, 2,340 updates, 29.05 dB on Set5 and 26.62 on Set14, by bicubic filters
         28.43 and 26.09. PyTorch, a share of 2 CPU cores, seed 0 (2026-11-29).
Paper:   Set5 at 4x: a PSNR of 32.05 dB and an SSIM of 0.902 (luma, 4 pixels of the
         border left out; bicubic 28.43 and 0.821), after 1e6 updates on 350 thousand
         images.
Differs: 1. Landscapes of 64x64 pixels in place of parts of 96x96 of photographs.
         2. 16 filters and 4 blocks in place of 64 and 16, and a rate of 1e-3 in place
            of 1e-4, for a run of minutes.
"""

import kerasgen
from kerasgen.runs import run_recipe

SMOKE = {"epochs": 1, "filters": 2, "blocks": 1, "validation": 16, "num_examples": 48}


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
    learning_rate=1e-3,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains an SRResNet.

    Args:
        data: name of the data, as in `kerasgen.data.load_super_resolution`.
        image_size: pixels of a side of whole images; None for parts of a folder's.
        scale: how many times as large, 2, 4 or 8.
        crop: pixels of a side of parts of a folder's images.
        crops: parts of each file in an epoch.
        num_examples: images; None for all.
        validation: images held out and measured in place of those for tests.
        epochs: passes over the data.
        batch_size: pairs in a step.
        filters: maps of the convolutions.
        blocks: residual blocks.
        learning_rate: of Adam.
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
    model = kerasgen.gans.SRResNet(
        dataset.image_shape, scale=scale, filters=filters, blocks=blocks, seed=seed
    )
    model.compile()
    model.optimizer.learning_rate = learning_rate
    run.fit(model, dataset, epochs=epochs)
    return run.finish(model, dataset, run.enlargement_error(model, test))


if __name__ == "__main__":
    run_recipe(main)
