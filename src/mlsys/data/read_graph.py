"""ReadGraph: nodes of a graph as rows, with what their edges said when each was decided."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from mlsys.data._graph import Graph
from mlsys.data._graphml import GRAPHML_ENDINGS, read_graphml
from mlsys.data._keys import KeyCodes
from mlsys.data._side import TableOrPath, read_side, side_files
from mlsys.data._times import as_times
from mlsys.dataset import Moment, duration_of
from mlsys.errors import ConfigurationError, DataError
from mlsys.steps import Field, Source
from mlsys.values import Kind, moved, values_of, with_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

logger = logging.getLogger("mlsys")

Feature = Literal["degree", "strength", "neighbours", "component", "component_size", "pagerank"]
_MOST_MOMENTS = 1_000
"""Moments for each of which PageRank is computed anew."""
_ALWAYS = np.iinfo(np.int64).min
_NEVER = np.iinfo(np.int64).max


class ReadGraph(Source):
    """Read the nodes of a graph as rows, with features of their edges as of when each node is decided.

    Parameters
    ----------
    nodes : DataFrame, str or Path
        One row a node: a table, a CSV or Parquet file, or a GraphML file that holds nodes and edges.
    edges : DataFrame, str or Path, optional
        One row an edge; left out for GraphML.
    id : str
        Column of ``nodes`` that identifies a node.
    ends : pair of str
        Columns of ``edges`` with the ids of the two nodes.
    time : str, optional
        Column of ``edges`` with the time at which an edge became known. Without it all nodes see all edges.
    at : str, optional
        When a node is decided, by a column of ``nodes``: ``"opened"``, ``"1D after opened"``. Edges known at or after
        that moment are not seen.
    features : list of str
        ``"degree"`` (edges; of a directed graph also ``in_degree`` and ``out_degree``), ``"strength"`` (sum of their
        weights), ``"neighbours"`` (other nodes), ``"component_size"``, ``"component"`` (the id of its first node),
        ``"pagerank"``.
    means : list of str
        Numeric columns of ``nodes`` whose mean over the neighbours is added as ``neighbours_<column>``.
    known_at : dict of str to str
        When columns of ``nodes`` become known: a time column, or a delay after ``at``. A mean takes the values that
        were known when the node was decided; columns that are not named are known when their own node is decided.
    weight : str, optional
        Column of ``edges`` with weights of zero or more, for ``"strength"`` and ``"pagerank"``.
    directed : bool, optional
        Whether edges lead from the first end to the second; by default what GraphML says, otherwise no.
    snapshot : str, optional
        Compute PageRank as of the beginning of each node's period, such as ``"1D"``, rather than of each moment.
    dangling : {"error", "drop"}
        What to do with edges whose ends are not among the nodes.

    Raises
    ------
    DataError
        If a node has no id or one that another has, an edge names no node or an unknown one, times are missing, or
        ``"pagerank"`` would be computed for more than 1,000 moments.

    Notes
    -----
    A label of neighbours tells much, and may be known late: name it in ``means`` only with ``known_at``, or where edges
    and nodes have no time, not at all.

    PageRank (Brin and Page 1998; damping 0.85) is multiplied by the number of nodes, so that 1 is average however much
    the graph has grown. Degrees and means cost O(m log m) for m edges, components about 1 us of CPU time an edge,
    PageRank up to 250 passes over the edges for each moment. The features come with a request: a served model holds no
    graph.

    Examples
    --------
    >>> accounts = pd.DataFrame({"id": ["a", "b", "c"], "age": [30.0, 50.0, 20.0],
    ...                          "opened": pd.to_datetime(["2024-01-01", "2024-01-03", "2024-01-05"])})
    >>> payments = pd.DataFrame({"source": ["a", "a", "b"], "target": ["b", "c", "c"],
    ...                          "sent": pd.to_datetime(["2024-01-02", "2024-01-04", "2024-01-06"])})
    >>> graph = ReadGraph(accounts, payments, time="sent", at="1D after opened", features=["degree"], means=["age"])
    >>> graph.read()[["id", "degree", "neighbours_age"]]
      id  degree  neighbours_age
    0  a       0             NaN
    1  b       1            30.0
    2  c       1            30.0
    """

    nodes: TableOrPath
    edges: TableOrPath | None = None
    id: str = "id"
    ends: tuple[str, str] = ("source", "target")
    time: str | None = None
    at: str | None = None
    features: tuple[Feature, ...] | list[Feature] = ("degree", "neighbours", "component_size", "pagerank")
    means: tuple[str, ...] | list[str] = ()
    known_at: dict[str, str] = Field(default_factory=dict)
    weight: str | None = Field(default=None, kw_only=True)
    directed: bool | None = Field(default=None, kw_only=True)
    snapshot: str | None = Field(default=None, kw_only=True)
    dangling: Literal["error", "drop"] = Field(default="error", kw_only=True)

    def __post_init__(self) -> None:
        """Refuse edges with a time of which nobody says who sees them, and the reverse."""
        if (self.time is None) != (self.at is None):
            raise ConfigurationError(
                f"{self.title} got {'at' if self.time is None else 'time'}= alone, so that it is not known which edges "
                "a node could see",
                'give both: time= names when an edge became known, at= when a node is decided, such as at="opened"',
            )
        if self.edges is None and not self._is_graphml:
            raise ConfigurationError(f"{self.title} got no edges", "give two tables, or a GraphML file")
        if self.edges is not None and self._is_graphml:
            raise ConfigurationError(
                f"{self.title} got edges beside a GraphML file, which has its own", "give one of them"
            )
        late = [name for name in self.means if name in self.known_at]
        if late and self.at is None:
            raise ConfigurationError(
                f"{self.title}: {late[0]!r} becomes known at {self.known_at[late[0]]!r}, and its mean over neighbours "
                "would use it before",
                "say which neighbours' values were known: time= and at=, or leave it out of means=",
            )
        if self.weight is None and "strength" in self.features:
            raise ConfigurationError(f"{self.title} got the feature 'strength' without weights", "name them in weight=")
        if self.snapshot is not None and duration_of(self.snapshot, "snapshot") <= pd.Timedelta(0):
            raise ConfigurationError(f"{self.title} got snapshot={self.snapshot!r}", "give a duration above zero")

    def read(self) -> pd.DataFrame:
        """Return one row a node, in the order of the nodes."""
        nodes, edges, directed = self._tables()
        nodes = self._with_times(nodes.reset_index(drop=True))
        keys = self._keys(nodes)
        source, target, edges = self._ends(keys, edges)
        decided = self._decided(nodes)
        graph = Graph(
            len(nodes),
            source,
            target,
            self._edge_times(edges, nodes),
            decided,
            self._weights(edges),
            directed,
        )
        made = self._features(graph, nodes)
        taken = [name for name in made if name in nodes.columns]
        if taken:
            raise DataError(
                f"{self.title}: the nodes have a column {taken[0]!r}, which a feature would replace",
                f"rename it, such as nodes.rename(columns={{{taken[0]!r}: 'given_{taken[0]}'}})",
            )
        return with_columns(nodes, made)

    def files_read(self) -> Sequence[Path] | None:
        """Return the files that hold nodes and edges; ``None`` if one is an address."""
        if self._is_graphml:
            from pathlib import Path

            return [Path(str(self.nodes)).expanduser()]
        found = [side_files(each, self.title) for each in (self.nodes, self.edges)]
        return None if None in found else [file for files in found for file in files or ()]

    def known_at_declared(self) -> Mapping[str, str]:
        """Return when columns become known, as configured."""
        return self.known_at

    def notes(self) -> tuple[str, ...]:
        """Return which edges a node sees, for the plan."""
        if self.time is None:
            return ("edges have no time, so each node sees all of them",)
        return (f"a node sees the edges whose {self.time} is before {self.at}",)

    @property
    def _is_graphml(self) -> bool:
        return isinstance(self.nodes, str) and self.nodes.lower().endswith(GRAPHML_ENDINGS)

    def _tables(self) -> tuple[pd.DataFrame, pd.DataFrame, bool]:
        if self._is_graphml:
            found = read_graphml(str(self.nodes), self.title)
            nodes, edges, directed = found.nodes, found.edges, found.directed
        else:
            nodes = read_side(self.nodes, [self.id], None, f"{self.title} (nodes)")
            edges = read_side(self.edges, self.ends, None, f"{self.title} (edges)")
            directed = False
        for name in (self.time, self.weight):
            if name is not None and name not in edges.columns:
                raise self._lacks("edges", name, edges)
        for name in (self.id, *self.means, *self.known_at):
            if name not in nodes.columns:
                raise self._lacks("nodes", name, nodes)
        return nodes, edges, directed if self.directed is None else self.directed

    def _lacks(self, table: str, name: str, frame: pd.DataFrame) -> DataError:
        return DataError(
            f"{self.title}: the {table} have no column {name!r} (their columns: {', '.join(map(str, frame.columns))})",
            "correct the name",
        )

    def _keys(self, nodes: pd.DataFrame) -> KeyCodes:
        if not len(nodes):
            raise DataError(f"{self.title}: there are no nodes", "give a table with rows")
        null = nodes[self.id].isna().to_numpy()
        if null.any():
            raise DataError(
                f"{self.title}: {int(null.sum()):,} nodes have no {self.id!r}, the first in row {int(null.argmax())}",
                "give each node an id",
            )
        keys = KeyCodes(nodes, [self.id], f"{self.title} (nodes)")
        repeated = pd.Series(keys.codes).duplicated().to_numpy()
        if repeated.any():
            place = int(repeated.argmax())
            raise DataError(
                f"{self.title}: {int(repeated.sum()):,} nodes repeat the {self.id!r} of another, such as "
                f"{nodes[self.id].iloc[place]!r} in row {place}",
                "give one row a node",
            )
        return keys

    def _ends(self, keys: KeyCodes, edges: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64], pd.DataFrame]:
        """Return the nodes of each edge by number, and the edges that have both."""
        try:
            codes = [keys.of(pd.DataFrame({self.id: edges[end]})) for end in self.ends]
        except DataError as error:
            raise DataError(
                f"{self.title}: the ends of edges do not compare with the ids of nodes ({error.problem})",
                "give both the same type, such as edges.astype({'source': 'str', 'target': 'str'})",
            ) from error
        lost = (codes[0] < 0) | (codes[1] < 0)
        if not lost.any():
            return codes[0], codes[1], edges
        place = int(lost.argmax())
        side = 0 if codes[0][place] < 0 else 1
        value = edges[self.ends[side]].iloc[place]
        what = f"no {self.ends[side]!r}" if pd.isna(value) else f"{self.ends[side]}={value!r}, which is no node"
        said = f"{self.title}: {int(lost.sum()):,} of {len(lost):,} edges lack an end: row {place} has {what}"
        if self.dangling == "error":
            raise DataError(said, 'add the nodes, or leave such edges out: dangling="drop"')
        logger.warning("%s; they are left out", said)
        return codes[0][~lost], codes[1][~lost], edges[~lost]

    def _with_times(self, nodes: pd.DataFrame) -> pd.DataFrame:
        """Return the nodes with the columns that say when something is known as times."""
        if self.at is None:
            return nodes
        names = [Moment.parse(self.at).column, *(name for name in self.known_at.values() if name in nodes.columns)]
        if names[0] not in nodes.columns:
            raise self._lacks("nodes", names[0], nodes)
        return with_columns(nodes, {name: as_times(nodes[name], f"{self.title} (nodes)") for name in names})

    def _decided(self, nodes: pd.DataFrame) -> NDArray[np.int64]:
        if self.at is None:
            return np.full(len(nodes), _NEVER)
        return _ticks(self._moments(nodes))

    def _moments(self, nodes: pd.DataFrame) -> pd.Series:
        moment = Moment.parse(self.at or "")
        times = moment.of(nodes)
        null = times.isna().to_numpy()
        if null.any():
            raise DataError(
                f"{self.title}: {int(null.sum()):,} nodes have no time in {moment.column!r}, the first in row "
                f"{int(null.argmax())}, so that it is not known what they could see",
                "leave these nodes out, or give them a time",
            )
        return times

    def _edge_times(self, edges: pd.DataFrame, nodes: pd.DataFrame) -> NDArray[np.int64]:
        if self.time is None:
            return np.zeros(len(edges), dtype=np.int64)
        zone = self._moments(nodes).dt.tz
        times = as_times(edges[self.time], f"{self.title} (edges)", zone)
        if zone is None and times.dt.tz is not None:
            raise DataError(
                f"{self.title}: times of edges have an offset ({times.dt.tz}), those of nodes have none",
                "give both a time zone, or none",
            )
        null = times.isna().to_numpy()
        if null.any():
            raise DataError(
                f"{self.title}: {int(null.sum()):,} edges have no {self.time!r}, the first in row {int(null.argmax())}",
                "give each edge the time at which it became known, or leave it out",
            )
        return _ticks(times)

    def _weights(self, edges: pd.DataFrame) -> NDArray[np.float64]:
        if self.weight is None:
            return np.ones(len(edges))
        if values_of(edges[self.weight]).kind is not Kind.NUMBER and len(edges):
            raise DataError(f"{self.title}: weights in {self.weight!r} are no numbers", "name a numeric column")
        weights = edges[self.weight].to_numpy(dtype=np.float64, na_value=np.nan)
        bad = ~np.isfinite(weights) | (weights < 0)
        if bad.any():
            place = int(bad.argmax())
            raise DataError(
                f"{self.title}: {int(bad.sum()):,} edges have a weight that is null, negative or infinite, the first "
                f"({edges[self.weight].iloc[place]!r}) in row {place}",
                "give weights of zero or more",
            )
        return weights

    def _features(self, graph: Graph, nodes: pd.DataFrame) -> dict[str, Any]:
        made: dict[str, Any] = {}
        if "degree" in self.features:
            made |= graph.degrees()
        if "strength" in self.features:
            made["strength"] = graph.strength()
        if "neighbours" in self.features:
            made["neighbours"] = graph.neighbours()
        if {"component", "component_size"} & {*self.features}:
            firsts, sizes = graph.components()
            made |= {"component": nodes[self.id].iloc[firsts].array} if "component" in self.features else {}
            made |= {"component_size": sizes} if "component_size" in self.features else {}
        if "pagerank" in self.features:
            made["pagerank"] = graph.pageranks(self._snapshots(graph.decided))
        for column in self.means:
            if values_of(nodes[column]).kind not in {Kind.NUMBER, Kind.TRUTH}:
                raise DataError(
                    f"{self.title}: means= names {column!r}, which holds no numbers", "name numeric columns"
                )
            values = nodes[column].to_numpy(dtype=np.float64, na_value=np.nan)
            made[f"neighbours_{column}"] = graph.neighbours_mean(values, self._known(column, nodes))
        return made

    def _snapshots(self, decided: NDArray[np.int64]) -> NDArray[np.int64]:
        if self.snapshot is not None and self.at is not None:
            period = int(duration_of(self.snapshot, "snapshot") / pd.Timedelta("1us"))
            decided = decided // period * period
        moments = len(np.unique(decided))
        if moments > _MOST_MOMENTS:
            raise DataError(
                f"{self.title}: nodes are decided at {moments:,} moments, for each of which PageRank would be computed",
                'compute it as of the beginning of each day, snapshot="1D", or leave it out of features=',
            )
        return decided

    def _known(self, column: str, nodes: pd.DataFrame) -> NDArray[np.int64]:
        """Return when the value of each node became known."""
        if self.at is None:
            return np.full(len(nodes), _ALWAYS)
        own, said = self._moments(nodes), self.known_at.get(column)
        if said is None:
            return _ticks(own)
        if said not in nodes.columns:
            return _ticks(moved(own, duration_of(said, f"known_at[{column!r}]")))
        times = as_times(nodes[said], f"{self.title} (nodes)", own.dt.tz)
        return np.where(times.isna(), _NEVER, _ticks(times))


def _ticks(times: pd.Series) -> NDArray[np.int64]:
    return np.asarray(pd.DatetimeIndex(times.array).as_unit("us").asi8, dtype=np.int64)
