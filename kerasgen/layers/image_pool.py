"""A pool of past fakes, which discriminators are shown beside new ones."""

import keras
from keras import ops

from kerasgen.arguments import check_int
from kerasgen.backend.seeds import SeedGenerator
from kerasgen.registry import PACKAGE


@keras.saving.register_keras_serializable(PACKAGE)
class ImagePool(keras.layers.Layer):
    """Returns images of the past in the place of some of those it is given.

    As long as it is not full, it stores each image and returns it. Then it returns,
    with probability 1/2 for each image of a batch, a stored one, which the new one
    replaces, and else the new one. Its images are state like all other: they are in
    checkpoints and in `.keras` files.

    Under `tf.distribute` every replica's images go the same way through one pool.

    Args:
        image_shape: tuple `(height, width, channels)`.
        size: int. Images that it holds; 0 returns every image as it is. Defaults to
            `50`.
        seed: int or None.

    Reference: [Shrivastava et al., 2017](https://arxiv.org/abs/1612.07828), section
        2.3; as in the official code of
        [Zhu et al., 2017](https://arxiv.org/abs/1703.10593).
    """

    def __init__(self, image_shape, size=50, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.image_shape = tuple(image_shape)
        self.size = check_int("size", size, 0)
        self.seed = seed
        self.seed_generator = SeedGenerator(seed)
        self.images = self._add("images", (self.size, *self.image_shape), "float32")
        self.count = self._add("count", (), "int32")
        self.built = True

    def _add(self, name, shape, dtype):
        return self.add_weight(
            name=name,
            shape=shape,
            dtype=dtype,
            initializer="zeros",
            trainable=False,
            autocast=False,
            aggregation="only_first_replica",
        )

    def call(self, inputs, training=False):
        """Returns as many images as `inputs`, `(batch, height, width, channels)`."""
        if not training or self.size == 0:
            return inputs
        inputs = ops.stop_gradient(ops.cast(inputs, "float32"))
        batch = ops.shape(inputs)[0]
        uniform = keras.random.uniform(
            (batch, 2), dtype="float32", seed=self.seed_generator
        )
        rows = ops.arange(batch)

        def exchange(i, state):  # one by one, as images of a batch may meet again
            outputs, pool, count = state
            full = count >= self.size
            place = ops.cast(uniform[i, 1] * self.size, "int32")
            place = ops.where(full, ops.minimum(place, self.size - 1), count)
            here = ops.reshape(ops.arange(self.size) == place, (-1, 1, 1, 1))
            keeps = ops.logical_and(full, uniform[i, 0] > 0.5)
            returned = ops.where(
                ops.logical_and(full, ops.logical_not(keeps)),
                ops.sum(ops.where(here, pool, 0.0), axis=0),
                inputs[i],
            )
            own = ops.reshape(rows == i, (-1, 1, 1, 1))
            outputs = ops.where(own, returned[None], outputs)
            stores = ops.logical_and(here, ops.logical_not(keeps))
            pool = ops.where(stores, inputs[i][None], pool)
            return outputs, pool, ops.minimum(count + 1, self.size)

        state = (inputs, ops.convert_to_tensor(self.images), self.count.value)
        outputs, pool, count = ops.fori_loop(0, batch, exchange, state)
        self.images.assign(pool)
        self.count.assign(count)
        return outputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        own = {"image_shape": self.image_shape, "size": self.size, "seed": self.seed}
        return {**super().get_config(), **own}
