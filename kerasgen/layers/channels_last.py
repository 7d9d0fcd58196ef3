"""Layers of Keras whose channels come last, whatever `image_data_format` is set to.

Images are `(batch, height, width, channels)` in every model of this library, volumes
`(batch, depth, height, width, channels)` inside a network.
"""

from functools import partial

from keras import layers

AveragePooling2D = partial(layers.AveragePooling2D, data_format="channels_last")
Conv2D = partial(layers.Conv2D, data_format="channels_last")
Conv2DTranspose = partial(layers.Conv2DTranspose, data_format="channels_last")
Conv3D = partial(layers.Conv3D, data_format="channels_last")
Conv3DTranspose = partial(layers.Conv3DTranspose, data_format="channels_last")
Cropping2D = partial(layers.Cropping2D, data_format="channels_last")
Flatten = partial(layers.Flatten, data_format="channels_last")
GlobalAveragePooling2D = partial(
    layers.GlobalAveragePooling2D, data_format="channels_last"
)
MaxPooling2D = partial(layers.MaxPooling2D, data_format="channels_last")
UpSampling2D = partial(layers.UpSampling2D, data_format="channels_last")
ZeroPadding2D = partial(layers.ZeroPadding2D, data_format="channels_last")
