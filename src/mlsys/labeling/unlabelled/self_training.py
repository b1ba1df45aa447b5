"""SelfTraining: training rows without a label get the class that a classifier is sure of, round by round."""

from __future__ import annotations

from collections.abc import Callable  # noqa: TC003  read when the class is made
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mlsys.labeling._classifier import fitted, of_rows, refuse_no_classifier, taken
from mlsys.labeling.unlabelled.perturbing import jittered, stable
from mlsys.labeling.unlabelled.pseudo import PseudoLabels, Round
from mlsys.steps import Field

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlsys.dataset import Rows


class SelfTraining(PseudoLabels):
    """Label training rows of unknown label with the classes that a classifier is sure of, round by round.

    Parameters
    ----------
    estimator : estimator
        A classifier with ``predict_proba``; it is cloned and never changed.
    threshold : float
        A row gets its likeliest class if the probability is above this.
    rounds : int
        Most rounds; they end when none is sure any more.
    perturb : "jitter" or callable, optional
        A row gets a label only if it keeps its class in ``copies`` copies with noise on numbers and fewer words in
        texts; or a function of features and ``numpy.random.Generator`` that returns such a copy.
    copies : int
        Number of perturbed copies.
    features : list of str or str, optional
        Features of the classifier; by default all. A single name passes that column alone, as to ``Train``.
    gold_share : float
        Share of the known labels, of each class and by whole groups, that is hidden to measure pseudo labels by; the
        rows have their own labels again afterwards. 0 measures nothing.
    weight : {"one", "probability"}
        Whether a pseudo label counts as much as another, or by its probability in the column ``training_weight``,
        which the model learns by and nothing else reads; the estimator's ``fit`` must then accept weights.

    Raises
    ------
    ConfigurationError
        If the estimator says no probabilities.
    DataError
        If fewer than two classes are known, or the estimator cannot use the features.

    Notes
    -----
    Yarowsky (1995), as scikit-learn's ``SelfTrainingClassifier`` does it, and with the same labels where nothing is
    perturbed or held out. In a pipeline, rows whose target is null stay among the training rows for this step; those
    that no round is sure of stay null and the model ignores them. Held-out parts are not touched.
    ``run.reports["pseudo labels"]`` shows for each round the share of right labels among hidden rows that got one. A
    wrong early label is learned by all later rounds: see whether the accuracy falls. Costs a fit for each round.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> frame = pd.DataFrame({"x": [0.0, 1.0, 2.0, 8.0, 9.0, 10.0], "late": [False, None, None, None, None, True]})
    >>> step = SelfTraining(LogisticRegression(), threshold=0.8, gold_share=0)
    >>> step.resample(frame, target="late")["late"].tolist()
    [False, False, False, True, True, True]
    """

    estimator: Any
    threshold: float = Field(default=0.9, gt=0, le=1)
    rounds: int = Field(default=10, ge=1)
    perturb: Literal["jitter"] | Callable[..., Any] | None = Field(default=None, kw_only=True)
    copies: int = Field(default=3, ge=1, kw_only=True)

    def __post_init__(self) -> None:
        """Check the estimator."""
        refuse_no_classifier(self.estimator, self.title)

    def rounds_of(self, train: Rows, known: NDArray[np.int64], count: int, rng: np.random.Generator) -> list[Round]:
        """Return the rounds until none is sure any more."""
        features, codes, found = of_rows(train, self.features, self.title), known.copy(), list[Round]()
        perturb = jittered if isinstance(self.perturb, str) else self.perturb
        for _ in range(self.rounds):
            asked, labelled = np.flatnonzero(codes < 0), np.flatnonzero(codes >= 0)
            if not len(asked):
                break
            model = fitted(self.estimator, taken(features, labelled), codes[labelled], count, rng, self.title)
            open_rows = taken(features, asked)
            shares = model.shares(open_rows)
            said = shares.argmax(axis=1)
            sure = np.flatnonzero(shares.max(axis=1) > self.threshold)
            steady = sure
            if perturb is not None:
                kept = stable(model.shares, taken(open_rows, sure), said[sure], perturb, self.copies, rng)
                steady = sure[kept]
            places = asked[steady]
            codes[places] = said[steady]
            made = Round(places, said[steady], shares.max(axis=1)[steady], len(sure) - len(steady), len(asked))
            found.append(made)
            if not len(places):
                break
        return found
