"""Protocols of what some steps can do beyond their kind; your own steps may inherit them as well."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mlsys.dataset import Roles, Rows
    from mlsys.steps.base import Step
    from mlsys.steps.drawn import Drawing
    from mlsys.tables import Table


@runtime_checkable
class OnDemand(Protocol):
    """A step that can be supplied, and says whether rows need it."""

    def needed_for(self, parts: Mapping[str, Table], features: Sequence[str]) -> str:
        """Return why the open parts need the step, in words that follow "because"; empty where they do not."""
        ...


@runtime_checkable
class StandsFor(Protocol):
    """A step that chooses other steps by looking at training rows."""

    def explicit(self, state: Any, /) -> Sequence[Any]:
        """Return the steps that it stands for, once it has learned."""
        ...

    def in_words(self, state: Any, /) -> str:
        """Return what it does to which columns, in one line."""
        ...


@runtime_checkable
class SaysWhatItLearned(Protocol):
    """A step of postprocessing that says in one line what it learned; the card shows it beside the rows it used."""

    def learned_in_words(self, state: Any, /) -> str:
        """Return what it learned, with the figures that a reader would ask for."""
        ...


@runtime_checkable
class LeavesOut(Protocol):
    """A step that leaves features out, and says why."""

    def left_out(self, state: Any, /) -> Mapping[str, str]:
        """Return the features that it leaves out, each with the reason."""
        ...


@runtime_checkable
class LooksUp(Protocol):
    """A row transform that adds columns of another table.

    Examples
    --------
    >>> import pandas as pd
    >>> from mlsys import Join
    >>> isinstance(Join(pd.DataFrame({"k": [1], "v": [2.0]}), on="k"), LooksUp)
    True
    """

    at_serving: Literal["stored", "input"] = "stored"
    """Whether a served model carries the table, or the added columns come with the request."""

    def side_state(self) -> pd.DataFrame:
        """Return the part of the table that a served model needs."""
        raise NotImplementedError

    def with_table(self, frame: pd.DataFrame, /) -> Any:
        """Return the same step with another table."""
        raise NotImplementedError

    def for_serving(self, written: Collection[str], /) -> Any:
        """Return the step that a served model holds; ``written`` names the columns it added in training."""
        return self


@runtime_checkable
class NamesItsTable(Protocol):
    """A step that says in a field which table it looks up in."""

    table: Any
    """A path, or the rows themselves."""


@runtime_checkable
class AsOf(LooksUp, Protocol):
    """A step that looks up only what was known when each row was decided."""

    at: str | None = None
    """When rows are decided, such as ``"1h before departs"``; ``None``: as the pipeline says."""

    @property
    def side_keys(self) -> tuple[str, ...]:
        """Columns of the table by which its rows are found: keys and times."""
        raise NotImplementedError

    def side_known(self, zone: str | None = None, /) -> pd.Series:
        """Return when each row of the table was known; times without a zone are read in ``zone``."""
        raise NotImplementedError


@runtime_checkable
class AsksAhead(Protocol):
    """A step that makes rows to forecast from; a served model holds it to make those of the next decision."""

    @property
    def key_columns(self) -> tuple[str, ...]:
        """Columns that tell series apart."""
        raise NotImplementedError

    def rows_ahead(self, keys: pd.DataFrame, last: pd.Timestamp, time: str, horizon: Any = None, /) -> pd.DataFrame:
        """Return the rows of the decision after the last known time, for each key."""
        raise NotImplementedError

    def to_complete(self, columns: Iterable[str], roles: Roles) -> dict[str, Any]:
        """Return what must be kept of training to complete rows of a request, as plain data."""
        raise NotImplementedError

    def completed(self, rows: pd.DataFrame, kept: Mapping[str, Any], /) -> pd.DataFrame:
        """Return such rows, as the steps before have changed them, as this step leaves those of training."""
        raise NotImplementedError

    def completes(self, kept: Mapping[str, Any], /) -> Mapping[str, tuple[str, ...]]:
        """Return the columns that :meth:`completed` adds, and of which it makes them."""
        raise NotImplementedError


@runtime_checkable
class AnswersTogether(Protocol):
    """A model that may answer some rows together: what it says of one depends on others that belong to it."""

    @property
    def answered_together(self) -> str | None:
        """Column whose values name rows that belong together; ``None`` where each is answered alone."""
        raise NotImplementedError


@runtime_checkable
class LearnsFromMembers(Protocol):
    """A model that learns from what other models say of rows that they did not learn from."""

    folds: int
    """How often the members are fitted to predict rows that they did not see."""

    @property
    def members_only(self) -> Any:
        """The model whose predictions are what every member says."""
        raise NotImplementedError

    def learn_from(self, train: Any, rng: Any, *, judged: Any) -> Any:
        """Return the state: members learn from ``train``, and the rest from ``judged.predictions``."""
        raise NotImplementedError


@runtime_checkable
class HasMembers(Protocol):
    """A model of several others."""

    def alone(self) -> Mapping[str, Any]:
        """Return each member as a step of its own, by name."""
        ...


@runtime_checkable
class SaysNeeds(Protocol):
    """A model that says what features its estimators take."""

    @property
    def needs(self) -> Any:
        """What features must be like."""
        raise NotImplementedError

    @property
    def prepares_features(self) -> bool:
        """Whether nothing needs to be prepared: its estimators do so themselves, or are told features by name."""
        raise NotImplementedError


@runtime_checkable
class MeasuresDistances(Protocol):
    """A model that says which of its estimators weigh features by how far apart rows are."""

    def distances(self, columns: Sequence[str], /) -> Mapping[str, Sequence[str]]:
        """Return, by the class of each such estimator, the features among columns that it measures by."""
        raise NotImplementedError


@runtime_checkable
class TellsRounds(Protocol):
    """A model that may tell a listener of the rounds of its one fit; see ``steps/rounds.py``."""

    @property
    def tells_rounds(self) -> bool:
        """Whether it does, as it is configured."""
        raise NotImplementedError


@runtime_checkable
class Derives(Protocol):
    """A row transform that makes each of its columns by a function of its own."""

    columns: Any
    """What makes each column, by name, as it was given."""

    def derivations(self) -> Mapping[str, Callable[[pd.DataFrame], Any]]:
        """Return the function that makes each column."""
        ...

    def only(self, needed: set[str], /) -> Any:
        """Return the same step with just the needed columns."""
        ...


@runtime_checkable
class LabelsInParts(Protocol):
    """A label made of labels that are independent of each other, such as one for each source of votes.

    The cache keeps what each of them says by its own code and the columns that it reads, so that editing one runs that
    one again.
    """

    def label_parts(self) -> Mapping[str, Step]:
        """Return the labels by a name that tells them apart; together they write the columns of this one."""
        ...


@runtime_checkable
class DeclaresTables(Protocol):
    """A step that declares tables which its functions hold and which were known before the rows."""

    lookup: Any


@runtime_checkable
class GivesRoles(Protocol):
    """A step whose columns take a role that the pipeline leaves open, such as the weights of a sample."""

    def roles_given(self, roles: Roles, /) -> Roles:
        """Return the roles of a pipeline with the step in it."""
        ...


@runtime_checkable
class DrawsInPieces(Protocol):
    """A step that keeps some of all rows without holding all of them."""

    def stream(self, seed: int = 0) -> Drawing:
        """Return a draw that has seen no rows."""
        ...


@runtime_checkable
class KeepsAlone(Protocol):
    """A step that keeps each row or not whatever the others are, so that rows can stay in pieces.

    What it says is tested on some rows; where these contradict it, all rows are gathered.
    """

    @property
    def keeps_alone(self) -> bool:
        """Whether it does, as it is configured."""
        raise NotImplementedError


@runtime_checkable
class AssignsAlone(Protocol):
    """A split that can assign each row by the keys of that row alone, so that those of all rows are never held.

    Its ``explain`` says nothing of the keys.
    """

    @property
    def parts_named(self) -> tuple[str, ...]:
        """Requested parts other than ``train``."""
        raise NotImplementedError

    @property
    def assigns_alone(self) -> bool:
        """Whether it does, as it is configured."""
        raise NotImplementedError


@runtime_checkable
class LearnsAcross(Protocol):
    """A model that several workers can learn together, each from the partitions that it keeps."""

    def not_across(self, first: Rows, /) -> str:
        """Return why they cannot learn from rows with such columns and roles; empty where they can."""
        ...

    def learn_across(self, train: Table, wrap: Callable[[pd.DataFrame], Rows], rng: np.random.Generator, /) -> Any:
        """Return the state, learned by the workers of the table's engine."""
        ...


@runtime_checkable
class WrapsEstimator(Protocol):
    """A step around an estimator with scikit-learn's interface."""

    estimator: Any


@runtime_checkable
class WrapsEstimators(Protocol):
    """A step around several estimators with scikit-learn's interface."""

    @property
    def estimators(self) -> Sequence[Any]:
        """All of them."""
        raise NotImplementedError


@runtime_checkable
class WrapsTransformer(Protocol):
    """A step around a transformer with scikit-learn's interface."""

    transformer: Any


@runtime_checkable
class WrapsSampler(Protocol):
    """A step around a sampler with imbalanced-learn's interface."""

    sampler: Any


def assigns_alone(step: Step) -> bool:
    """Whether a split assigns each row alone, and makes a validation part; folds need all keys.

    Examples
    --------
    >>> from mlsys import RandomSplit
    >>> assigns_alone(RandomSplit()), assigns_alone(RandomSplit(exact=True)), assigns_alone(RandomSplit(validation=0))
    (True, False, False)
    """
    return isinstance(step, AssignsAlone) and step.assigns_alone and "validation" in step.parts_named


def tables_declared(step: Step) -> tuple[Any, ...]:
    """Return the tables that a step declares in ``lookup=``."""
    given = step.lookup if isinstance(step, DeclaresTables) else None
    if given is None:
        return ()
    return tuple(given) if isinstance(given, (tuple, list)) else (given,)


def wrapped(step: Step) -> Any:
    """Return the estimator or transformer inside a step, ``None`` where there is none.

    Examples
    --------
    >>> from mlsys import Impute, Train
    >>> from sklearn.linear_model import Ridge
    >>> wrapped(Train(Ridge())), wrapped(Impute())
    (Ridge(), None)
    """
    if isinstance(step, WrapsEstimator):
        return step.estimator
    return step.transformer if isinstance(step, WrapsTransformer) else None


def all_wrapped(step: Step) -> tuple[Any, ...]:
    """Return the estimators or transformers inside a step.

    Examples
    --------
    >>> from mlsys import Voting
    >>> from sklearn.linear_model import Lasso, Ridge
    >>> all_wrapped(Voting([Ridge(), Lasso()]))
    (Ridge(), Lasso())
    """
    if isinstance(step, WrapsEstimators):
        return tuple(step.estimators)
    found = wrapped(step)
    return () if found is None else (found,)
