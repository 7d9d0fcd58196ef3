"""Maximum mean discrepancy between two samples, and its kernels.

Gretton, Borgwardt, Rasch, Schoelkopf and Smola, 2012, "A Kernel Two-Sample Test",
Journal of Machine Learning Research 13, https://jmlr.org/papers/v13/gretton12a.html.
Both kernels take squared distances and one `scale`, the squared distance at which they
have fallen visibly: of two draws from `N(0, s^2 I)` in `d` dimensions it is `2 d s^2`.
"""

from keras import ops

from kerasgen.arguments import check_choice
from kerasgen.losses.likelihoods import float32

KERNELS = ("imq", "rbf")


def imq_kernel(squared_distance, scale):
    """`scale / (scale + |x - y|^2)`, the inverse multiquadratic: of heavy tails."""
    return scale / (scale + squared_distance)


def rbf_kernel(squared_distance, scale):
    """`exp(-|x - y|^2 / scale)`: a Gaussian of variance `scale / 2`."""
    return ops.exp(-squared_distance / scale)


def squared_distances(x, y):
    """Returns `|x_i - y_j|^2`, `(n, m)`, of vectors `(n, d)` and `(m, d)`."""
    # By differences: squares less products lose the small distances.
    return ops.sum(ops.square(x[:, None] - y[None]), axis=-1)


def mmd(x, y, kernel="imq", scale=1.0, unbiased=True):
    """Estimates `MMD^2 = E k(x, x') + E k(y, y') - 2 E k(x, y)`.

    Args:
        x: float tensor `(n, d)`, drawn from one distribution.
        y: float tensor `(m, d)`, drawn from the other.
        kernel: `"imq"` or `"rbf"`.
        scale: float > 0, see above.
        unbiased: bool. True leaves out the pairs of a vector with itself, so that the
            estimate may be negative; False keeps them: it is then never negative, and
            too large by about `(1 - E k) / n + (1 - E k) / m`.

    Returns:
        float32 scalar. Unbiased, it needs two vectors of each.
    """
    check_choice("kernel", kernel, KERNELS)
    function = imq_kernel if kernel == "imq" else rbf_kernel
    x, y = float32(x), float32(y)

    def within(x):
        total, count = ops.sum(function(squared_distances(x, x), scale)), _count(x)
        if not unbiased:
            return total / ops.square(count)
        # The kernel of a vector with itself is 1; one vector has no pairs.
        return (total - count) / ops.maximum(count * (count - 1.0), 1.0)

    between = ops.mean(function(squared_distances(x, y), scale))
    return within(x) + within(y) - 2.0 * between


def _count(x):
    return float32(ops.shape(x)[0])
