"""kerasgen: the generative-model zoo for Keras 3.

Every model is a `keras.Model` with one contract, trained by `model.fit(dataset)`, on
TensorFlow, JAX and PyTorch, chosen by `KERAS_BACKEND` before the first import.
"""

from kerasgen import quiet

__version__ = "0.1.0"

if not quiet.is_command():  # which imports all once it knows the backend
    if quiet.is_recipe():  # of whose output TensorFlow's logs are no part
        quiet.import_keras()
    from kerasgen.everything import *  # noqa: F403
