"""CatGAN on handwritten digits: clusters that nobody named, or 100 labels.

When:    classes are to be found without labels, or from few.
Run:     python recipes/gans/catgan.py
         python recipes/gans/catgan.py --num-labeled 100 --num-clusters 10
Expect:  60 epochs of 0.7 s: mostly readable digits; by 20 clusters an error of 7.7 +-
         1.5 % of the 297 test digits, no better than 20-means of scikit-learn (8.4 to
         9.1 % by 3 seeds); with 100 labels, 40 epochs, 3.4 +- 1.0 %, by the second
         line. On MNIST 8.04 +- 0.27 % of 10,000 test images with 100 labels, 8 epochs
         (--data mnist --num-labeled 100 --num-clusters 10 --label-repeats 100 --epochs
         8). PyTorch, a share of 2 CPU cores, seed 0 (2026-11-29).
Paper:   on MNIST an error of 4.27 % by 20 clusters, each named by the majority of some
         labelled images; 1.91 +- 0.1 % with 100 labels (dense).
Differs: 1. The 1500 training digits of scikit-learn, 8x8 pixels, dense networks.
         2. Clusters are named by the labels of all training images, used for this
            alone.
"""

import numpy as np

import kerasgen
from kerasgen.runs import run_recipe
from kerasgen.runs.figures import mean_figures

SMOKE = {"epochs": 1, "filters": 8, "num_clusters": 10}


def main(
    data="digits",
    image_size: int | None = None,
    epochs=60,
    batch_size=100,
    num_clusters=20,
    num_labeled=0,
    label_repeats=5,
    class_weight=1.0,
    latent_dim=100,
    architecture="mlp",
    filters=256,
    learning_rate=5e-4,
    instance_noise=0.3,
    validation=0,
    data_dir=None,
    seed=0,
    run=None,
):
    """Trains a CatGAN and measures what its classes know.

    Args:
        data: name of the data, as in `kerasgen.data.load`.
        image_size: pixels of a side, or None for the data's own.
        epochs: passes over the data.
        batch_size: images a step.
        num_clusters: classes of the discriminator; of data with labels kept, theirs.
        num_labeled: labels kept, evenly of all classes; 0 for none.
        label_repeats: times that an epoch holds an image with a label.
        class_weight: of the labels' cross entropy.
        latent_dim: size of the noise vector.
        architecture: "mlp", or "dcgan", "cnn" or "resnet" for sides divisible by 4.
        filters: units of the dense layers, or maps of the first convolution.
        learning_rate: of both players.
        instance_noise: deviation of the noise on what the discriminator sees.
        validation: training images held out, by the seed, and measured in place of the
            test images: so settings can be chosen by figures; 0 for the test images.
        data_dir: str. Where prepared TensorFlow Datasets lie.
        seed: of the data's order, the labels kept and all draws.
    """
    options = {"image_size": image_size, "data_dir": data_dir}
    options |= {"batch_size": batch_size, "labels": num_labeled > 0}
    dataset, _ = kerasgen.data.load_splits(data, validation, seed, **options)
    if num_labeled:
        num_clusters = dataset.num_classes
        dataset = kerasgen.data.few_labels(dataset, num_labeled, seed, label_repeats)
    model = kerasgen.gans.CatGAN(
        image_shape=dataset.data_shape,
        latent_dim=latent_dim,
        num_clusters=num_clusters,
        semi_supervised=num_labeled > 0,
        class_weight=class_weight,
        architecture=architecture,
        filters=filters,
        instance_noise=instance_noise,
        seed=seed,
    )
    model.compile(average_decay=0.99)
    model.optimizer.learning_rate = learning_rate
    run.fit(model, dataset, epochs=epochs, sample_period=max(1, epochs // 5))
    options["labels"] = None  # where there are any
    known, test = kerasgen.data.load_splits(data, validation, seed, **options)
    figures = class_error(model, known, test, bool(num_labeled))
    return run.finish(model, dataset, evaluation=figures)


def class_error(model, known, test, named):
    """Returns the error of the model's classes on test images.

    Args:
        model: the model.
        known: `kerasgen.data.Dataset` whose labels name clusters by their majority.
        test: `kerasgen.data.Dataset` whose images are measured.
        named: bool. Whether classes have the names of labels already.

    Returns:
        dict, empty for data without labels.
    """
    if test.num_classes is None:
        return {}
    (x, classes), (images, labels) = (d.spread(10_000) for d in (known, test))
    told = model.classify(images).argmax(axis=1)
    if not named:
        counts = np.zeros((model.num_clusters, test.num_classes))
        np.add.at(counts, (model.classify(x).argmax(axis=1), classes), 1)
        told = counts.argmax(axis=1)[told]
    return mean_figures(f"{test.split}_error", told != labels)


if __name__ == "__main__":
    run_recipe(main)
