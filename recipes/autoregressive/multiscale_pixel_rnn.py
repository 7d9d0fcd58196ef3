"""Multi-scale PixelRNN on handwritten digits, black and white.

Run:     python recipes/autoregressive/multiscale_pixel_rnn.py
         python recipes/autoregressive/multiscale_pixel_rnn.py --data mnist \
             --image-size 28 --batch-size 16 --epochs 10
Expect:  digits, seed 0, JAX, one CPU core (2026-11-24): 22.53 nats (both scales), 297
         test images, 60 epochs of 2.6 s. MNIST: not yet run.
Paper:   no number of its own: samples of 64x64 ImageNet that hold together better, at a
         likelihood like that of one scale.
Differs: 1. The 1500 training digits of scikit-learn, 8x8 pixels, unless told otherwise.
         2. Grey values are binarised by chance, anew in each step, and for evaluation
            once, by a fixed seed.
         3. 2 layers of 16 maps a scale; the paper does not give those of this model.
         4. Adam, its rate falling from 4e-3 to 2e-4, and gradients clipped at a norm
            of 1, in place of RMSProp, whose rates the paper does not give.
"""

import keras

import kerasgen
from kerasgen.runs import run_recipe

SMOKE = {"epochs": 1, "filters": 4, "blocks": 1, "num_images": 8}


def main(
    data="digits",
    image_size=8,
    labels=False,
    levels: int | None = None,
    factor=2,
    layer="diagonal_bilstm",
    epochs=60,
    batch_size=32,
    filters=16,
    blocks=2,
    head_filters=32,
    context_filters=16,
    learning_rate=4e-3,
    final_learning_rate=2e-4,
    num_images=10_000,
    validation=0,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains a PixelRNN of two scales and measures the length of its code.

    Args:
        data: name of the data, as in `kerasgen.data.load`.
        image_size: pixels of a side.
        labels: whether to train a conditional model, of p(x|label).
        levels: int. Values of a pixel, 2 to 256; None takes 2 for digits and other
            black and white images, 256 for all else.
        factor: by which the large image's sides exceed the small one's.
        layer: "diagonal_bilstm" or "row_lstm".
        epochs: passes over the data.
        batch_size: images a step.
        filters: maps of each LSTM.
        blocks: LSTM layers a scale.
        head_filters: maps of the 1x1 convolutions before the logits.
        context_filters: maps made of the small image.
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
    model = kerasgen.autoregressive.MultiScalePixelRNN(
        image_shape=dataset.image_shape,
        factors=(factor,),
        layer=layer,
        filters=filters,
        blocks=blocks,
        head_filters=head_filters,
        context_filters=context_filters,
        levels=kerasgen.data.choose_levels(dataset, levels, drawn=2),
        num_classes=dataset.num_classes,
        seed=seed,
    )
    model.compile(
        {
            phase: keras.optimizers.Adam(learning_rate, global_clipnorm=1.0)
            for phase in model.phases
        }
    )
    decay = kerasgen.callbacks.LearningRateScheduler(
        kerasgen.callbacks.exponential_decay(learning_rate, final_learning_rate, epochs)
    )
    period = max(1, epochs // 20)
    run.fit(model, dataset, callbacks=[decay], epochs=epochs, sample_period=period)

    figures = run.likelihood(model, test, num_images)
    x, y = test.spread(num_images)
    losses = model.evaluate(x, y, batch_size=250, verbose=0, return_dict=True)
    figures |= {f"{test.split}_{name}": value for name, value in losses.items()}
    return run.finish(model, dataset, evaluation=figures)


if __name__ == "__main__":
    run_recipe(main)
