"""GraphML as two tables: nodes and edges, in the types that the file declares."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd

from mlsys.errors import DataError

GRAPHML_ENDINGS = (".graphml", ".graphml.xml")
_TYPES = {"boolean": "boolean", "int": "Int64", "long": "Int64", "float": "float64", "double": "float64"}
_TRUTH = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True)
class GraphML:
    """A graph as it is written.

    Parameters
    ----------
    nodes, edges : DataFrame
        A column ``id``, or ``source`` and ``target``, and the declared attributes.
    directed : bool
        Whether edges are directed by default.
    """

    nodes: pd.DataFrame
    edges: pd.DataFrame
    directed: bool


@dataclass(frozen=True)
class _Key:
    name: str
    holds: str
    default: str | None


@dataclass
class _Found:
    keys: dict[str, _Key] = field(default_factory=dict)
    records: list[dict[str, Any]] = field(default_factory=list)


def read_graphml(path: str, who: str) -> GraphML:
    """Read the first graph of a file.

    Raises
    ------
    DataError
        When it is no GraphML, an attribute does not fit its declared type, or it declares entities.
    """
    try:
        content = Path(path).expanduser().read_bytes()
        if b"<!ENTITY" in content:  # a few lines of which can become gigabytes
            raise DataError(f"{who}: {path!r} declares entities", "write the graph without a document type")
        root = ElementTree.fromstring(content)
    except OSError as error:
        raise DataError(f"{who} cannot read {path!r}: {error.strerror}", "correct the path") from error
    except ElementTree.ParseError as error:
        raise DataError(f"{who}: {path!r} is no XML: {error}", "give a complete GraphML file") from error
    graph = next((each for each in root if _tag(each) == "graph"), None)
    if _tag(root) != "graphml" or graph is None:
        raise DataError(f"{who}: {path!r} holds no graph (its root is {_tag(root)!r})", "give a GraphML file")
    declared = {"node": _Found(), "edge": _Found()}
    for each in (each for each in root if _tag(each) == "key"):
        default = next((inside.text for inside in each if _tag(inside) == "default"), None)
        key = _Key(each.get("attr.name", each.get("id", "")), each.get("attr.type", "string"), default)
        for kind in declared if each.get("for") == "all" else [each.get("for", "")]:
            if kind in declared:
                declared[kind].keys[each.get("id", "")] = key
    _collect(graph, declared)
    nodes = _table(declared["node"], ["id"], path, who)
    edges = _table(declared["edge"], ["source", "target"], path, who)
    return GraphML(nodes, edges, graph.get("edgedefault") == "directed")


def _collect(graph: ElementTree.Element, declared: dict[str, _Found]) -> None:
    for each in graph:
        found = declared.get(_tag(each))
        if found is None:
            continue
        own = {name: each.get(name) for name in ("id", "source", "target") if each.get(name) is not None}
        for data in (inside for inside in each if _tag(inside) == "data"):
            key = found.keys.get(data.get("key", ""))
            if key is not None:
                own[key.name] = data.text
        found.records.append(own)


def _table(found: _Found, ends: list[str], path: str, who: str) -> pd.DataFrame:
    made: dict[str, Any] = {name: [each.get(name) for each in found.records] for name in ends}
    for key in found.keys.values():
        texts = [each.get(key.name, key.default) for each in found.records]
        made[key.name] = _typed(texts, key, path, who)
    return pd.DataFrame({name: pd.Series(each, dtype="str") if name in ends else each for name, each in made.items()})


def _typed(texts: list[str | None], key: _Key, path: str, who: str) -> pd.Series:
    kind = _TYPES.get(key.holds, "str")
    try:
        if kind == "str":
            return pd.Series(texts, dtype="str")
        if kind == "boolean":
            return pd.Series([None if each is None else _TRUTH[each.strip().lower()] for each in texts], dtype=kind)
        read = float if kind == "float64" else int
        column = pd.Series([None if each is None else read(each) for each in texts], dtype=kind)
    except (ValueError, KeyError, OverflowError) as error:
        raise DataError(
            f"{who}: attribute {key.name!r} of {path!r} holds {error.args[0]!r}, not {key.holds} as declared",
            "correct the value, or declare the attribute as string",
        ) from error
    return column.astype("int64") if kind == "Int64" and not column.isna().any() else column


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
