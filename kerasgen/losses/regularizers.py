"""What is added to a player's loss beside the adversarial half and penalties on slopes.

Each is a float32 scalar, without its weight, to be minimised.
"""

import math

from keras import ops

from kerasgen import backend
from kerasgen.arguments import check_choice
from kerasgen.losses.likelihoods import float32, sum_per_example


def consistency(critic, x, augment):
    """`E |D(x) - D(T(x))|^2`: what is said should not hang on an augmentation.

    Zhang, Zhang, Odena and Lee, 2020, "Consistency Regularization for Generative
    Adversarial Networks", https://arxiv.org/abs/1910.12027, eq. 2, of real examples;
    the paper's weight is 10.

    Args:
        critic: function from a batch to what is said of it before an activation.
        x: float tensor `(batch, ...)`.
        augment: function from a batch to an augmented one, `T`; it draws its noise.

    Returns:
        float32 scalar; over more than one number an example the sum.
    """
    difference = float32(critic(x)) - float32(critic(augment(x)))
    return ops.mean(sum_per_example(ops.square(difference)))


def balanced_consistency(critic, real, fake, augment):
    """`E |D(x) - D(T(x))|^2 + E |D(G(z)) - D(T(G(z)))|^2`, bCR.

    Zhao, Singh, Lee, Zhang, Odena and Zhang, 2021, "Improved Consistency Regularization
    for GANs", https://arxiv.org/abs/2002.04724, section 2.1. Of both kinds, so that the
    generator does not learn the augmentations. Arguments as in `consistency`; `fake`
    without gradient.
    """
    return consistency(critic, real, augment) + consistency(critic, fake, augment)


def orthogonal_penalty(kernel):
    """`||W^T W * (1 - I)||_F^2`: columns at right angles, of any length.

    Brock, Donahue and Simonyan, 2019, "Large Scale GAN Training for High Fidelity
    Natural Image Synthesis", https://arxiv.org/abs/1809.11096, eq. 3, for the
    generator; the paper's weight is 1e-4. (The released code adds half its gradient.)

    Args:
        kernel: float tensor `(..., outputs)`, of a dense layer or a convolution: a
            column is a filter.
    """
    kernel = float32(kernel)
    kernel = ops.reshape(kernel, (-1, kernel.shape[-1]))
    products = ops.matmul(ops.transpose(kernel), kernel)
    return ops.sum(ops.square(products * (1.0 - ops.eye(kernel.shape[-1]))))


def half_square(weights):
    """`||w||^2 / 2` over all weights, float32: the term of weight decay.

    Args:
        weights: list of variables or tensors.
    """
    return 0.5 * sum(ops.sum(ops.square(float32(w))) for w in weights)


def lecam(real, fake, real_average, fake_average, one_sided=False):
    """`E (D(x) - a_F)^2 + E (D(G(z)) - a_R)^2` with averages `a` of the past.

    Tseng, Jiang, Liu, Yang and Yang, 2021, "Regularizing Generative Adversarial
    Networks under Limited Data", https://arxiv.org/abs/2104.03310, eq. 3.

    Args:
        real, fake: float tensors, what the discriminator says.
        real_average, fake_average: float scalars, `a_R` and `a_F`: moving averages of
            what it said of each kind (in the paper of decay 0.99).
        one_sided: bool. As in the released code, `E max(0, D(x) - a_F)^2 +
            E max(0, a_R - D(G(z)))^2`.

    Returns:
        float32 scalar. No gradient goes into the averages.
    """
    above = float32(real) - ops.stop_gradient(float32(fake_average))
    below = ops.stop_gradient(float32(real_average)) - float32(fake)
    if one_sided:
        above, below = ops.relu(above), ops.relu(below)
    return ops.mean(ops.square(above)) + ops.mean(ops.square(below))


def feature_matching(real, fake, distance="squared"):
    """`||E f(x) - E f(G(z))||_2^2`, the generator's loss of an inner layer's features.

    Salimans et al., 2016, "Improved Techniques for Training GANs",
    https://arxiv.org/abs/1606.03498, section 3.1.

    Args:
        real: float tensor `(batch, ...)`, `f(x)`, which no gradient goes into.
        fake: float tensor `(batch, ...)`, `f(G(z))`.
        distance: `"squared"`, the paper's sum over features, or `"absolute"`, the mean
            of absolute differences in the released code for CIFAR-10.
    """
    check_choice("distance", distance, ("squared", "absolute"))
    real = ops.stop_gradient(ops.mean(float32(real), axis=0))
    difference = real - ops.mean(float32(fake), axis=0)
    if distance == "absolute":
        return ops.mean(ops.abs(difference))
    return ops.sum(ops.square(difference))


def path_lengths(generator, w, noise):
    """Returns `||J_w^T y||_2` of each example, float32 `(batch,)`, differentiable.

    Karras et al., 2020, "Analyzing and Improving the Image Quality of StyleGAN",
    https://arxiv.org/abs/1912.04958, section 3.2. `J_w^T y` is the gradient of
    `G(w) . y`; of a row of styles its square is a mean over them.

    Args:
        generator: function from a batch of `w` to images `(batch, height, width,
            channels)`.
        w: float tensor `(batch, units)` or `(batch, styles, units)`.
        noise: tensor of the images' shape, from N(0, 1): `y` is this over
            `sqrt(height width)`.
    """
    noise = float32(noise) / math.sqrt(noise.shape[1] * noise.shape[2])

    def projected(w):
        return sum_per_example(float32(generator(w)) * noise)

    squared = ops.square(float32(backend.input_gradient(projected, w)))
    lengths = ops.sum(squared, axis=-1)
    if len(lengths.shape) > 1:
        lengths = ops.mean(lengths, axis=1)
    return ops.sqrt(lengths + 1e-12)


def path_length_penalty(lengths, average):
    """`E (||J_w^T y||_2 - a)^2` (Karras et al., 2020, eq. 4); its weight is 2.

    Args:
        lengths: float tensor `(batch,)`, of `path_lengths`.
        average: float scalar, `a`, the moving average of lengths. In the released code
            it is the one that has `E lengths` in it, by a share of 0.01, with gradient.
    """
    return ops.mean(ops.square(float32(lengths) - float32(average)))
