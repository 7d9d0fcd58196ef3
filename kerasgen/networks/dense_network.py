"""A plain network of dense layers between vectors."""

import keras
from keras import layers


def dense_network(name, inputs, widths, units, activation="relu", dtype=None):
    """Returns a network from `(batch, inputs)` to `(batch, units)`, float32.

    Args:
        name: str.
        inputs: int.
        widths: tuple of ints. Units of the hidden layers.
        units: int. Outputs, without an activation.
        activation: name of the hidden layers' activation.
        dtype: dtype policy of all but the last layer.
    """
    net = keras.Sequential(name=name)
    net.add(keras.Input((inputs,)))
    for width in widths:
        net.add(layers.Dense(width, activation=activation, dtype=dtype))
    net.add(layers.Dense(units, dtype="float32"))
    return net
