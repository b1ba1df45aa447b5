"""Votes in a pipeline's cache: between two processes an edited function runs, and no other."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pandas as pd
import pytest

from mlsys import CastVotes, Evaluate, LabelModel, Pipeline, StratifiedSplit, Train, Votes
from mlsys.engines import LocalEngine
from mlsys.labeling import keyword, labeling_function, threshold

from ..forks import Forks

SCRIPT = """
import json
import pathlib

import pandas as pd

from mlsys import CastVotes, Pipeline, Votes
from mlsys.labeling import labeling_function

CALLS = pathlib.Path("calls.txt")


def called(name):
    with CALLS.open("a") as calls:
        calls.write(name + "\\n")


@labeling_function(on="text", votes="spam")
def prize(text):
    called("prize")
    return text.str.contains("prize")


@labeling_function(on="text", votes="ham")
def greeting(text):
    called("greeting")
    return text.str.contains("hello")


@labeling_function(on="length", votes="spam")
def long(length):
    called("long")
    return length > 8


mails = pd.DataFrame({"id": [f"m{i}" for i in range(40)], "text": ["a prize", "hello you", "", None] * 10})
mails["length"] = mails["text"].str.len().fillna(0)
hands = Votes(pd.DataFrame({"item": ["m1", "m2"], "source": ["ann", "ben"], "label": ["ham", "spam"]}))
pipeline = Pipeline([CastVotes([prize, greeting, long, hands], id="id")], id="id")
run = pipeline.run(mails, track=False, verbose=False)
print(json.dumps({
    "votes": {name: column.dropna().to_dict() for name, column in run.frame("all").filter(like="vote_").items()},
    "steps": run.cache_report().set_index("step")["outcome"].to_dict(),
}))
"""


def run_script(forks: Forks, folder: Path, text: str):
    (folder / "script.py").write_text(text)
    (folder / "calls.txt").write_text("")
    environment = os.environ | {"MLSYS_FOLDER": str(folder / "kept"), "MLSYS_CACHE": "1"}
    done = forks.run(["script.py"], cwd=folder, env=environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), (folder / "calls.txt").read_text().split()


def test_after_an_edit_another_process_runs_one_function(forks, tmp_path):
    first, calls = run_script(forks, tmp_path, SCRIPT)
    assert set(calls) == {"prize", "greeting", "long"}
    again, calls = run_script(forks, tmp_path, SCRIPT)
    assert not calls and again["votes"] == first["votes"]
    assert {name for name, outcome in again["steps"].items() if outcome != "hit"} <= {"data"}
    edited, calls = run_script(forks, tmp_path, SCRIPT.replace('"hello"', '"you"'))
    assert set(calls) == {"greeting"} and edited["votes"] == first["votes"]
    assert edited["steps"]["CastVotes: prize"] == "hit" and edited["steps"]["CastVotes: greeting"] == "ran"
    assert edited["steps"]["CastVotes: ann and 1 more"] == "hit"
    moved, calls = run_script(forks, tmp_path, SCRIPT.replace("fillna(0)", "fillna(9)"))
    assert set(calls) == {"long"} and len(moved["votes"]["vote_long"]) > len(first["votes"]["vote_long"])
    less, calls = run_script(forks, tmp_path, SCRIPT.replace("[prize, greeting, long, hands]", "[long, prize]"))
    assert not calls and list(less["votes"]) == ["vote_long", "vote_prize"]


MAIL = pd.DataFrame({"text": ["free", None, "x", ""] * 5, "n": range(20)}, index=[f"r{i}" for i in range(20)])


@pytest.mark.parametrize(
    "sources",
    [
        [keyword("text", "free", "spam"), threshold("n", "ham", above=3)],
        [keyword("text", "free", 1), threshold("n", 0, above=3)],
        [keyword("text", "free", True), threshold("n", False, above=3)],
        [keyword("text", "free", 1.5)],
        [labeling_function(on="n", name="mixed")(lambda n: n.map(lambda each: True if each > 3 else 1))],
        [labeling_function(on="n", name="dates")(lambda n: pd.Series(pd.Timestamp("2020-01-01"), index=n.index))],
        [labeling_function(lambda frame: frame["n"] > 3)],
        [keyword("text", "nobody", 1)],
    ],
)
@pytest.mark.parametrize("rows", [MAIL, MAIL.iloc[:1]])
def test_votes_are_the_same_with_and_without_a_cache_and_alone(sources, rows, tmp_path, monkeypatch):
    monkeypatch.setenv("MLSYS_FOLDER", str(tmp_path))
    step = CastVotes(sources)
    alone = step.votes(rows)
    for cache in (False, True, True):
        run = Pipeline([step]).run(rows, track=False, cache=cache)
        pd.testing.assert_frame_equal(run.frame("all")[alone.columns], alone)
        assert [type(each) for each in run.frame("all")[alone.columns[0]]] == [type(x) for x in alone.iloc[:, 0]]


class Cutting(LocalEngine):
    """Cuts frames, as a cluster does."""

    cuts_frames = True


def test_an_engine_that_cuts_frames_casts_the_same_votes():
    sources = [keyword("text", "free", "spam"), threshold("n", "ham", above=3)]
    run = Pipeline([CastVotes(sources)]).run(MAIL, track=False, cache=False, engine=Cutting())
    pd.testing.assert_frame_equal(run.frame("all").filter(like="vote_"), CastVotes(sources).votes(MAIL))


def test_a_table_without_votes_is_no_part():
    none = Votes(pd.DataFrame({"item": pd.Series([], dtype=str), "source": pd.Series([], dtype=str),
                               "label": pd.Series([], dtype=object)}))  # fmt: skip
    assert list(CastVotes([keyword("text", "free", 1), none], id="text").label_parts()) == ["has_free"]


@labeling_function(on="text", votes="long", rows=True)
def long_text(text):
    return len(text) > 2


def test_a_function_that_failed_is_a_finding_on_the_card_also_from_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MLSYS_FOLDER", str(tmp_path))
    for _ in range(2):
        run = Pipeline([CastVotes([long_text, keyword("text", "x", "long")], most_failed=0.5)]).run(MAIL, track=False)
        found = {each.code: each for each in run.findings if each.code.startswith("LB1")}
        assert set(found) == {"LB106", "LB107"} and {each.step for each in found.values()} == {"CastVotes"}
        assert found["LB106"].severity == "warning" and "row 'r1' with TypeError" in found["LB106"].message
        assert "LB106" in str(run)


def test_what_a_label_model_warns_of_is_on_the_card():
    from sklearn.linear_model import LogisticRegression

    rows = pd.DataFrame({"n": range(200), "text": ["free", "x"] * 100, "y": [1, 0] * 100})
    copies = [keyword("text", "free", 1, name=name) for name in ("one", "two")]
    rest = [keyword("text", "x", 0), keyword("text", "nobody", 0)]
    steps = [CastVotes([*copies, *rest]), StratifiedSplit(), LabelModel(), Train(LogisticRegression()), Evaluate()]
    run = Pipeline(steps, target="y", features=["n"]).run(rows, track=False, cache=False)
    found = {each.code: each.message for each in run.findings}
    assert "one, two repeat each other" in found["LB104"] and "has_nobody" in found["LB105"]
    assert "LB104" in str(run) and "LB105" in str(run)
