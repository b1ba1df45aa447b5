"""ReadGraph: features of nodes equal those of a graph that ends before each node is decided."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsys import ReadGraph
from mlsys.errors import ConfigurationError, DataError

DAY = pd.Timestamp("2024-01-01")


def day(number: float) -> pd.Timestamp:
    return DAY + pd.Timedelta(days=number)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame]:
    count = draw(st.integers(1, 7))
    ends = st.integers(0, count - 1)
    drawn = draw(st.lists(st.tuples(ends, ends, st.integers(0, 6), st.integers(0, 3)), max_size=14))
    moments = draw(st.lists(st.integers(0, 7), min_size=count, max_size=count))
    values = draw(st.lists(st.one_of(st.none(), st.integers(-5, 5)), min_size=count, max_size=count))
    names = [f"n{each}" for each in range(count)]
    nodes = pd.DataFrame({"id": names, "opened": [day(each) for each in moments], "x": pd.Series(values, dtype=float)})
    edges = pd.DataFrame(drawn, columns=["source", "target", "sent", "amount"])
    made = {
        "source": [names[each] for each in edges["source"]],
        "target": [names[each] for each in edges["target"]],
        "sent": pd.Series([day(each) for each in edges["sent"]], dtype="datetime64[us]"),
        "amount": edges["amount"].astype(float),
    }
    return nodes, edges.assign(**made)


def by_hand(nodes: pd.DataFrame, edges: pd.DataFrame, directed: bool) -> list[dict[str, Any]]:
    found = []
    moment_of = dict(zip(nodes["id"], nodes["opened"], strict=True))
    value_of = dict(zip(nodes["id"], nodes["x"], strict=True))
    for node, moment in moment_of.items():
        seen = [each for each in edges.itertuples() if each.sent < moment]
        own = [each for each in seen if node in (each.source, each.target)]
        others = {each.target if each.source == node else each.source for each in own} - {node}
        means = [value_of[each] for each in others if moment_of[each] < moment and not np.isnan(value_of[each])]
        reached, waiting = {node}, [node]
        while waiting:
            here = waiting.pop()
            for each in seen:
                for one, other in ((each.source, each.target), (each.target, each.source)):
                    if one == here and other not in reached:
                        reached.add(other)
                        waiting.append(other)
        there = {each for each in moment_of if moment_of[each] <= moment}
        there |= {end for each in seen for end in (each.source, each.target)}
        found.append({
            "degree": len(own),
            "neighbours": len(others),
            "strength": sum(each.amount for each in own),
            "neighbours_x": float(np.mean(means)) if means else np.nan,
            "component": min(reached),
            "component_size": len(reached),
            "pagerank": pagerank(sorted(there), seen, directed)[node],
        })  # fmt: skip
    return found


def pagerank(there: list[str], seen: list[Any], directed: bool) -> dict[str, float]:
    """Solve the equations of PageRank, rather than iterate."""
    place = {name: number for number, name in enumerate(there)}
    flow = np.zeros((len(there), len(there)))
    for each in seen:
        flow[place[each.target], place[each.source]] += each.amount
        if not directed and each.source != each.target:
            flow[place[each.source], place[each.target]] += each.amount
    out = flow.sum(axis=0)
    flow[:, out > 0] /= out[out > 0]
    flow[:, out == 0] = 1 / len(there)
    solved = np.linalg.solve(np.eye(len(there)) - 0.85 * flow, np.full(len(there), 0.15 / len(there)))
    return {name: solved[number] * len(there) for name, number in place.items()}


@given(graphs(), st.booleans())
def test_features_are_those_of_the_edges_before_each_node_was_decided(
    tables: tuple[pd.DataFrame, pd.DataFrame], directed: bool
) -> None:
    nodes, edges = tables
    features = ["degree", "strength", "neighbours", "component", "component_size", "pagerank"]
    graph = ReadGraph(
        nodes, edges, time="sent", at="opened", features=features, means=["x"], weight="amount", directed=directed
    )
    read = graph.read()
    expected = pd.DataFrame(by_hand(nodes, edges, directed))
    made = read[expected.columns.tolist()]
    pd.testing.assert_frame_equal(made, expected, check_dtype=False, rtol=1e-9, atol=1e-12)
    if directed:
        assert (read["in_degree"] + read["out_degree"] >= read["degree"]).all()


@given(graphs(), st.randoms(use_true_random=False))
def test_the_order_of_edges_changes_no_bit(tables: tuple[pd.DataFrame, pd.DataFrame], draw: Any) -> None:
    nodes, edges = tables
    order = list(range(len(edges)))
    draw.shuffle(order)
    one, other = (
        ReadGraph(nodes, each, time="sent", at="opened", features=["degree", "component_size"], means=["x"]).read()
        for each in (edges, edges.iloc[order])
    )
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_a_graph_without_times_is_seen_whole() -> None:
    nodes = pd.DataFrame({"id": [1, 2, 3, 4], "x": [1.0, 2.0, 3.0, 4.0]})
    edges = pd.DataFrame({"source": [1, 2], "target": [2, 3]})
    read = ReadGraph(nodes, edges, means=["x"]).read()
    assert read["degree"].tolist() == [1, 2, 1, 0]
    assert read["component_size"].tolist() == [3, 3, 3, 1]
    np.testing.assert_array_equal(read["neighbours_x"], [2.0, 2.0, 2.0, np.nan])
    assert read["pagerank"].mean() == pytest.approx(1.0)


def test_a_label_of_neighbours_counts_once_it_is_known() -> None:
    nodes = pd.DataFrame({"id": ["a", "b"], "opened": [day(1), day(5)], "fraud": [1.0, 0.0], "told": [day(6), day(7)]})
    edges = pd.DataFrame({"source": ["a"], "target": ["b"], "sent": [day(2)]})
    late = ReadGraph(nodes, edges, time="sent", at="opened", means=["fraud"], known_at={"fraud": "told"})
    assert late.read()["neighbours_fraud"].isna().all()
    assert late.with_(at="3D after opened").read()["neighbours_fraud"].tolist()[1] == 1.0
    delayed = late.with_(known_at={"fraud": "3D"})
    assert delayed.read()["neighbours_fraud"].tolist()[1] == 1.0
    assert delayed.with_(known_at={"fraud": "4D"}).read()["neighbours_fraud"].isna().all()


def test_a_snapshot_sees_no_edge_of_its_own_period() -> None:
    nodes = pd.DataFrame({"id": ["a", "b", "c"], "opened": [day(1.5), day(1.6), day(2.5)]})
    edges = pd.DataFrame({"source": ["a", "b"], "target": ["b", "c"], "sent": [day(0.5), day(1.2)]})
    whole = ReadGraph(nodes, edges, time="sent", at="opened", features=["pagerank"], snapshot="1D").read()
    earlier = ReadGraph(nodes, edges[:1], time="sent", at="opened", features=["pagerank"], snapshot="1D").read()
    assert whole["pagerank"].tolist()[:2] == earlier["pagerank"].tolist()[:2]
    assert whole["pagerank"].iloc[2] != earlier["pagerank"].iloc[2]


GRAPHML = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="d0" for="node" attr.name="age" attr.type="int"><default>7</default></key>
  <key id="d1" for="node" attr.name="member" attr.type="boolean"/>
  <key id="d2" for="edge" attr.name="weight" attr.type="double"/>
  <graph edgedefault="directed">
    <node id="a"><data key="d0">30</data><data key="d1">true</data></node>
    <node id="b"/>
    <edge source="a" target="b"><data key="d2">1.5</data></edge>
  </graph>
</graphml>
"""


def test_graphml_is_read_in_its_types(own_folder: Path) -> None:
    Path("g.graphml").write_text(GRAPHML)
    read = ReadGraph("g.graphml", weight="weight", features=["degree", "strength"]).read()
    assert read.columns.tolist() == ["id", "age", "member", "degree", "in_degree", "out_degree", "strength"]
    assert read["age"].tolist() == [30, 7]
    assert read["age"].dtype == "int64"
    assert read["out_degree"].tolist() == [1, 0]
    assert read["strength"].tolist() == [1.5, 1.5]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (GRAPHML[:200], "is no XML"),
        ("<a/>", "holds no graph"),
        (GRAPHML.replace(">30<", ">old<"), "attribute 'age'"),
        (GRAPHML.replace('target="b"', 'target="x"'), "target='x', which is no node"),
        (GRAPHML.replace("?>", '?><!DOCTYPE x [<!ENTITY e "x">]>', 1), "declares entities"),
    ],
)
def test_graphml_that_cannot_be_read_is_told(own_folder: Path, content: str, said: str) -> None:
    Path("g.graphml").write_text(content)
    with pytest.raises(DataError, match=said):
        ReadGraph("g.graphml").read()


def test_networkx_writes_what_is_read(own_folder: Path) -> None:
    networkx = pytest.importorskip("networkx")
    club = networkx.karate_club_graph()
    networkx.write_graphml(club, "club.graphml")
    read = ReadGraph("club.graphml", weight="weight", features=["degree", "strength", "pagerank"]).read()
    assert read["degree"].tolist() == [degree for _, degree in club.degree()]
    assert read["strength"].tolist() == [degree for _, degree in club.degree(weight="weight")]
    ranks = networkx.pagerank(club, tol=1e-13)
    np.testing.assert_allclose(read["pagerank"] / len(club), [ranks[node] for node in club], rtol=1e-9)


NODES = pd.DataFrame({"id": ["a", "b"], "opened": [day(1), day(2)], "name": ["x", "y"]})
EDGES = pd.DataFrame({"source": ["a"], "target": ["b"], "sent": [day(0)], "amount": [1.0]})
TIMES: dict[str, Any] = {"time": "sent", "at": "opened"}


@pytest.mark.parametrize(
    ("nodes", "edges", "given", "said"),
    [
        (NODES.assign(id=["a", "a"]), EDGES, {}, "1 nodes repeat the 'id' of another, such as 'a' in row 1"),
        (NODES.assign(id=["a", None]), EDGES, {}, "1 nodes have no 'id', the first in row 1"),
        (NODES.iloc[:0], EDGES, {}, "there are no nodes"),
        (NODES, EDGES.assign(target="z"), {}, "1 of 1 edges lack an end: row 0 has target='z', which is no node"),
        (NODES, EDGES.assign(source=None), {}, "row 0 has no 'source'"),
        (NODES, EDGES.assign(source=1), {}, "the ends of edges do not compare with the ids of nodes"),
        (NODES, EDGES, {"known_at": {"z": "1D"}}, "nodes have no column 'z'"),
        (NODES, EDGES.drop(columns="target"), {}, "has no column 'target'"),
        (NODES, EDGES, {"time": "when", "at": "opened"}, "edges have no column 'when'"),
        (NODES, EDGES, {"time": "sent", "at": "closed"}, "nodes have no column 'closed'"),
        (NODES.assign(opened=[day(1), pd.NaT]), EDGES, TIMES, "1 nodes have no time in 'opened', the first in row 1"),
        (NODES, EDGES.assign(sent=pd.NaT), TIMES, "1 edges have no 'sent'"),
        (NODES, EDGES.assign(sent=day(0).tz_localize("UTC")), TIMES, "have an offset"),
        (NODES, EDGES.assign(amount=-1.0), {"weight": "amount"}, "null, negative or infinite"),
        (NODES, EDGES.assign(amount="x"), {"weight": "amount"}, "are no numbers"),
        (NODES, EDGES, {"means": ["name"]}, "'name', which holds no numbers"),
        (NODES.assign(degree=1), EDGES, {}, "a column 'degree', which a feature would replace"),
    ],
)
def test_tables_that_make_no_graph_are_told(
    nodes: pd.DataFrame, edges: pd.DataFrame, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(DataError) as refused:
        ReadGraph(nodes, edges, **given).read()
    assert said in str(refused.value)
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"time": "sent"}, "give both"),
        ({"at": "opened"}, "give both"),
        ({"edges": None}, "got no edges"),
        ({"nodes": "g.graphml"}, "which has its own"),
        ({"means": ["opened"], "known_at": {"opened": "1D"}}, "would use it before"),
        ({"features": ["strength"]}, "without weights"),
        ({"features": ["betweenness"]}, "features"),
        ({"snapshot": "-1D"}, "above zero"),
    ],
)
def test_what_makes_no_graph_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        ReadGraph(**{"nodes": NODES, "edges": EDGES, **given})


def test_edges_without_a_node_are_left_out_when_asked() -> None:
    edges = pd.concat([EDGES, EDGES.assign(target="z")])
    assert ReadGraph(NODES, edges, features=["degree"], dangling="drop").read()["degree"].tolist() == [1, 1]


def test_too_many_moments_for_pagerank_are_told() -> None:
    many = pd.DataFrame({"id": range(1_001), "opened": pd.date_range("2024-01-01", periods=1_001, freq="min")})
    edges = pd.DataFrame({"source": [0], "target": [1], "sent": [day(0)]})
    with pytest.raises(DataError, match="1,001 moments"):
        ReadGraph(many, edges, time="sent", at="opened").read()
    assert len(ReadGraph(many, edges, time="sent", at="opened", snapshot="1D").read()) == 1_001
