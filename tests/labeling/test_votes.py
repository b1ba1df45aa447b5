"""Votes as a long table: lossless as a matrix, with gold and lineage, and as Label Studio keeps them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsys.errors import DataError
from mlsys.labeling import LabelModel, VoteMatrix, Votes, read_label_studio, redacted, to_label_studio


def table(*rows: tuple, columns: tuple[str, ...] = ("item", "source", "label")) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(columns))


@given(seed=st.integers(0, 30), share=st.floats(0.1, 1))
@settings(max_examples=25, deadline=None)
def test_a_matrix_comes_back_from_the_long_table(seed, share):
    rng = np.random.default_rng(seed)
    codes = np.where(rng.random((12, 4)) < share, rng.integers(0, 3, (12, 4)), -1).astype(np.int8)
    matrix = VoteMatrix(codes, ["x", "y", "z"], list("abcd"), [f"i{n}" for n in range(12)])
    votes = Votes.of(matrix)
    assert len(votes) == (codes >= 0).sum()
    if not len(votes):
        return
    back = votes.matrix(matrix.classes, matrix.items)
    whole = VoteMatrix(back.codes, back.classes, back.sources, back.items).of_sources(matrix.sources)
    np.testing.assert_array_equal(whole.codes, codes)


def test_the_last_vote_of_a_source_counts_and_the_others_are_counted():
    votes = Votes(table(
        (1, "a", "x", pd.Timestamp("2024-02-01")), (1, "a", "y", pd.Timestamp("2024-01-01")), (1, "b", "x", pd.NaT),
        (2, "b", "x", pd.NaT), (2, "b", "y", pd.NaT), columns=("item", "source", "label", "time"),
    ))  # fmt: skip
    assert votes.repeated == 2 and votes.matrix().frame().to_numpy().tolist() == [["x", "x"], [None, "y"]]
    assert "2 were voted again" in repr(votes)


def test_gold_is_nobodys_vote():
    votes = Votes(table((1, "a", "x", False), (1, "boss", "y", True), columns=("item", "source", "label", "gold")))
    assert votes.sources == ("a",) and votes.gold().to_dict() == {1: "y"}
    torn = votes + Votes(table((1, "other", "x", True), columns=("item", "source", "label", "gold")))
    with pytest.raises(DataError, match="gold contradicts itself on 1 items, 1 first"):
        torn.gold()
    assert Votes(table((1, "a", "x"))).gold() is None


def test_votes_on_unknown_items_are_refused_or_counted():
    votes = Votes(table((1, "a", "x"), (9, "a", "y")))
    with pytest.raises(DataError, match="1 votes are for unknown items, 9 first"):
        votes.matrix(items=[1, 2])
    kept, left = votes.on([1, 2])
    assert left == 1 and kept.matrix(items=[1, 2]).covered.tolist() == [True, False]
    with pytest.raises(DataError, match="votes for 'y'"):
        votes.matrix(classes=["x"])


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (pd.DataFrame({"items": [1], "source": ["a"], "label": ["x"]}), "did you mean 'items'"),
        (table((1, "a", None)), "'label' is null in 1 votes"),
        (table((1, "a", "x", "robot"), columns=("item", "source", "label", "kind")), "kind 'robot'"),
        ([1], "not a frame"),
    ],
)
def test_tables_that_are_no_votes_are_refused(frame, says):
    with pytest.raises(DataError, match=says):
        Votes(frame)


def learned():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 300)
    codes = np.column_stack([np.where(rng.random(300) < right, truth, 1 - truth) for right in (0.9, 0.8, 0.6)])
    matrix = VoteMatrix(codes, ["ham", "spam"], ["ann", "ben", "rule"])
    return LabelModel().fit(matrix), Votes.of(matrix, "annotator", {"rule": "v2"}, "2024-05-01")


def test_a_label_is_traced_to_its_votes():
    model, votes = learned()
    item = next(each for each in range(300) if len({*votes.table.loc[votes.table["item"] == each, "label"]}) == 2)
    result = model.trace(votes, item)
    said = result.table.set_index("source")
    assert result.facts["label"] == model.predict(votes).loc[item, "prediction"]
    assert said.loc["rule", "version"] == "v2" and (said["time"] == pd.Timestamp("2024-05-01")).all()
    for name, row in said.iterrows():
        assert (row["says"] > 0) == (row["label"] == result.facts["label"]), name
    prior = np.diff(model.weighed.prior)[0] * (1 if result.facts["label"] == "spam" else -1)
    likely = model.predict(votes).loc[item, f"probability_{result.facts['label']}"]
    assert np.log(likely / (1 - likely)) == pytest.approx(said["says"].sum() + prior)
    result.plot()
    with pytest.raises(DataError, match="nobody voted on the item 'no'"):
        model.trace(votes, "no")


def test_gold_decides_a_traced_label():
    model, votes = learned()
    more = votes + Votes(table((0, "boss", "spam", True), (0, "boss", "spam", True),
                               columns=("item", "source", "label", "gold")))  # fmt: skip
    result = model.trace(more, 0)
    assert result.facts["label"] == "spam" and "it is gold" in result.summary
    assert result.table["counts"].tolist() == [True, True, True, False, False]


EXPORT = [
    {"id": 1, "data": {"row": "r1"}, "annotations": [
        {"completed_by": 7, "created_at": "2024-01-02T03:04:05.6Z", "was_cancelled": False, "ground_truth": False,
         "result": [{"type": "choices", "value": {"choices": ["spam"]}}]},
        {"completed_by": {"id": 8, "email": "eve@example.org"}, "created_at": "2024-01-02T04:00:00Z",
         "ground_truth": True, "result": [{"type": "choices", "value": {"choices": ["ham"]}}]},
        {"completed_by": 9, "was_cancelled": True, "result": []}],
     "predictions": [{"model_version": "m3", "result": [{"type": "choices", "value": {"choices": ["spam"]}}]}]},
    {"id": 2, "data": {"row": "r2"}, "annotations": [{"completed_by": 7, "result": []}], "predictions": []},
]  # fmt: skip


def test_an_export_of_label_studio_becomes_votes(tmp_path):
    path = tmp_path / "export.json"
    path.write_text(json.dumps(EXPORT))
    votes = read_label_studio(path, id="row").table
    assert votes[["item", "source", "kind", "version", "label", "gold"]].to_numpy().tolist() == [
        ["r1", "7", "annotator", "", "spam", False],
        ["r1", "eve@example.org", "annotator", "", "ham", True],
        ["r1", "m3", "model", "m3", "spam", False],
    ]
    assert votes["time"].iloc[0] == pd.Timestamp("2024-01-02 03:04:05.6")
    assert read_label_studio(EXPORT).table["item"].tolist() == [1, 1, 1]


def test_votes_come_back_from_tasks_and_texts_leave_redacted():
    frame = pd.DataFrame(
        {"text": ["mail ann@example.org", "call +44 20 7946 0958"], "secret": [1, 2]}, index=["p", "q"]
    )
    votes = Votes(table(
        ("p", "7", "annotator", "", "spam", pd.Timestamp("2024-01-01 10:00")),
        ("q", "m1", "model", "m1", "ham", pd.NaT),
        columns=("item", "source", "kind", "version", "label", "time"),
    ))  # fmt: skip
    tasks = json.loads(json.dumps(to_label_studio(frame, ["text"], votes)))
    assert [task["data"] for task in tasks] == [
        {"row": "p", "text": "mail <email>"},
        {"row": "q", "text": "call <phone>"},
    ]
    pd.testing.assert_frame_equal(read_label_studio(tasks, id="row").table, votes.table, check_dtype=False)
    assert to_label_studio(frame, ["text"], redact=str.upper)[0]["data"]["text"] == "MAIL ANN@EXAMPLE.ORG"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("see https://a.b/c?d=1 now", "see <link> now"),
        ("4111 1111 1111 1111", "<card>"),
        ("3 apples for 12.50 in 2024", "3 apples for 12.50 in 2024"),
        ("", ""),
    ],
)
def test_what_identifies_people_is_replaced(text, clean):
    assert redacted(text) == clean


@pytest.mark.parametrize(
    ("tasks", "says"),
    [
        ([{"id": 1, "annotations": [{"result": [{"type": "rectanglelabels"}]}]}], "type 'rectanglelabels'"),
        ([{"id": 1, "annotations": [{"result": [{"type": "choices", "value": {"choices": ["a", "b"]}}]}]}], "several"),
        ([{"data": {}}], "has no 'id'"),
        ([{"id": 1}], "holds no annotation"),
        ({"id": 1}, "not a list of tasks"),
        ("/nowhere/export.json", "not a readable JSON file"),
    ],
)
def test_exports_that_cannot_be_read_are_refused(tasks, says):
    with pytest.raises(DataError, match=says):
        read_label_studio(tasks)
