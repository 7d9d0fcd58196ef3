"""Linear classifiers of features, their regularisation chosen on images held out."""

import warnings

import numpy as np

from kerasgen.explore.feature_scores import FeatureScore
from kerasgen.metrics.means import mean_figures


class Probe:
    """Linear classifiers of one kind of features."""

    def __init__(self, name, train, y, test, test_y, held_out, grid, seed):
        self.name, self.train, self.y = name, train, y
        self.test, self.test_y = test, test_y
        self.held_out, self.grid, self.seed = held_out, grid, seed

    def with_all(self, fitted):
        """Returns the score of a classifier of all labels."""
        chosen, valid = self._choose([fitted])
        right, converged = self._right(np.sort([*fitted, *self.held_out]), chosen)
        figures = mean_figures("accuracy", right)
        error = figures.get("accuracy_standard_error")
        return FeatureScore(
            self.name,
            self.train.shape[1],
            "all",
            float(right.mean()),
            error,
            "standard error",
            float(chosen),
            valid,
            converged,
        )

    def with_few(self, draws, num_labeled):
        """Returns the mean score of classifiers of few labels."""
        chosen, valid = self._choose(draws)
        found = [self._right(draw, chosen) for draw in draws]
        accuracies = np.array([right.mean() for right, _ in found])
        return FeatureScore(
            self.name,
            self.train.shape[1],
            f"{num_labeled} a class",
            float(accuracies.mean()),
            float(accuracies.std(ddof=1)),
            f"spread of {len(draws)} draws",
            float(chosen),
            valid,
            all(converged for _, converged in found),
        )

    def _choose(self, draws):
        """Returns the best `C` on the images held out, and how good it is there."""
        if len(self.grid) == 1:
            return self.grid[0], None
        x, y = self.train[self.held_out], self.y[self.held_out]
        means = [
            np.mean([self._fit(draw, c)[0].score(x, y) for draw in draws])
            for c in self.grid
        ]
        best = int(np.argmax(means))
        return self.grid[best], float(means[best])

    def _right(self, rows, c):
        classifier, converged = self._fit(rows, c)
        return classifier.predict(self.test) == self.test_y, converged

    def _fit(self, rows, c):
        """Returns a classifier of some rows, and whether its training converged."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.svm import LinearSVC

        classifier = LinearSVC(C=c, dual="auto", random_state=self.seed)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            classifier.fit(self.train[rows], self.y[rows])
        missed = [w for w in said if issubclass(w.category, ConvergenceWarning)]
        for warning in said:
            if warning not in missed:
                warnings.warn_explicit(
                    warning.message, warning.category, warning.filename, warning.lineno
                )
        return classifier, not missed


def hold_out(y, share, generator):
    """Returns the rows that are fitted and those that are held out, class by class."""
    if not isinstance(share, float) or not 0 < share < 1:
        raise ValueError(
            "`validation_share` must be a float in (0, 1). "
            f"Received: validation_share={share!r}"
        )
    share = min(share, 10_000 / len(y))
    fitted, held_out = [], []
    for rows in _by_class(y, np.arange(len(y)), generator):
        count = max(1, round(share * len(rows)))
        held_out.extend(rows[:count])
        fitted.extend(rows[count:])
    if len(np.unique(y[fitted])) < len(np.unique(y)):
        raise ValueError(
            "`y` must have two images of each class or more. "
            f"Received: {len(y)} images of {len(np.unique(y))} classes"
        )
    return np.sort(fitted), np.sort(held_out)


def few_of_each(y, rows, count, generator):
    """Returns as many rows of each class, drawn."""
    chosen = list(_by_class(y, rows, generator))
    fewest = min(map(len, chosen))
    if count > fewest:
        raise ValueError(
            f"`num_labeled` must be at most {fewest}, as many images as the rarest "
            f"class has that are not held out. Received: num_labeled={count}"
        )
    return np.sort(np.concatenate([part[:count] for part in chosen]))


def _by_class(y, rows, generator):
    """Yields the rows of each class in a random order."""
    for label in np.unique(y):
        yield generator.permutation(rows[y[rows] == label])
