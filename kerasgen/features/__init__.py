"""What one field of the data is: an image, a class, a vector, named as in TFDS."""

from kerasgen.features.attributes import Attributes
from kerasgen.features.boxes import Boxes
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
from kerasgen.features.keypoints import Keypoints
from kerasgen.features.label_map import LabelMap
from kerasgen.features.series import Series
from kerasgen.features.tensor import Tensor
from kerasgen.features.text import Text
from kerasgen.features.tracks import Tracks
from kerasgen.features.video import Video
from kerasgen.features.volume import Volume

__all__ = [
    "Attributes",
    "Boxes",
    "ClassLabel",
    "Feature",
    "Fields",
    "Image",
    "Keypoints",
    "LabelMap",
    "Series",
    "Tensor",
    "Text",
    "Volume",
    "Tracks",
    "Video",
    "check",
    "check_names",
    "count_examples",
    "each",
    "over",
    "pictures",
]


def __dir__():
    return __all__
