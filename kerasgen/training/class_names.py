"""The names of a model's classes: taken from its data, kept in its file."""

from kerasgen.arguments import label_numbers
from kerasgen.features.label_checks import check_class_names


class ClassNames:
    """Mixin of `CompiledCalls`: `class_names`, and labels given by them."""

    _class_names = None

    @property
    def class_names(self):
        """list of str, one for each class, or None.

        `fit` takes them from the first data set that has some; the `.keras` file keeps
        them. Whatever takes a label takes its name. Set None to take others.
        """
        return None if self._class_names is None else list(self._class_names)

    @class_names.setter
    def class_names(self, names):
        names = check_class_names(names, self.num_classes)
        self._class_names = None if names is None else tuple(names)

    def label_numbers(self, labels):
        """Returns labels with numbers in the place of the names of classes."""
        if getattr(self.fields.y, "takes_words", False):
            return labels
        return label_numbers(labels, self.class_names)

    def take_class_names(self, data):
        """Takes the names of a data set, unless the model has some.

        Raises:
            ValueError: if they are others, so that its labels mean other classes.
        """
        names = getattr(data, "class_names", None)
        if names is None or self.num_classes not in (None, len(names)):
            return
        if self._class_names is None or self.num_classes is None:
            self.class_names = names
        self.check_same_classes(data)

    def check_same_classes(self, data):
        """Raises ValueError if the labels of a data set mean other classes."""
        names = getattr(data, "class_names", None)
        known = self.class_names
        unlabeled = self.num_classes is None or getattr(data, "labels", None) is None
        if unlabeled or names is None or known is None:
            return
        if list(names) != known:
            raise ValueError(
                "`x` must have the classes of the model in their order; load it with "
                "`class_names=model.class_names`, or set `model.class_names = None` to "
                f"train on others. Received: {list(names)}, model with {known}"
            )
