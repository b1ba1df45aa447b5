"""Estimators that split rows inside: searches, stacks, calibration, selectors, target encoders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from mlsys.steps.cloning import unfitted

_KEEP_ROWS = frozenset(
    {
        "Pipeline", "FeatureUnion", "ColumnTransformer", "SelectFromModel", "VotingClassifier", "VotingRegressor",
        "TransformedTargetRegressor", "OneVsRestClassifier", "MultiOutputClassifier", "MultiOutputRegressor",
    }
)  # fmt: skip
"""Estimators that fit their inner estimators on exactly the rows they receive."""

_PREDICT_ALL = frozenset(
    {"StackingClassifier", "StackingRegressor", "TargetEncoder", "ClassifierChain", "RegressorChain"}
)
"""Estimators that want a prediction for every row, from the folds that do not hold it."""

_SPLIT_ONLY_IF_ASKED = frozenset({"ClassifierChain", "RegressorChain"})
"""Estimators whose ``cv=None`` splits nothing."""

USUAL_FOLDS = 5
"""What scikit-learn makes of ``cv=None``."""


@dataclass(frozen=True)
class InnerSplit:
    """An estimator inside another, or itself, that splits the rows it is fitted on.

    Parameters
    ----------
    parameter : str
        Name of its ``cv`` among the parameters of the outermost one.
    owner : estimator
        Who splits.
    near : bool
        Whether its rows are those that the outermost one is fitted on, in their order.
    """

    parameter: str
    owner: Any
    near: bool

    @property
    def folds(self) -> Any:
        """Its ``cv``."""
        return self.owner.cv

    @property
    def is_number(self) -> bool:
        """Whether it names a number or a share at most: then which rows it splits by is open."""
        return self.folds is None or isinstance(self.folds, (int, float))

    @property
    def count(self) -> int:
        """Folds wanted."""
        return int(self.folds) if isinstance(self.folds, int) else USUAL_FOLDS

    @property
    def predicts_all(self) -> bool:
        """Whether every row must be held out exactly once."""
        return type(self.owner).__name__ in _PREDICT_ALL or getattr(self.owner, "ensemble", None) is False

    @property
    def said(self) -> str:
        """Its folds, for a message."""
        return f"cv={type(self.folds).__name__} of {type(self.owner).__name__}"

    @property
    def stratifies(self) -> bool:
        """Whether scikit-learn would stratify its folds by a target of classes."""
        from sklearn.base import is_regressor

        inside = getattr(self.owner, "estimator", None)
        return not any(hasattr(each, "__sklearn_tags__") and is_regressor(each) for each in (self.owner, inside))

    def hands_groups_on(self, outermost: Any) -> bool:
        """Whether groups given to ``fit`` of the outermost one would reach folds here that ask for them."""
        from sklearn import config_context
        from sklearn.model_selection import GroupKFold
        from sklearn.utils.metadata_routing import get_routing_for_object

        with config_context(enable_metadata_routing=True):
            asking = unfitted(self.owner).set_params(cv=GroupKFold())
            trial = unfitted(outermost).set_params(**{self.parameter: GroupKFold()})
            return all(_consumes(get_routing_for_object(each)) for each in (asking, trial))


def _consumes(routing: Any) -> bool:
    return "groups" in routing.consumes(method="fit", params=["groups"])


def inner_splits(estimator: Any) -> Iterator[InnerSplit]:
    """Yield every estimator that splits rows, the outermost first."""
    parts = dict(parts_inside(estimator))
    for path, part in parts.items():
        if not splits_rows(part):
            continue
        around = [parts[each] for each in _ancestors(path) if each in parts]
        yield InnerSplit(f"{path}__cv" if path else "cv", part, all(map(_keeps_rows, around)))


def parts_inside(estimator: Any) -> Iterator[tuple[str, Any]]:
    """Yield the estimator and all estimators inside it, each with its path among the parameters (``""`` for itself)."""
    yield "", estimator
    if hasattr(estimator, "get_params"):
        for path, part in estimator.get_params(deep=True).items():
            if hasattr(part, "get_params") and not isinstance(part, type):
                yield path, part


def splits_rows(part: Any) -> bool:
    """Whether it has folds, and uses them."""
    if not hasattr(part, "cv") or "cv" not in part.get_params(deep=False) or isinstance(part.cv, str):
        return False
    return not (part.cv is None and type(part).__name__ in _SPLIT_ONLY_IF_ASKED)


def wants_groups(folds: Any) -> bool:
    """Whether folds ask for groups, as ``GroupKFold`` does."""
    routing = getattr(folds, "get_metadata_routing", None)
    asked = getattr(routing(), "split", None) if routing is not None else None
    return asked is not None and asked.requests.get("groups") is True


def ignores_groups(estimator: Any) -> list[str]:
    """Return a sentence for each inner split that cannot, or is configured not to, keep groups together."""
    found = []
    for each in inner_splits(estimator):
        if not each.is_number and not wants_groups(each.folds):
            given = "its own list of splits" if isinstance(each.folds, Iterable) else each.said
            found.append(f"{given} does not ask for groups")
        elif not each.near and not each.hands_groups_on(estimator):
            found.append(f"{type(each.owner).__name__} inside {type(estimator).__name__} cannot receive groups")
    return found


def _ancestors(path: str) -> list[str]:
    names = path.split("__") if path else []
    return ["__".join(names[:depth]) for depth in range(len(names))]


def _keeps_rows(part: Any) -> bool:
    resamples = any(hasattr(step, "fit_resample") for _, step in getattr(part, "steps", ()))
    return type(part).__name__ in _KEEP_ROWS and not resamples
