"""Votes of labeling functions, their statistics, and labels made of them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import cohen_kappa_score, confusion_matrix

from mlsys.errors import ConfigurationError, ContractError, DataError
from mlsys.labeling import WeakLabel, apply_labeling_functions, compare_labels, labeling_function, rule_report

CLASSES = ["ham", "spam", "news"]


@labeling_function(on="text", votes="spam")
def prize(text):
    return text.str.contains("prize")


@labeling_function(on=["text", "words"])
def short(frame):
    return pd.Series(np.where(frame["words"] < 3, "ham", None), index=frame.index)


@labeling_function
def everything(frame):
    return pd.Series("news", index=frame.index)


MAIL = pd.DataFrame(
    {"text": pd.array(["a prize for you", "see you", None, "the prize"], dtype="str"), "words": [4, 2, 9, 2]},
    index=list("abcd"),
)


def voting(votes: list[list[str | None]]) -> tuple[pd.DataFrame, list]:
    """A frame of ready votes, and rules that read them off."""
    frame = pd.DataFrame(votes, columns=[f"v{place}" for place in range(len(votes[0]))], dtype="object")
    return frame, [labeling_function(on=name, name=f"rule_{name}")(lambda column: column) for name in frame.columns]


def test_true_votes_and_false_or_null_abstains():
    votes = apply_labeling_functions([prize, short], MAIL)
    assert votes["prize"].tolist() == ["spam", None, None, "spam"]
    assert votes["short"].tolist() == [None, "ham", None, "ham"]
    assert votes.index.tolist() == list("abcd")


def test_a_labeling_function_can_still_be_called():
    assert prize(MAIL["text"]).tolist() == [True, False, False, True]
    assert prize.name == "prize" and short.columns == ("text", "words") and everything.columns == ()


def test_ties_are_unknown_unless_the_first_class_shall_win():
    label = WeakLabel("kind", [prize, short], classes=CLASSES)
    assert label.labels(MAIL).isna().tolist() == [False, False, True, True]
    assert label.with_(ties="first").labels(MAIL)["d"] == "ham"
    assert label.rule_columns == label.columns_read(MAIL.columns) == ("text", "words")
    assert label.withholds() == ()
    assert WeakLabel("kind", [everything], classes=CLASSES).columns_read(["a", "b"]) == ("a", "b")


@given(votes=st.lists(st.lists(st.sampled_from([*CLASSES, None]), min_size=4, max_size=4), min_size=1, max_size=20))
@settings(max_examples=50, deadline=None)
def test_the_majority_wins(votes):
    frame, rules = voting(votes)
    labels = WeakLabel("kind", rules, classes=CLASSES).labels(frame)
    for row, label in zip(votes, labels, strict=True):
        ranked = Counter(vote for vote in row if vote).most_common(2)
        wins = ranked and (len(ranked) == 1 or ranked[0][1] > ranked[1][1])
        assert (label == ranked[0][0]) if wins else pd.isna(label)


@pytest.mark.parametrize(
    ("classes", "dtype"), [([False, True], "boolean"), ([0, 1, 2], "Int64"), ([0.5, 1.5], "float64"), (CLASSES, "str")]
)
def test_labels_are_of_the_type_of_the_classes(classes, dtype):
    frame = pd.DataFrame({"x": [1, 0]})
    rule = labeling_function(on="x", votes=classes[1], name="rule")(lambda x: x > 0)
    labels = WeakLabel("y", [rule], classes=classes).labels(frame)
    assert labels.dtype == dtype and labels[0] == classes[1] and pd.isna(labels[1])


def test_classes_are_those_the_rules_vote_for_when_none_are_given():
    other = labeling_function(on="text", votes="ham", name="other")(lambda text: text.str.len() > 5)
    assert WeakLabel("kind", [prize, other]).class_values == ("ham", "spam")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: WeakLabel("y", []), "no rules"),
        (lambda: WeakLabel("y", ["prize"]), "not a function"),
        (lambda: WeakLabel("y", [prize, prize]), "two rules are named 'prize'"),
        (lambda: WeakLabel("y", [short]), "classes= is not given"),
        (lambda: WeakLabel("y", [prize], classes=["ham"]), "votes for 'spam'"),
        (lambda: WeakLabel("y", [prize], classes=["spam"], ties="coin"), "ties"),
    ],
)
def test_rules_that_cannot_vote_are_refused_when_the_step_is_made(make, said):
    with pytest.raises(ConfigurationError, match=said):
        make()


def test_a_failing_rule_is_named():
    def rule(answer):
        return labeling_function(on="words", name="odd")(lambda words: answer)

    for answer, kind, said in (
        (pd.Series("fish", index=MAIL.index), DataError, "'odd' voted for 'fish'"),
        (3, ContractError, "'odd' returned int"),
        (pd.Series([1]), ContractError, "'odd' returned Series"),
    ):
        with pytest.raises(kind, match=said):
            WeakLabel("kind", [rule(answer)], classes=CLASSES).labels(MAIL)
    with pytest.raises(DataError, match="'lost' needs the column 'nothing'"):
        labeling_function(on="nothing", name="lost")(len).vote(MAIL)
    with pytest.raises(ZeroDivisionError) as caught:
        labeling_function(on="words", name="broken")(lambda words: 1 / 0).vote(MAIL)
    assert "while the labeling function 'broken' read words" in caught.value.__notes__
    with pytest.raises(ContractError, match="not True or False"):
        labeling_function(on="words", votes="spam", name="loud")(lambda words: words).vote(MAIL)


def test_steps_of_equal_rules_are_equal():
    assert WeakLabel("y", [prize]) == WeakLabel("y", [prize])
    assert WeakLabel("y", [prize]) != WeakLabel("y", [labeling_function(on="text", votes="spam")(len)])


def test_a_report_on_rules_counts_votes_overlaps_conflicts_and_hits():
    truth = pd.Series(["spam", "ham", "spam", None], index=MAIL.index)
    table = rule_report(MAIL, [prize, short, everything], gold=truth).set_index("rule")
    assert table.loc["prize"].to_dict() | {"accuracy_lower": 0, "accuracy_upper": 0} == {
        "votes_for": "spam", "n": 2, "coverage": 0.5, "overlap": 0.5, "conflict": 0.5,
        "judged": 1, "accuracy": 1.0, "accuracy_lower": 0, "accuracy_upper": 0,
    }  # fmt: skip
    assert table.loc["everything", "overlap"] == 0.75
    assert table.loc["everything", "accuracy"] == 0.0
    interval = binomtest(0, 3).proportion_ci(method="wilson")
    assert table.loc["everything", ["accuracy_lower", "accuracy_upper"]].tolist() == pytest.approx(list(interval))
    assert "accuracy" not in rule_report(MAIL, [prize])


@given(
    pairs=st.lists(
        st.tuples(st.sampled_from([*CLASSES, None]), st.sampled_from([*CLASSES, None])), min_size=1, max_size=60
    )
)
@settings(max_examples=50, deadline=None)
def test_agreement_of_weak_and_natural_labels_is_that_of_scikit_learn(pairs):
    weak, natural = (pd.Series(list(each), dtype="str") for each in zip(*pairs, strict=True))
    result = compare_labels(weak, natural)
    both = weak.notna() & natural.notna()
    assert result.scalars["rows/compared"] == both.sum()
    assert result.scalars["coverage"] == pytest.approx(weak.notna().mean())
    assert result.scalars["rows/natural_unknown"] == natural.isna().sum()
    assert result.table["rows"].sum() == len(pairs)
    if not both.any():
        return
    hits = int((weak[both] == natural[both]).sum())
    interval = binomtest(hits, int(both.sum())).proportion_ci(method="wilson")
    assert result.scalars["agreement"] == pytest.approx(hits / both.sum())
    found = [result.scalars["agreement_lower"], result.scalars["agreement_upper"]]
    assert found == pytest.approx(list(interval), abs=1e-12)
    known = sorted(set(weak.dropna()) | set(natural.dropna()))
    if len(known) == 1:
        return
    expected = confusion_matrix(natural[both], weak[both], labels=known)
    table = result.table.dropna().pivot(index="natural", columns="weak", values="rows").loc[known, known]
    assert (table.to_numpy() == expected).all()
    if len(set(weak[both]) | set(natural[both])) > 1:
        assert result.scalars["kappa"] == pytest.approx(cohen_kappa_score(natural[both], weak[both]))


def test_labels_of_other_rows_do_not_compare():
    with pytest.raises(DataError, match="same rows"):
        compare_labels(pd.Series([True], index=[1]), pd.Series([True], index=[2]))


def test_the_comparison_has_a_picture_and_a_sentence():
    weak, natural = pd.Series([True, True, False, None]), pd.Series([True, False, False, None])
    result = compare_labels(weak, natural)
    assert result.summary.startswith("Rules label 75% of 4 rows; of 3 whose outcome is known, 66.7% agree")
    assert [text.get_text() for text in result.plot().texts] == ["100% of 1", "50% of 2"]
