"""What a data set shows of itself at a prompt and in a notebook."""


class DatasetDisplay:
    """Mixin of `Dataset`: a line of text, and a picture of some examples."""

    def __repr__(self):
        shape = "x".join(map(str, self.data_shape))
        kind = f"images {shape}" if self.image_shape else f"points of {shape} values"
        text = f"{self.name} ({self.split}): {self.num_examples:,} {kind}"
        if self.num_classes is not None:
            text += f", {self.num_classes} classes"
        return f"{text}, {self.batch_size} a batch"

    def _repr_png_(self):
        from kerasgen.picture import show

        if not self.image_shape and self.data_shape != (2,):
            return None
        return show(self)._repr_png_()
