"""What a data set shows of itself at a prompt and in a notebook."""


class DatasetDisplay:
    """Mixin of `Dataset`: a line of text, and a picture of some examples."""

    def __repr__(self):
        if isinstance(self.data_shape, dict):
            fields = (f"{k} {_times(v)}" for k, v in self.data_shape.items())
            kind = f"examples of {', '.join(fields)}"
        elif self.image_shape:
            kind = f"images {_times(self.data_shape)}"
        elif self.field is not None:
            kind = f"{self.field.plural} {_times(self.data_shape)}"
        else:
            kind = f"points of {_times(self.data_shape)} values"
        text = f"{self.name} ({self.split}): {self.num_examples:,} {kind}"
        if self.num_classes is not None:
            text += f", {self.num_classes} classes"
        if isinstance(self.label_shape, tuple) and len(self.label_shape) == 3:
            text += f", each beside one of {_times(self.label_shape)}"
        return f"{text}, {self.batch_size} a batch"

    def _repr_png_(self):
        from kerasgen.data.picture import show

        drawn = self.image_shape or self.data_shape == (2,) or self.field is not None
        if not drawn:
            return None
        return show(self)._repr_png_()


def _times(shape):
    return "x".join(map(str, shape))
