"""Trains a small two-player model on N virtual devices and prints what came out.

`main(N)` is called in a process of its own, because virtual devices must be made before
a backend starts.
"""

import contextlib
import json
import os


def main(count):
    os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={count}"
    import keras

    scope = contextlib.nullcontext()
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        cpu = tf.config.list_physical_devices("CPU")[0]
        devices = [tf.config.LogicalDeviceConfiguration()] * count
        tf.config.set_logical_device_configuration(cpu, devices)
        if count > 1:
            names = [f"CPU:{i}" for i in range(count)]
            strategy = tf.distribute.MirroredStrategy(names)
            scope = strategy.scope()
    elif count > 1:
        devices = keras.distribution.list_devices()
        keras.distribution.set_distribution(
            keras.distribution.DataParallel(devices=devices)
        )

    keras.utils.set_random_seed(0)
    with scope:
        out = train(keras)
    out["devices"] = count
    if keras.backend.backend() == "tensorflow" and count > 1:
        from kerasgen.training import SeedGenerator

        with strategy.scope():
            seeds = SeedGenerator(5)
            drawn = strategy.run(lambda: keras.random.normal((3,), seed=seeds))
            out["draws"] = [d.numpy().tolist() for d in drawn.values]
    print(json.dumps(out))


def train(keras):
    import numpy as np
    from keras import layers

    from kerasgen.backend import to_numpy
    from kerasgen.layers.adaptive_augmentation import AdaptiveAugmentation
    from tests.training.tiny import TinyGAN

    class NoNoise(TinyGAN):
        """Latents are pixels and nothing is normalised by batch, so that examples
        are independent and any split over devices must give the same numbers."""

        def __init__(self, **kwargs):
            super().__init__(rate=0.0, discriminator_steps=2, **kwargs)
            options = {"target": -0.3, "interval": 3, "images": 64}
            self.augmentation = AdaptiveAugmentation(**options)

        def generate_like(self, x, labels, training):
            z = x[:, 0, :2, 0]
            return self.generate(z, labels, training)

        def compute_losses(self, phase, x, labels, training):
            if training and phase == "discriminator":  # no scores: signs of the data
                self.augmentation.observe(x[:, 0, 0])
            return super().compute_losses(phase, x, labels, training)

    layers.BatchNormalization = layers.LayerNormalization
    model = NoNoise(seed=1)
    model.compile(optimizer=keras.optimizers.SGD(0.1, momentum=0.9))
    generator = np.random.default_rng(1)  # mirrored variables draw other weights
    for variable in model.trainable_variables:
        variable.assign(generator.normal(0.0, 0.3, variable.shape))
    images = np.random.default_rng(0).integers(0, 256, (32, 4, 4, 1), "uint8")
    history = model.fit(images, batch_size=8, epochs=3, verbose=0)
    weights = {
        name: np.ravel(to_numpy(v))[:4].tolist()
        for name, v in model.state_variables().items()
        if name.startswith(("generator", "discriminator"))
    }
    evaluated = model.evaluate(images, batch_size=8, verbose=0, return_dict=True)
    return {
        "history": history.history,
        "weights": weights,
        "probability": float(to_numpy(model.augmentation.probability)),
        "steps": int(to_numpy(model.steps)),
        "evaluated": evaluated,
    }
