"""Train: an estimator as the model of a pipeline."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  read when the class is made
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import BeforeValidator

from mlsys.dataset import known_weights
from mlsys.errors import ConfigurationError, DataError
from mlsys.models._aims import aim_of, refuse_unfit_for_aim
from mlsys.models._amounts import metrics_of_power, power_of
from mlsys.models._boosters import as_agreed
from mlsys.models._curves import curves_of
from mlsys.models._early_stopping import refuse_out_of_reach
from mlsys.models._estimators import classifies, regresses
from mlsys.models._fitting import asked_once, columns_of, fitting, predictions
from mlsys.models._handing import Handing
from mlsys.models._importances import own_importances
from mlsys.models._inputs import takes_any, text_reader
from mlsys.models._learning import Learning
from mlsys.models._learning_rows import Learned, fitted_on
from mlsys.models._queries import refuse_ranker_inside
from mlsys.models._refusals import refuse_another_scale
from mlsys.models._rounds import tells_rounds
from mlsys.models._several import (
    TARGETS,
    inside,
    mean_importances,
    naming,
    refuse_ambiguous,
    refuse_mixed,
    refuse_parts,
    takes_together,
)
from mlsys.models._warm_start import refuse_no_warm_start
from mlsys.models._without_target import measured
from mlsys.models.across import learned_across, why_not
from mlsys.models.losses import refuse_focal
from mlsys.models.needs import Needs, distance_measures, needs_of
from mlsys.steps import Field, Model
from mlsys.steps.aims import WITHOUT_TARGET
from mlsys.steps.cloning import seeded
from mlsys.steps.earlier import as_reference, earlier_digest
from mlsys.steps.shares import odds_back

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mlsys.dataset import Rows
    from mlsys.steps.aims import Aim
    from mlsys.steps.shares import Shares
    from mlsys.tables import Table


def _no_earlier_model(given: Any) -> Any:
    return None if given is False else as_reference(given)  # scikit-learn's tools turn off what is called like this


class Train(Model):
    """Train an estimator with scikit-learn's interface; estimators in a pipeline become such steps.

    Parameters
    ----------
    estimator : estimator
        A scikit-learn estimator, or one that follows its interface (LightGBM, XGBoost). It is cloned, never changed,
        and every ``random_state`` in it that is ``None`` is set from the pipeline's seed.
    features : list of str or str, optional
        Features to use, in this order; by default all. A single name as a string passes that column as a Series, for a
        scikit-learn pipeline that starts with a vectorizer.
    epochs : int
        Passes over data larger than memory, if the estimator has ``partial_fit``.
    early_stopping_share : float
        Share of the training rows used as validation rows for early stopping.
    classes : list, optional
        All classes, for a classifier that learns in partitions: the first partition may not contain all of them.
    warm_start : str or Path, optional
        A model to go on from: ``"models:/x@champion"``, a run id, or a folder written by ``run.save``. Estimators with
        ``partial_fit`` see the rows ``epochs`` times more; those of scikit-learn with ``warm_start`` begin at its
        coefficients, or add trees to it; boosters add trees. Steps of a scikit-learn pipeline before the last stay as
        they were. The card names the model: what it learned from is not known here, and may be held out.
    focal : float, optional
        Let a classifier of two classes of LightGBM or XGBoost minimize focal loss in place of log-loss: at least 0, by
        how much less rows count that are told well; 2 in the paper, 0 is the log-loss.
    allow_pickle : str
        Reason for storing the trained estimator with cloudpickle, for your own estimators that have no other format.
        The card and the plan show it, and loading the model requires ``allow_pickle=True``.

    Raises
    ------
    DataError
        If the features hold text, nulls, infinite numbers or times that the estimator cannot use (the message names all
        such columns); if the target does not fit the estimator or has a single class; if there are weights, or folds
        that need groups, and the estimator cannot receive them.
    ConfigurationError
        If a detector or clusterer says nothing of new rows (``LocalOutlierFactor()`` without ``novelty=True``,
        ``DBSCAN``), or an estimator stops early but cannot receive validation rows.

    Notes
    -----
    Rows of weight 0 are ignored: they are not passed to the estimator.

    Of several targets, an estimator that takes several by its own word (scikit-learn's tags) is given all at once, if
    every training row knows all of them; any other is cloned and fitted once for each target, on the rows where it is
    known. The clone in a ``MultiOutputClassifier`` or ``MultiOutputRegressor`` is fitted in the same way. State: as
    below under ``targets`` by name; or of all together ``together`` (classes by target) in place of ``classes``.

    Anomaly detectors and clusterers learn from features alone, also from rows whose label is unknown; a pipeline with
    one needs no target. A detector (``IsolationForest``, ``LocalOutlierFactor(novelty=True)``, ``OneClassSVM``, or any
    other with ``score_samples``) predicts ``True`` for anomalous rows, with ``score_True`` above 0; where there is a
    target of two classes, these are named as its classes, the event for anomalous rows. A clusterer (``KMeans``,
    ``GaussianMixture``) predicts the number of each row's cluster. The threshold of a detector is its own;
    :class:`TuneThreshold` chooses another.

    A ranker (``LGBMRanker``, ``XGBRanker``, ``CatBoostRanker``) orders the rows of a query, the group role; its
    target is how relevant a row is, from 0 on. Rows are sorted by query and the ranker is told where each begins;
    ``prediction`` is its score, which orders rows of one query and means nothing else.

    State: ``estimator``, ``classes`` (``None`` for numbers), ``features`` in the order of the estimator's importances.
    If a booster does not accept such names (``<5k`` in XGBoost, ``a:b`` in LightGBM), ``known_as`` are the names it
    received; ``levels`` are the category levels in the training rows: other levels are null for XGBoost, LightGBM and
    HistGradientBoosting, which accept null. ``order`` are the classes in the order of an ordered target, if it differs
    from sort order: probabilities are in that order.

    An estimator that stops early uses as validation rows the latest share of the training rows if there is a time role,
    otherwise rows chosen by hash of group or id; never the validation part. This holds for gradient boosting in
    scikit-learn (``early_stopping=True``, or ``"auto"`` above 10,000 rows) and for XGBoost, LightGBM and CatBoost
    (``early_stopping_rounds``, by any of its names), alone or in a search; other estimators select rows themselves.
    Where the latest rows were watched, an estimator that is alone is then fitted on all training rows with the number
    of trees that was found, because the latest rows say most about those to come; ``curves`` in the state are the
    losses of the first fit.

    Focal loss (Lin et al. 2017) follows weights, such as those of :class:`WeighClasses`. Probabilities are the sigmoid
    of the margin, which is too near to a half (Charoenphakdee et al. 2021): follow it with :class:`Calibrate`. Margins
    begin at 0 in LightGBM; the second derivative is at least 1e-6. The stored model is one of log-loss of the library,
    which predicts the same.

    Rows are gathered in memory; beyond memory, an estimator with ``partial_fit`` learns partition by partition, in
    order, and the workers of a Dask cluster train a classifier or regressor of XGBoost or LightGBM together: with the
    scores of one machine, but other predictions for single rows. Probabilities are those of ``predict_proba``; other
    scores are never used as probabilities.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> frame = pd.DataFrame({"x": [0.0, 1.0, 2.0, 3.0], "late": [False, False, True, True]})
    >>> model = Train(LogisticRegression()).fit(frame, target="late")
    >>> model.predict(pd.DataFrame({"x": [0.0, 3.0]})).columns.tolist()
    ['prediction', 'probability_False', 'probability_True']
    >>> model.predict(pd.DataFrame({"x": [0.0, 3.0]}))["prediction"].tolist()
    [False, True]
    """

    estimator: Any
    features: str | tuple[str, ...] | list[str] | None = None
    epochs: int = Field(default=1, kw_only=True)
    early_stopping_share: float = Field(default=0.1, kw_only=True)
    classes: tuple[Any, ...] | list[Any] | None = Field(default=None, kw_only=True)
    warm_start: Annotated[str | Path | None, BeforeValidator(_no_earlier_model)] = Field(default=None, kw_only=True)
    focal: float | None = Field(default=None, kw_only=True)
    allow_pickle: str = Field(default="", kw_only=True)
    serves_columns: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check that it is an estimator and that the numbers make sense."""
        given = self.estimator
        refuse_unfit_for_aim(given, self._who)
        if self.aim == "ranking":
            refuse_ranker_inside(given, self._who)
        # A stack has predict() only once it is fitted.
        predicts = hasattr(given, "predict") or classifies(given) or regresses(given)
        if isinstance(given, type) or not (hasattr(given, "fit") and predicts):
            what = f"the class {given.__name__}" if isinstance(given, type) else repr(given)
            raise ConfigurationError(
                f"{self.title} got {what}, which is not an estimator with fit(X, y) and predict(X)",
                "give an instance, such as LogisticRegression()",
            )
        refuse_out_of_reach(given, self._who)
        named = () if self.features is None or isinstance(self.features, str) else tuple(self.features)
        if len(set(named)) < len(named):
            twice = next(name for name in named if named.count(name) > 1)
            raise ConfigurationError(f"{self.title}: features= names {twice!r} twice", "name each feature once")
        if self.epochs < 1 or not 0 < self.early_stopping_share <= 0.5:
            raise ConfigurationError(
                f"{self.title}: epochs={self.epochs}, early_stopping_share={self.early_stopping_share}",
                "use 1 epoch or more, and a share above 0 and at most 0.5",
            )
        if self.focal is not None:
            refuse_focal(given, self.focal, self._who)
        if self.warm_start is not None:
            refuse_no_warm_start(given, self._who)
        if self.epochs > 1 and not hasattr(given, "partial_fit") and self.warm_start is None:
            raise ConfigurationError(
                f"{self.title}: epochs={self.epochs}, but {type(given).__name__} has no partial_fit",
                "leave epochs= out and set the estimator's own number of iterations",
            )

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the features used, out of those available."""
        return self._handing.read(columns)

    def allowances(self) -> tuple[str, ...]:
        """Return what the step is allowed beyond its kind, including being pickled."""
        pickled = (f"is stored as a pickle: {self.allow_pickle}",) if self.allow_pickle else ()
        warm = f"goes on from {self.warm_start}, which may have learned from rows that are held out here"
        return (*super().allowances(), *([] if self.warm_start is None else [warm]), *pickled)

    def edition(self) -> str | None:
        """Return the digest of the model that it goes on from."""
        return None if self.warm_start is None else earlier_digest(self.warm_start)

    @property
    def aim(self) -> Aim:
        """Return what the estimator is after: a target, anomalies or clusters."""
        return aim_of(self.estimator)

    @property
    def needs(self) -> Needs:
        """What the estimator accepts, and learns well from."""
        return needs_of(self.estimator)

    def distances(self, columns: Sequence[str], /) -> dict[str, tuple[str, ...]]:
        """Return by which features estimators measure distances between rows, by their class."""
        return dict.fromkeys(distance_measures(self.estimator), self.columns_read(columns))

    @property
    def tells_rounds(self) -> bool:
        """Whether rounds of the fit are told to who listens; see ``steps/rounds.py``."""
        return self.focal is None and self.warm_start is None and tells_rounds(self.estimator)

    @property
    def prepares_features(self) -> bool:
        """Whether nothing needs to be prepared: the estimator does so itself, or is told its features by name."""
        return self.features is not None or takes_any(self.estimator)

    @property
    def minimizes(self) -> tuple[str, ...]:
        """Return the deviance that an estimator of counts or amounts minimizes, and the share that is explained."""
        return metrics_of_power(power_of(self.estimator)) if regresses(self.estimator) else ()

    @property
    def epochs_wanted(self) -> int:
        """Return the number of passes over the parts."""
        return self.epochs

    def learns_in_parts(self, in_memory: bool) -> bool:
        """Return whether to learn partition by partition: beyond memory, if the estimator can."""
        return not in_memory and self.aim not in WITHOUT_TARGET and hasattr(self.estimator, "partial_fit")

    def learn(self, train: Rows, rng: np.random.Generator) -> dict[str, Any]:
        """Return the fitted estimator, its classes and its features; of several targets see ``_several.py``."""
        train = train.counted(self._who, "training rows")
        if self.aim in WITHOUT_TARGET:
            return self._learning.of_none(seeded(self.estimator, rng), train)
        if not train.roles.has_several_targets:
            return self._learning.of_one(seeded(self.estimator, rng), train)
        if self.aim != "target":
            raise DataError(
                f"{self._who} is a ranker, which learns one target, but there are several: {train.roles.targets_said}",
                "make one pipeline for each",
            )
        refuse_mixed(train, self._who)
        if takes_together(self.estimator, train.targets, self._who):
            state = self._learning.of_all(seeded(self.estimator, rng), train)
        else:
            each = inside(self.estimator)
            alone = {name: train.of_target(name) for name in train.roles.targets}
            found: dict[str, Any] = {}
            for name, rows in alone.items():
                with naming(name):
                    found[name] = self._learning.of_one(seeded(each, rng), rows)
            state = {TARGETS: found}
        counts = {name: len(columns) for name, columns in columns_of(state).items()}
        refuse_ambiguous([each for columns in columns_of(state).values() for each in columns], counts, self._who)
        return state

    def _fit(self, estimator: Any, given: Learned, beside: Mapping[str, Any], /) -> tuple[Any, dict[str, list[float]]]:
        """Return the estimator fitted on rows, and the losses of a fit that was not its last."""
        return fitted_on(estimator, given, self.early_stopping_share, self._who, beside)

    def not_across(self, first: Rows, /) -> str:
        """Return why workers do not train the estimator together; empty where they do."""
        alone = {"warm_start=": self.warm_start is not None, "focal=": self.focal is not None}
        alone |= {"features= as text": isinstance(self.features, str)}
        given = next((name for name, is_given in alone.items() if is_given), None)
        return why_not(self.estimator, first) if given is None else f"{given} works in one process only"

    def learn_across(self, train: Table, wrap: Callable[[pd.DataFrame], Rows], rng: np.random.Generator, /) -> Any:
        """Return the state of a booster that workers train together, each on the partitions that it keeps."""
        first = wrap(train.head(1))
        refuse_another_scale(first, self._who)
        return learned_across(seeded(self.estimator, rng), self._handing.names(first), train, wrap, self._who)

    def start(self, rng: np.random.Generator, /) -> dict[str, Any]:
        """Return the estimator before the first part."""
        estimator = seeded(self.estimator, rng)
        if classifies(estimator) and self.classes is None:
            raise ConfigurationError(
                f"{self._who} learns in partitions, and the first one may not have all classes",
                f"name them: Train({type(estimator).__name__}(...), classes=[False, True])",
            )
        classes = None if self.classes is None else np.unique(np.array(self.classes)).tolist()
        return {"estimator": estimator, "classes": classes, "features": []}

    def learn_part(self, part: Rows, state: dict[str, Any], rng: np.random.Generator, /) -> dict[str, Any]:
        """Return the state after one more part."""
        if part.roles.has_several_targets:
            refuse_parts(self._who)
        estimator, classes = state["estimator"], state["classes"]
        if part.weight is not None:
            part = part.take_rows(known_weights(part.weight, self._who) > 0)
        if part.empty:
            return state
        handing = self._handing
        names, weights = handing.names(part), handing.weights(part, estimator, "partial_fit")
        target = handing.target(part)
        if classes is not None:
            strange = np.unique(target[~np.isin(target, classes)]).tolist()
            if strange:
                raise DataError(
                    f"{self._who}: the target {part.y.name!r} holds {strange[0]!r}, not among classes={classes}",
                    "name every class in classes=",
                )
            weights["classes"] = np.array(classes)
        features = handing.features_of(part, names, estimator)
        with fitting(features, self._who):
            estimator.partial_fit(as_agreed(features, {}), target, **weights)
        return {**state, "features": list(names)}

    def prepare(self, state: dict[str, Any], /) -> dict[str, Any]:
        """Return the state with its lookups built once rather than at every request."""
        if TARGETS in state:
            return {TARGETS: {name: self.prepare(each) for name, each in state[TARGETS].items()}}
        return state | asked_once(state)

    def predict(self, frame: pd.DataFrame, state: dict[str, Any], /) -> pd.DataFrame:
        """Return ``prediction`` and, for classes, ``probability_<class>``; of each target where there are several."""
        return predictions(frame, state, isinstance(self.features, str), self._who)

    def measured(self, frame: pd.DataFrame, state: dict[str, Any], /) -> Any:
        """Return rows as the numbers that the estimator at the end measures distances between."""
        estimator, names = state["estimator"], state["features"]
        return measured(estimator, self._handing.features_of(frame, names, estimator))

    def corrected(self, state: dict[str, Any], shifts: Sequence[Shares], /) -> dict[str, Any] | None:
        """Return the state with what brings probabilities back to the shares before they were changed."""
        asks = "threshold" not in state and hasattr(state.get("estimator"), "predict_proba")
        return state | {"odds": odds_back(shifts, state["classes"])} if asks and state.get("classes") else None

    def importances(self, state: dict[str, Any], /) -> dict[str, float] | None:
        """Return ``feature_importances_``, or the size of ``coef_``, of the estimator inside."""
        if TARGETS in state:
            return mean_importances([self.importances(each) for each in state[TARGETS].values()])
        return own_importances(state["estimator"], state["features"])

    def curves(self, state: dict[str, Any], /) -> dict[str, list[float]]:
        """Return the losses recorded by the estimator: on training rows, and on rows for early stopping."""
        if TARGETS in state:
            found = {name: self.curves(each) for name, each in state[TARGETS].items()}
            return {f"{target}/{name}": curve for target, curves in found.items() for name, curve in curves.items()}
        return state.get("curves") or curves_of(state["estimator"])

    def columns_learned(self, columns: Sequence[str], state: Callable[[], Any], /) -> tuple[str, ...]:
        """Return the features used; the text column found for a vectorizer is known only from the state."""
        if self.features is None and text_reader(self.estimator) is not None:
            learned = state()
            learned = next(iter(learned[TARGETS].values())) if TARGETS in learned else learned
            return tuple(learned["features"])
        return self.columns_read(columns)

    @property
    def _who(self) -> str:
        return f"{self.title}({type(self.estimator).__name__})"

    @property
    def _handing(self) -> Handing:
        return Handing(self.estimator, self.features, self._who)

    @property
    def _learning(self) -> Learning:
        told = self.tells_rounds
        return Learning(self._handing, self._fit, self.aim, self.warm_start, self.epochs, self.focal, told)
