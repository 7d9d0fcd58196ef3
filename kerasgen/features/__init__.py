"""What one field of the data is: an image, a class, a vector, named as in TFDS."""

from kerasgen.features.attributes import Attributes
from kerasgen.features.class_label import ClassLabel
from kerasgen.features.feature import Feature
from kerasgen.features.fields import (
    Fields,
    check,
    check_names,
    count_examples,
    each,
    over,
    pictures,
)
from kerasgen.features.image import Image
from kerasgen.features.tensor import Tensor
from kerasgen.features.text import Text
from kerasgen.features.volume import Volume

__all__ = [
    "Attributes",
    "ClassLabel",
    "Feature",
    "Fields",
    "Image",
    "Tensor",
    "Text",
    "Volume",
    "check",
    "check_names",
    "count_examples",
    "each",
    "over",
    "pictures",
]


def __dir__():
    return __all__
