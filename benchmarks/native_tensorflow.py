"""Hand-written TensorFlow training: `tf.function`, `GradientTape`, `tf.nn`.

Networks are functions of `tf.Variable`s over `tf.nn`, channels last; the optimizer is
`keras.optimizers.Adam`, the one that TensorFlow has; batches come from `tf.data`. XLA
is on where Keras would have it on: on an accelerator, not on a CPU alone. Under
`mixed_bfloat16` weights and activations are cast.
"""

import math

import keras
import tensorflow as tf

XLA = bool(tf.config.list_physical_devices("GPU"))


def synchronize():
    """Waits for the device."""
    tf.test.experimental.sync_devices()


def dense(x, layer):
    y = tf.matmul(x, tf.cast(layer["w"], x.dtype))
    return tf.nn.bias_add(y, tf.cast(layer["b"], x.dtype)) if "b" in layer else y


def conv(x, layer, stride=1, padding="SAME", mask=None):
    kernel = tf.cast(layer["w"], x.dtype)
    kernel = kernel if mask is None else kernel * tf.cast(mask, x.dtype)
    y = tf.nn.conv2d(x, kernel, stride, padding)
    return tf.nn.bias_add(y, tf.cast(layer["b"], x.dtype)) if "b" in layer else y


def _conv_transpose(x, layer):
    kernel = tf.cast(layer["w"], x.dtype)  # (height, width, out, in)
    batch, height, width, _ = x.shape
    shape = (batch, 2 * height, 2 * width, kernel.shape[2])
    y = tf.nn.conv2d_transpose(x, kernel, shape, 2)
    return tf.nn.bias_add(y, tf.cast(layer["b"], x.dtype)) if "b" in layer else y


def batch_norm(x, layer, epsilon=1e-5):
    wide = tf.cast(x, "float32")
    mean, variance = tf.nn.moments(wide, (0, 1, 2))
    y = tf.nn.batch_normalization(
        wide, mean, variance, layer["beta"], layer["gamma"], epsilon
    )
    layer["mean"].assign(0.9 * layer["mean"] + 0.1 * mean)
    layer["variance"].assign(0.9 * layer["variance"] + 0.1 * variance)
    return tf.cast(y, x.dtype)


class Trainer:
    """A loop over `tf.data`; a model gives `_step`, and its variables by player."""

    def __init__(self, images, batch_size, precision, **sizes):
        self.image_shape, self.batch_size = images.shape[1:], batch_size
        self.sizes, self.dtype = sizes, tf.float32
        if precision != "float32":
            self.dtype = tf.bfloat16
        self.batches_per_step = sizes.get("discriminator_steps", 1)
        rows = batch_size * self.batches_per_step
        data = tf.data.Dataset.from_tensor_slices(images).shuffle(len(images))
        self.data = data.batch(rows, drop_remainder=True).prefetch(2)
        self.players = self._init()
        self.variables = {
            name: [v for v in tf.nest.flatten(player) if v.trainable]
            for name, player in self.players.items()
        }
        self.optimizers = {}
        for name, variables in self.variables.items():
            self.optimizers[name] = self._optimizer()
            self.optimizers[name].build(variables)
        self.compiled = tf.function(self._step, jit_compile=XLA)

    @property
    def num_parameters(self):
        return sum(
            math.prod(v.shape) for group in self.variables.values() for v in group
        )

    def train_epoch(self):
        """Trains for one pass and returns the mean of each scalar."""
        logs = [self.compiled(images) for images in self.data]
        return {
            key: float(tf.reduce_mean(tf.stack([log[key] for log in logs])))
            for key in logs[0]
        }

    def _optimizer(self):
        return keras.optimizers.Adam(1e-3)

    def _apply(self, name, tape, loss):
        variables = self.variables[name]
        gradients = tape.gradient(loss, variables)
        self.optimizers[name].apply_gradients(zip(gradients, variables, strict=True))

    def _normal(self, *shape, bias=None):
        layer = {"w": tf.Variable(tf.random.normal(shape, 0.0, 0.02))}
        return layer if bias is None else {**layer, "b": tf.Variable(tf.zeros(bias))}

    def _glorot(self, *shape):
        area = math.prod(shape[:-2])
        bound = math.sqrt(6.0 / (area * (shape[-2] + shape[-1])))
        kernel = tf.random.uniform(shape, -bound, bound)
        return {"w": tf.Variable(kernel), "b": tf.Variable(tf.zeros(shape[-1]))}

    def _norm(self, maps):
        return {
            "gamma": tf.Variable(tf.random.normal((maps,), 1.0, 0.02)),
            "beta": tf.Variable(tf.zeros(maps)),
            "mean": tf.Variable(tf.zeros(maps), trainable=False),
            "variance": tf.Variable(tf.ones(maps), trainable=False),
        }

    def _bernoulli(self, images):
        grey = tf.cast(images, "float32") / 255.0
        return tf.cast(tf.random.uniform(grey.shape) < grey, "float32")


# === DCGAN ===


class _Gan(Trainer):
    def _init(self):
        _, side, channels = self.image_shape
        filters, base = self.sizes["filters"], side // 4
        generator = {
            "dense": self._normal(self.sizes["latent_dim"], base * base * 2 * filters),
            "norm1": self._norm(2 * filters),
            "up1": self._normal(5, 5, filters, 2 * filters),
            "norm2": self._norm(filters),
            "up2": self._normal(5, 5, channels, filters, bias=channels),
        }
        discriminator = {
            "down1": self._normal(5, 5, channels, filters, bias=filters),
            "down2": self._normal(5, 5, filters, 2 * filters),
            "norm": self._norm(2 * filters),
            "dense": self._normal(base * base * 2 * filters, 1, bias=1),
        }
        return {"discriminator": discriminator, "generator": generator}

    def _optimizer(self):
        return keras.optimizers.Adam(2e-4, beta_1=0.5)

    def _generate(self):
        layers, shape = self.players["generator"], self.image_shape
        filters, base = self.sizes["filters"], shape[0] // 4
        shape = (self.batch_size, self.sizes["latent_dim"])
        z = tf.cast(tf.random.uniform(shape, -1.0, 1.0), self.dtype)
        x = tf.reshape(dense(z, layers["dense"]), (-1, base, base, 2 * filters))
        x = tf.ensure_shape(x, (self.batch_size, base, base, 2 * filters))
        x = tf.nn.relu(batch_norm(x, layers["norm1"]))
        x = _conv_transpose(x, layers["up1"])
        x = tf.nn.relu(batch_norm(x, layers["norm2"]))
        x = _conv_transpose(x, layers["up2"])
        return tf.tanh(tf.cast(x, "float32"))

    def _discriminate(self, x):
        layers = self.players["discriminator"]
        x = tf.nn.leaky_relu(conv(tf.cast(x, self.dtype), layers["down1"], 2), 0.2)
        x = batch_norm(conv(x, layers["down2"], 2), layers["norm"])
        x = tf.reshape(tf.nn.leaky_relu(x, 0.2), (self.batch_size, -1))
        return dense(tf.cast(x, "float32"), layers["dense"])

    def _step(self, images):
        x, fake = tf.cast(images, "float32") / 127.5 - 1.0, self._generate()
        with tf.GradientTape() as tape:
            real, fake = self._discriminate(x), self._discriminate(fake)
            loss = tf.reduce_mean(tf.nn.softplus(-real))
            loss += tf.reduce_mean(tf.nn.softplus(fake))
        self._apply("discriminator", tape, loss)
        with tf.GradientTape() as tape:
            logits = self._discriminate(self._generate())
            generator_loss = tf.reduce_mean(tf.nn.softplus(-logits))
        self._apply("generator", tape, generator_loss)
        return {
            "discriminator_loss": loss,
            "discriminator_real": tf.reduce_mean(tf.sigmoid(real)),
            "discriminator_fake": tf.reduce_mean(tf.sigmoid(fake)),
            "generator_loss": generator_loss,
        }


# === VAE ===


class _Vae(Trainer):
    def _init(self):
        size, hidden = math.prod(self.image_shape), self.sizes["hidden"]
        latent_dim = self.sizes["latent_dim"]
        layers = {
            "encoder1": self._glorot(size, hidden),
            "encoder2": self._glorot(hidden, 2 * latent_dim),
            "decoder1": self._glorot(latent_dim, hidden),
            "decoder2": self._glorot(hidden, size),
        }
        return {"vae": layers}

    def _step(self, images):
        layers, dtype = self.players["vae"], self.dtype
        x = tf.reshape(self._bernoulli(images), (self.batch_size, -1))
        with tf.GradientTape() as tape:
            h = tf.tanh(dense(tf.cast(x, dtype), layers["encoder1"]))
            h = dense(tf.cast(h, "float32"), layers["encoder2"])
            mean, log_variance = tf.split(h, 2, axis=-1)
            noise = tf.random.normal(mean.shape)
            z = mean + tf.exp(0.5 * log_variance) * noise
            h = tf.tanh(dense(tf.cast(z, dtype), layers["decoder1"]))
            logits = dense(tf.cast(h, "float32"), layers["decoder2"])
            nats = tf.nn.sigmoid_cross_entropy_with_logits(x, logits)
            reconstruction = tf.reduce_mean(tf.reduce_sum(nats, -1))
            kl = 0.5 * (mean**2 + tf.exp(log_variance) - 1.0 - log_variance)
            kl = tf.reduce_mean(tf.reduce_sum(kl, -1))
            loss = reconstruction + kl
        self._apply("vae", tape, loss)
        return {"loss": loss, "reconstruction": reconstruction, "kl": kl}


# === PixelCNN ===


def _masked(x, layer, size, kind):
    """A convolution over the rows above and, to the left, this row."""
    side = size // 2
    row = [1.0] * (side + (kind == "B")) + [0.0] * (size - side - (kind == "B"))
    mask = tf.reshape(tf.constant([[1.0] * size] * side + [row]), (-1, size, 1, 1))
    padding = ((0, 0), (side, 0), (side, side), (0, 0))
    return conv(x, layer, 1, padding, mask)


class _PixelCnn(Trainer):
    def _init(self):
        filters, head = self.sizes["filters"], self.sizes["head_filters"]
        blocks = [
            (
                self._glorot(1, 1, 2 * filters, filters),
                self._glorot(2, 3, filters, filters),
                self._glorot(1, 1, filters, 2 * filters),
            )
            for _ in range(self.sizes["blocks"])
        ]
        sizes = [(2 * filters, head), (head, head), (head, 2)]
        layers = {
            "input": self._glorot(4, 7, self.image_shape[2], 2 * filters),
            "blocks": blocks,
            "head": [self._glorot(1, 1, *pair) for pair in sizes],
        }
        return {"network": layers}

    def _logits(self, x):
        layers = self.players["network"]
        x = _masked(x, layers["input"], 7, "A")
        for first, second, third in layers["blocks"]:
            y = conv(tf.nn.relu(x), first)
            y = _masked(tf.nn.relu(y), second, 3, "B")
            x = x + conv(tf.nn.relu(y), third)
        for layer in layers["head"]:
            x = conv(tf.nn.relu(x), layer)
        return tf.cast(x, "float32")

    def _step(self, images):
        x = self._bernoulli(images)
        with tf.GradientTape() as tape:
            logits = self._logits(tf.cast(x, self.dtype) * 2.0 - 1.0)
            nats = tf.nn.sparse_softmax_cross_entropy_with_logits(
                tf.cast(x[..., 0], "int32"), logits
            )
            loss = tf.reduce_mean(tf.reduce_sum(nats, (1, 2)))
        self._apply("network", tape, loss)
        bits = loss / (math.prod(self.image_shape) * math.log(2.0))
        return {"loss": loss, "bits_per_dim": bits}


TRAINERS = {"gan": _Gan, "vae": _Vae, "pixelcnn": _PixelCnn}
