"""Entropies of assignments to classes, for discriminators that say no real or fake.

Springenberg, 2016, "Unsupervised and Semi-supervised Learning with Categorical
Generative Adversarial Networks", https://arxiv.org/abs/1511.06390, equations 4 to 8.
Logits are `(batch, classes)`, entropies in nats, in float32.
"""

from keras import ops

from kerasgen.losses.likelihoods import float32


def entropy(logits):
    """Returns `H[p(y|x)]` of each example, `(batch,)`."""
    log_p = ops.log_softmax(float32(logits), axis=-1)
    return -ops.sum(ops.exp(log_p) * log_p, axis=-1)


def marginal_entropy(logits):
    """Returns `H[E p(y|x)]`, of the mean assignment of the batch, a scalar."""
    p = ops.mean(ops.softmax(float32(logits), axis=-1), axis=0)
    return -ops.sum(p * ops.log(ops.maximum(p, 1e-12)))


def information(logits):
    """Returns `H[E p(y|x)] - E H[p(y|x)]`, a scalar.

    The mutual information of classes and the batch's examples, from 0 to the log of the
    number of classes.
    """
    return marginal_entropy(logits) - ops.mean(entropy(logits))


def categorical_discriminator(real, fake):
    """`-I(real) - E H[p(y|G(z))]`: certain and even of data, uncertain of the rest."""
    return -information(real) - ops.mean(entropy(fake))


def categorical_generator(fake):
    """`-I(G(z))`: what is generated is taken for one class each, and for all alike."""
    return -information(fake)
