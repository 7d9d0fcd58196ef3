"""Hand-written TensorFlow training of SNGAN, see `native_tensorflow.py`.

The residual networks of the paper's table 4, one power iteration by hand.
"""

import math

import keras
import tensorflow as tf
from native_tensorflow import Trainer, batch_norm, conv, dense


def _double(x):
    batch, height, width, maps = x.shape
    x = tf.broadcast_to(x[:, :, None, :, None], (batch, height, 2, width, 2, maps))
    return tf.reshape(x, (batch, 2 * height, 2 * width, maps))


def _normalized(layer, move):
    """Returns a layer with its weights over their largest stretch; may move `u`."""
    kernel, u = layer["w"], layer["u"]
    matrix = tf.reshape(kernel, (-1, kernel.shape[-1]))
    fixed = tf.stop_gradient(matrix)
    v = tf.math.l2_normalize(tf.linalg.matvec(fixed, u))
    new = tf.math.l2_normalize(tf.linalg.matvec(fixed, v, transpose_a=True))
    if move:
        u.assign(new)
    sigma = tf.tensordot(tf.linalg.matvec(matrix, new), v, 1)
    return {**layer, "w": kernel / sigma}


class Sngan(Trainer):
    def _init(self):
        _, side, channels = self.image_shape
        filters, latent_dim = self.sizes["filters"], self.sizes["latent_dim"]
        self.count, maps = int(math.log2(side // 4)), 2 * filters
        base = side >> self.count
        up_blocks = [
            {
                "norm1": self._norm(maps), "conv1": self._wide(maps, maps),
                "norm2": self._norm(maps), "conv2": self._wide(maps, maps),
                "short": self._glorot(1, 1, maps, maps),
            }
            for _ in range(self.count)
        ]  # fmt: skip
        generator = {
            "dense": self._glorot(latent_dim, base * base * maps),
            "blocks": up_blocks,
            "norm": self._norm(maps),
            "image": self._glorot(3, 3, maps, channels),
        }

        def block(maps_in, resample):
            layers = {"conv1": self._wide(maps_in, filters)}
            layers["conv2"] = self._wide(filters, filters)
            if resample:
                layers["short"] = self._glorot(1, 1, maps_in, filters)
            return {name: self._directed(layer) for name, layer in layers.items()}

        blocks = [block(channels, True), block(filters, True)]
        blocks += [block(filters, False), block(filters, False)]
        score = self._directed({"w": self._glorot(filters, 1)["w"]})
        discriminator = {"blocks": blocks, "score": score}
        return {"discriminator": discriminator, "generator": generator}

    def _optimizer(self):
        return keras.optimizers.Adam(2e-4, beta_1=0.0, beta_2=0.9)

    def _norm(self, maps):
        layer = super()._norm(maps)
        layer["gamma"].assign(tf.ones(maps))
        return layer

    def _wide(self, maps_in, maps):
        layer = self._glorot(3, 3, maps_in, maps)
        layer["w"].assign(layer["w"] * math.sqrt(2.0))
        return layer

    def _directed(self, layer):
        u = tf.random.normal(layer["w"].shape[-1:])
        return {**layer, "u": tf.Variable(u, trainable=False)}

    def _generate(self):
        layers, base = self.players["generator"], self.image_shape[0] >> self.count
        z = tf.random.normal((self.batch_size, self.sizes["latent_dim"]))
        x = dense(tf.cast(z, self.dtype), layers["dense"])
        x = tf.reshape(x, (self.batch_size, base, base, 2 * self.sizes["filters"]))
        for block in layers["blocks"]:
            y = tf.nn.relu(batch_norm(x, block["norm1"], 2e-5))
            y = conv(_double(y), block["conv1"])
            y = conv(tf.nn.relu(batch_norm(y, block["norm2"], 2e-5)), block["conv2"])
            x = _double(conv(x, block["short"])) + y
        x = tf.nn.relu(batch_norm(x, layers["norm"], 2e-5))
        return tf.tanh(tf.cast(conv(x, layers["image"]), "float32"))

    def _judge(self, x, move=False):
        layers, x = self.players["discriminator"], tf.cast(x, self.dtype)
        for i, block in enumerate(layers["blocks"]):
            block = {name: _normalized(layer, move) for name, layer in block.items()}
            y = conv(x if i == 0 else tf.nn.relu(x), block["conv1"])
            y = conv(tf.nn.relu(y), block["conv2"])
            if "short" in block:
                x = conv(tf.nn.avg_pool2d(x, 2, 2, "VALID"), block["short"])
                y = tf.nn.avg_pool2d(y, 2, 2, "VALID")
            x = x + y
        features = tf.reduce_sum(tf.cast(tf.nn.relu(x), "float32"), (1, 2))
        return dense(features, _normalized(layers["score"], move))

    def _step(self, images):
        x, logs = tf.cast(images, "float32") / 127.5 - 1.0, []
        for part in tf.split(x, self.batches_per_step):
            fake = self._generate()
            with tf.GradientTape() as tape:
                said = self._judge(tf.concat([part, fake], 0), move=True)
                real, fake = tf.split(said, 2)
                loss = tf.reduce_mean(tf.nn.relu(1.0 - real))
                loss += tf.reduce_mean(tf.nn.relu(1.0 + fake))
            self._apply("discriminator", tape, loss)
            logs.append((loss, tf.reduce_mean(real), tf.reduce_mean(fake)))
        with tf.GradientTape() as tape:
            generator_loss = -tf.reduce_mean(self._judge(self._generate()))
        self._apply("generator", tape, generator_loss)
        names = ("discriminator_loss", "discriminator_real", "discriminator_fake")
        means = tf.reduce_mean(tf.stack(logs), 0)
        logs = dict(zip(names, tf.unstack(means), strict=True))
        return {**logs, "generator_loss": generator_loss}


TRAINERS = {"sngan": Sngan}
