"""PixelCNN on handwritten digits of 16 grey levels.

Run:     python recipes/autoregressive/pixelcnn.py
         python recipes/autoregressive/pixelcnn.py --data mnist --image-size 28 \
             --levels 2 --blocks 10 --filters 64 --head-filters 64 \
             --final-learning-rate 2e-4 --epochs 8 --dtype mixed_bfloat16
         For a GPU, and the paper's size:
         python recipes/autoregressive/pixelcnn.py --data mnist --image-size 28 \
             --levels 2 --blocks 12 --filters 128 --head-filters 64 --epochs 9 \
             --dtype mixed_bfloat16
         python recipes/autoregressive/pixelcnn.py --data mnist --image-size 28 \
             --levels 2 --blocks 15 --filters 16 --batch-size 16 --epochs 100
         python recipes/autoregressive/pixelcnn.py --data cifar10 --image-size 32 \
             --levels 256 --filters 128 --blocks 15 --head-filters 1024 \
             --batch-size 16 --epochs 100
Expect:  seed 0, PyTorch (2026-11-27). Digits: 155.41 nats, 0.8758 bits a dimension, 297
         test images, 100 epochs of 3.1 s, one CPU core; samples are strokes of digits,
         about half of them readable. The MNIST line above (2 CPU cores, 8 epochs of 600
         s): 85.62 nats, 0.1576 bits a dimension, 10,000 test images; two thirds of the
         samples are digits. 8 blocks of 2 x 16, float32, batches of 100, 6 epochs
         (TensorFlow, 2026-11-21): 90.91 nats. The line for a GPU: 83.94 +- 0.20 nats in
         9 epochs of 4 s (JAX, one NVIDIA H200, 2026-11-27).
Paper:   81.30 nats an image on MNIST (statically binarised; Gulrajani et al., 2017,
         table 1); 3.14 bits a dimension on CIFAR-10.
Differs: 1. The 1500 training digits of scikit-learn, 8x8 pixels of 17 greys, scaled to
            16x16 and rounded to 16 levels, unless told otherwise.
         2. With 2 levels grey values are binarised by chance, anew in each step, and
            for evaluation once, by a fixed seed; the paper has one binarised copy of
            MNIST.
         3. 5 blocks of 2 x 32 maps; the paper has 15 of 2 x 128 on CIFAR-10.
         4. Adam, its rate falling from 3e-3 to 1e-4, in place of RMSProp; batches of
            64 in place of 16.
"""

import kerasgen
from kerasgen.runs import run_recipe

SMOKE = {"epochs": 1, "image_size": 8, "filters": 4, "blocks": 1, "num_images": 8}


def main(
    data="digits",
    image_size=16,
    labels=False,
    levels: int | None = None,
    epochs=100,
    batch_size=64,
    filters=32,
    blocks=5,
    head_filters=32,
    learning_rate=3e-3,
    final_learning_rate=1e-4,
    num_images=10_000,
    validation=0,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains a PixelCNN, measures its likelihood and completes half images.

    Args:
        data: name of the data, as in `kerasgen.data.load`.
        image_size: pixels of a side.
        labels: whether to train a conditional model, of p(x|label).
        levels: int. Values of a pixel, 2 to 256; None takes 16 for digits and other
            black and white images, 256 for all else.
        epochs: passes over the data.
        batch_size: images a step.
        filters: half the maps of the residual stream.
        blocks: residual blocks.
        head_filters: maps of the 1x1 convolutions before the logits.
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
    model = kerasgen.autoregressive.PixelCNN(
        image_shape=dataset.image_shape,
        filters=filters,
        blocks=blocks,
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
