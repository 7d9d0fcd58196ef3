"""Gated PixelCNN on handwritten digits of 16 grey levels.

Run:     python recipes/autoregressive/gated_pixelcnn.py
         python recipes/autoregressive/gated_pixelcnn.py --data mnist --image-size 28 \
             --levels 2 --blocks 8 --filters 32 --head-filters 64 --epochs 7 \
             --dtype mixed_bfloat16
Expect:  seed 0, PyTorch, one shared CPU core. Digits (2026-11-27): 155.23 nats, 0.8748
         bits a dimension, 297 test images, 120 epochs of 2.8 s; about half of the
         samples are readable digits. The MNIST line above (2026-11-27): 84.75 nats,
         0.1559 bits a dimension, 10,000 test images, 7 epochs of 641 s; most samples
         are digits. 5 layers of 16, float32, 5 epochs of 687 s (2026-11-24): 90.23
         nats.
Paper:   3.03 bits a dimension on CIFAR-10, 3.83 on 32x32 ImageNet; no figure on MNIST
         (80.10 nats, statically binarised, by Gulrajani et al., 2017).
Differs: 1. The 1500 training digits of scikit-learn, 8x8 pixels of 17 greys, scaled to
            16x16 and rounded to 16 levels, unless told otherwise.
         2. With 2 levels grey values are binarised by chance, anew in each step, and
            for evaluation once, by a fixed seed.
         3. 5 gated layers of 16 maps with 3x3 windows, unless told otherwise; the paper
            has 20 of 384, 5x5.
         4. Adam, its rate falling from 3e-3 to 3e-4; batches of 64 in place of 128.
"""

import kerasgen
from kerasgen.runs import run_recipe

SMOKE = {"epochs": 1, "image_size": 8, "filters": 4, "blocks": 1, "num_images": 8}


def main(
    data="digits",
    image_size=16,
    labels=False,
    levels: int | None = None,
    epochs=120,
    batch_size=64,
    filters=16,
    blocks=5,
    kernel_size=3,
    head_filters=32,
    learning_rate=3e-3,
    final_learning_rate=3e-4,
    num_images=10_000,
    validation=0,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains a Gated PixelCNN, measures its likelihood and completes half images.

    Args:
        data: name of the data, as in `kerasgen.data.load`.
        image_size: pixels of a side.
        labels: whether to train a conditional model, of p(x|label).
        levels: int. Values of a pixel, 2 to 256; None takes 16 for digits and other
            black and white images, 256 for all else.
        epochs: passes over the data.
        batch_size: images a step.
        filters: maps of the two streams, rounded up to a multiple of
            the colours.
        blocks: gated layers after the first.
        kernel_size: window of those layers, an odd number of pixels.
        head_filters: maps of the 1x1 convolution before the logits.
        learning_rate: at the start.
        final_learning_rate: at the end; it falls by the same factor every epoch.
        num_images: test images of the likelihood, at most.
        validation: training images held out, by the seed, and measured in place of the
            test images: so settings can be chosen by figures; 0 for the test images.
        data_dir: str. Where prepared TensorFlow Datasets lie.
        seed: of the data's order and of all draws.
    """
    options = {"image_size": image_size, "labels": labels, "data_dir": data_dir}
    options["batch_size"] = batch_size
    dataset, test = kerasgen.data.load_splits(data, validation, seed, **options)
    model = kerasgen.autoregressive.GatedPixelCNN(
        image_shape=dataset.image_shape,
        filters=filters + -filters % dataset.image_shape[2],
        blocks=blocks,
        kernel_size=kernel_size,
        head_filters=head_filters,
        levels=kerasgen.data.choose_levels(dataset, levels),
        num_classes=dataset.num_classes,
        seed=seed,
    )
    model.compile()
    decay = kerasgen.callbacks.LearningRateScheduler(
        kerasgen.callbacks.exponential_decay(learning_rate, final_learning_rate, epochs)
    )
    period = max(1, epochs // 20)
    run.fit(model, dataset, callbacks=[decay], epochs=epochs, sample_period=period)

    figures = run.likelihood(model, test, num_images)
    run.save_completions(model, test, seed=seed)
    return run.finish(model, dataset, evaluation=figures)


if __name__ == "__main__":
    run_recipe(main)
