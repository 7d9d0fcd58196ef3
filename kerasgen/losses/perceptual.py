"""Perceptual losses: how far images are apart to a network that knows photographs.

Johnson, Alahi and Fei-Fei, 2016, "Perceptual Losses for Real-Time Style Transfer and
Super-Resolution", https://arxiv.org/abs/1603.08155; in the form of Ledig et al., 2017,
https://arxiv.org/abs/1609.04802, section 2.2.1.
"""

import os

import keras
from keras import ops

from kerasgen.losses.likelihoods import float32

LAYER = "block5_conv4"  # phi_{5,4}: after its activation, before the fifth pooling
SCALE = 1.0 / 12.75
MEANS = (103.939, 116.779, 123.68)  # of blue, green and red in ImageNet


def caffe(x):
    """Returns RGB pixels in [0, 255] as VGG and ResNet were trained on them."""
    return ops.flip(x, axis=-1) - ops.convert_to_tensor(MEANS)


class VGGContent:
    """`E (f(x) - f(y))^2` of VGG19's features, its fifth block's last convolution.

    The features are divided by 12.75, as in SRGAN. Its variables are of no model, and
    no gradient goes into them.

    Args:
        weights: path of the weights without top, as `keras.applications` has them
            (`vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5`).

    Raises:
        ValueError: if there is no such file.
    """

    def __init__(self, weights):
        check_weights(weights)
        whole = keras.applications.VGG19(
            include_top=False, weights=weights, input_shape=(None, None, 3)
        )
        self.network = keras.Model(whole.input, whole.get_layer(LAYER).output)
        self.network.trainable = False

    def features(self, x):
        """Returns the features of images in `[-1, 1]`, RGB or grey."""
        x = 127.5 * (float32(x) + 1.0)
        if x.shape[-1] == 1:
            x = ops.repeat(x, 3, axis=-1)
        return SCALE * float32(self.network(caffe(x), training=False))

    def __call__(self, x, y):
        """Returns the loss, a float32 scalar."""
        difference = ops.stop_gradient(self.features(x)) - self.features(y)
        return ops.mean(ops.square(difference))


def check_weights(weights):
    """Raises unless there is a file of VGG19's weights."""
    if weights is None or not os.path.isfile(weights):
        raise ValueError(
            "`content_weights` must be the path of the weights of VGG19, "
            "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5 of Keras. "
            f"Received: content_weights={weights!r}"
        )
