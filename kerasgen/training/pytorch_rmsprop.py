"""RMSprop as PyTorch has it."""

import keras


def pytorch_rmsprop(learning_rate):
    """Returns the RMSprop of `torch.optim` with its defaults.

    It keeps 0.99 of the squared gradients and adds 1e-8 to their root. Keras adds below
    the root: here 1e-16, which is the same but for gradients about as small as 1e-7.

    Args:
        learning_rate: float or schedule.
    """
    return keras.optimizers.RMSprop(learning_rate, rho=0.99, epsilon=1e-16)
