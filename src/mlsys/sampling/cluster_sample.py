"""ClusterSample and TwoStageSample: some clusters by chance, whole or some rows of each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mlsys.dataset import require_columns
from mlsys.errors import ConfigurationError, DataError
from mlsys.sampling._estimating import ProbabilitySample, Variance, of_clusters, of_stages
from mlsys.sampling._ids import check_size, ids_of, kept_in_words
from mlsys.sampling._keyed import smallest
from mlsys.sampling._shares import SAMPLE_STREAM, ranks_within
from mlsys.sampling.weighted_sample import GivesWeights
from mlsys.steps import Field
from mlsys.steps.drawn import Drawn
from mlsys.summaries import hash_ids
from mlsys.values import told_apart

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from mlsys.dataset import Roles

    Values = NDArray[np.float64]


class _OfClusters(ProbabilitySample, kind="Select"):
    """A sample of clusters, whose rows are alike: they stay together in the split and in intervals."""

    by: str
    clusters: int

    def __post_init__(self) -> None:
        """Check the number of clusters: of one, nothing says how clusters differ."""
        check_size(self.title, self.clusters)
        if self.clusters < 2:  # noqa: PLR2004
            raise ConfigurationError(
                f"{self.title}: of clusters={self.clusters} nobody can say how clusters differ", "draw at least two"
            )

    def roles_given(self, roles: Roles) -> Roles:
        """Return the roles with the clusters as groups, unless the pipeline has groups of its own."""
        return roles if roles.group is not None else replace(roles, group=self.by)

    def _codes(self, frame: pd.DataFrame) -> tuple[NDArray[np.int64], pd.Series]:
        """Return the cluster of each row by number, and the clusters."""
        require_columns(frame.columns, [self.by], self.title, "correct by=, or create the column with a Derive step")
        named = told_apart(frame[self.by], f"{self.title}: {self.by!r}")
        unknown = named.isna()
        if unknown.any():
            raise DataError(
                f"{self.title}: the cluster {self.by!r} is null in {int(unknown.sum()):,} rows (the first is row "
                f"{frame.index[unknown.to_numpy()].tolist()[0]!r})",
                "give each row a cluster, or drop such rows in a Filter step",
            )
        codes, found = pd.factorize(named)
        return codes.astype(np.int64), pd.Series(found)

    def _drawn(self, found: pd.Series, seed: int) -> NDArray[np.bool_]:
        drawn = np.zeros(len(found), dtype=bool)
        drawn[smallest(hash_ids(found, seed ^ SAMPLE_STREAM), self.clusters)] = True
        return drawn


class ClusterSample(_OfClusters):
    """Keep all rows of some clusters, such as schools, stores or patients, drawn by chance.

    Parameters
    ----------
    by : str
        Column that names the cluster of a row.
    clusters : int
        Number of clusters to keep, at least two; all if there are fewer.
    seed : int
        A different seed keeps different clusters.

    Raises
    ------
    DataError
        If the column is missing, or null in some rows.

    Notes
    -----
    Keeps the clusters with the smallest hash of their name, whatever the order of the rows. Each row stands for all
    clusters / kept clusters, the same for all. Rows of a cluster are alike, so that a sample of clusters is less
    precise than as many rows: ``by`` becomes the group role unless the pipeline has one, and intervals and splits
    keep clusters together. The number of clusters decides how precise an estimate is, not that of rows.

    Examples
    --------
    >>> frame = pd.DataFrame({"school": np.repeat(np.arange(50), 20), "score": np.repeat(np.arange(50.0), 20)})
    >>> design = ClusterSample("school", clusters=10)
    >>> sample = design.select(frame)
    >>> len(sample), sample["school"].nunique(), sample["sampling_weight"].iloc[0]
    (200, 10, np.float64(5.0))
    """

    by: str
    clusters: int = Field(kw_only=True)
    seed: int = Field(default=0, kw_only=True)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the column of clusters."""
        return (self.by,)

    def keep(self, frame: pd.DataFrame, rng: np.random.Generator, /) -> Drawn:
        """Return the kept rows and their weights."""
        codes, found = self._codes(frame)
        drawn = self._drawn(found, self.seed)
        mask = drawn[codes]
        said = (
            f"{kept_in_words(int(mask.sum()), len(frame))}, all of {int(drawn.sum()):,} of {len(found):,} {self.by!r}"
        )
        return Drawn(mask, np.where(mask, len(found) / drawn.sum(), 0.0), said)

    def variance_of(self, sample: pd.DataFrame, weights: Values, z: Values) -> Variance:
        """Return how a total varies between clusters."""
        return of_clusters(weights, z, self._codes(sample)[0])


class TwoStageSample(_OfClusters, GivesWeights):
    """Keep some rows of some clusters, both drawn by chance.

    Parameters
    ----------
    by : str
        Column that names the cluster of a row.
    clusters : int
        Number of clusters to draw, at least two; all if there are fewer.
    rows : int
        Number of rows to keep of each drawn cluster; all of a smaller one.
    seed : int
        A different seed keeps different rows.
    id : str, optional
        Column that identifies rows; by default the index.

    Raises
    ------
    DataError
        If a column is missing, the cluster is null in some rows, or two rows have the same id.

    Notes
    -----
    As ``ClusterSample``; then the rows of a drawn cluster with the smallest hash of their id. A row stands for (all
    clusters / drawn clusters) times (rows of its cluster / kept rows of it), and these weights take the weight role
    unless the pipeline has one. Intervals of ``estimate`` treat clusters as put back after each draw: they are slightly
    too wide where a large share of the clusters is drawn.

    Examples
    --------
    >>> frame = pd.DataFrame({"school": np.repeat(np.arange(50), 20), "score": np.repeat(np.arange(50.0), 20)})
    >>> sample = TwoStageSample("school", clusters=10, rows=5).select(frame)
    >>> len(sample), sample["sampling_weight"].sum()
    (50, np.float64(1000.0))
    """

    by: str
    clusters: int = Field(kw_only=True)
    rows: int = Field(kw_only=True)
    seed: int = Field(default=0, kw_only=True)
    id: str | None = Field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Check both sizes."""
        super().__post_init__()
        check_size(self.title, self.rows)

    def columns_read(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return the columns of clusters and ids."""
        return (self.by,) if self.id is None else (self.by, self.id)

    def roles_given(self, roles: Roles) -> Roles:
        """Return the roles with the clusters as groups and that of the weights, where the pipeline has none."""
        return GivesWeights.roles_given(self, super().roles_given(roles))

    def keep(self, frame: pd.DataFrame, rng: np.random.Generator, /) -> Drawn:
        """Return the kept rows and their weights."""
        codes, found = self._codes(frame)
        drawn = self._drawn(found, self.seed)
        rank, size = ranks_within(codes, hash_ids(ids_of(frame, self.id, self.title), ~self.seed ^ SAMPLE_STREAM))
        mask = drawn[codes] & (rank < self.rows)
        weights = len(found) / drawn.sum() * size / np.minimum(size, self.rows)
        said = f"up to {self.rows:,} of each of {int(drawn.sum()):,} of {len(found):,} {self.by!r}"
        return Drawn(mask, np.where(mask, weights, 0.0), f"{kept_in_words(int(mask.sum()), len(frame))}, {said}")

    def variance_of(self, sample: pd.DataFrame, weights: Values, z: Values) -> Variance:
        """Return how a total varies between clusters, both stages together."""
        return of_stages(weights, z, self._codes(sample)[0])
