"""Pictures of a translator's results during training."""

import numpy as np

from kerasgen import images
from kerasgen.arguments import check_int
from kerasgen.callbacks.output import PictureCallback
from kerasgen.data.resizing import resize
from kerasgen.families.translation import PAIR


class TranslationGrid(PictureCallback):
    """Draws images, their translations, and the way back, after every epoch.

    Writes `directory/name/epoch-0001.png` and so on, `epoch-0000.png` before training,
    and `directory/name.gif` at the end. For each domain to which the model translates
    there is a row of images, a row of their translations and, where the model has that
    way, a row of what becomes of these on the way back; of pairs, a row of targets. The
    noise of a model that draws some is the same each time.

    Args:
        data: A `kerasgen.data.Dataset` with the fields of the model; or a dict of
            arrays of images by domain, `"input"` and `"target"` of pairs.
        directory: Path of a folder, made when it is missing, or `None` to keep the
            picture in memory only.
        num_images: Integer, images of each domain, spread over the data.
        period: Integer, epochs between pictures. The last epoch is always drawn.
        name: String, the name of the folder and of the images in TensorBoard.
        animate: Boolean, whether to write the animation.
        seed: Integer, the seed of the noise.

    Attributes:
        latest: The latest picture, `uint8` `(height, width, channels)`, or `None`.
        latest_step: Integer, the number of training steps behind it.
    """

    needs = "translate"

    def __init__(
        self,
        data,
        directory,
        num_images=8,
        period=1,
        name="translations",
        animate=True,
        seed=0,
    ):
        super().__init__(directory, name, period=period, animate=animate)
        self.num_images = check_int("num_images", num_images)
        self.seed = check_int("seed", seed, 0)
        self.images = self._choose(data)

    def _choose(self, data):
        if hasattr(data, "spread"):
            x, y = data.spread(self.num_images)
            named = isinstance(x, dict) or y is None
            data = x if named else dict(zip(PAIR, (y, x), strict=True))
        if not isinstance(data, dict):
            raise TypeError(
                "`data` must be a Dataset with the domains of the model, or a dict of "
                f"images by domain. Received: data of type {type(data).__name__}"
            )
        return {
            name: np.asarray(part)[: self.num_images] for name, part in data.items()
        }

    def draw(self):
        model, rows, names = self.model, [], []
        translators = tuple(model.translators())
        for to in translators:
            source = model.source_of(to)
            given = self.images[source]
            translated = model.translate(given, to, seed=self.seed)
            rows += [images.to_uint8(given), self.show(translated)]
            names += [source, f"{source} to {to}"]
            if source in translators:
                back = model.translate(translated, source, seed=self.seed)
                rows.append(self.show(back))
                names.append(f"and back to {source}")
            if model.paired:
                rows.append(images.to_uint8(self.images[to]))
                names.append(to)
        colored = max(row.shape[-1] for row in rows)
        rows = [np.repeat(r, colored // r.shape[-1], axis=-1) for r in rows]
        sides = max(row.shape[1:3] for row in rows)  # pixels of smaller ones are larger
        rows = [resize(row, sides, "nearest") for row in rows]
        return images.labeled_grid(
            np.concatenate(rows),
            None,
            len(rows[0]),
            self.title("translations"),
            row_labels=names,
        )
