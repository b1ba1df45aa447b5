"""What the guard promises, sentence by sentence, and the tests that fail where it does not hold."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.tree import DecisionTreeClassifier

from mlsys import Derive, Pipeline, RandomSplit
from mlsys.errors import Finding

TESTS = Path(__file__).parents[1]
TREE = DecisionTreeClassifier(max_depth=3)
PROMISES: dict[str, tuple[str, ...]] = {
    "differences in the last bits are rounding, within the slack of the values that were read": (
        "leakage/test_rounding.py::test_what_a_row_says_of_itself_is_not_accused_for_its_last_bits",
        "leakage/test_rounding.py::test_what_rows_say_of_others_is_accused_however_small_it_is",
    ),
    "equal lengths are chance: values must agree": (
        "leakage/test_held_by_any_object.py::test_as_many_rows_as_the_data_has_prove_nothing",
        "leakage/test_scorecards.py::test_an_equally_large_sample_is_no_leak",
    ),
    "what other columns give exactly, such as the rest of a sum, is not accused": (
        "leakage/test_rounding.py::test_what_a_row_says_of_itself_is_not_accused_for_its_last_bits",
    ),
    "an honest strong column is a question, once, without the word error": (
        "leakage/test_suspicion.py::test_an_honest_score_beside_its_rating_is_asked_about_once",
        "leakage/test_suspicion.py::test_a_question_is_no_accusation",
    ),
    "a feature of a Reshape is not lost, or it is said": (
        "execution/test_reshaped.py::test_what_does_not_touch_the_target_is_a_feature",
        "execution/test_reshaped.py::test_columns_that_are_left_out_are_not_listed_as_used",
        "execution/test_reshaped.py::test_what_moves_with_the_target_is_none",
    ),
    "target encodings that know no held-out row are not accused": (
        "leakage/test_honest_encodings.py::test_codes_out_of_fold_in_the_data_are_not_accused",
        "leakage/test_honest_encodings.py::test_codes_of_an_earlier_period_are_not_accused_in_the_data_and_in_a_function",
        "leakage/test_honest_encodings.py::test_a_step_of_ones_own_that_cross_fits_is_not_accused",
        "leakage/test_honest_encodings.py::test_codes_of_rows_before_are_not_accused",
    ),
    "held objects of any class are looked into": (
        "leakage/test_held_by_any_object.py::test_what_held_out_rows_explain_and_training_rows_do_not_is_an_error",
        "leakage/test_looked_into.py::test_data_is_found_inside",
        "leakage/test_looked_into.py::test_what_was_fitted_on_all_rows_is_an_error_and_on_training_rows_none",
    ),
    "what fills at the first call is looked into after the run": (
        "leakage/test_looked_into.py::test_what_is_kept_at_the_first_call_is_found_in_that_run",
    ),
    "what stays closed is said": (
        "leakage/test_looked_into.py::test_a_compiled_object_that_shows_nothing_is_said_to_be_closed",
        "leakage/test_looked_into.py::test_where_a_walk_ends_early_it_says_so",
    ),
    "statistics of the target in groups that only held-out rows have are compared": (
        "leakage/test_held_by_any_object.py::test_statistics_of_groups_that_only_judged_rows_have_are_found",
    ),
    "a copy of the target is one under a hundred rows": (
        "leakage/test_suspicion.py::test_a_copy_is_a_copy_in_few_rows_and_with_a_rare_class",
    ),
    "a column that tells every class is named, whatever stands beside it": (
        "leakage/test_suspicion.py::test_a_copy_is_an_error_beside_any_other_columns",
        "leakage/test_suspicion.py::test_a_copy_of_a_target_of_several_classes_tells_every_class",
        "leakage/test_suspicion.py::test_a_copy_with_few_labels_wrong_is_named_whatever_its_siblings",
    ),
    "a number that gives a number is named": (
        "leakage/test_suspicion.py::test_a_number_that_gives_the_target_exactly_is_an_error",
    ),
    "it is easy to waive": (
        "leakage/test_suspicion.py::test_a_question_is_no_accusation",
        "leakage/test_findings.py::test_a_waived_finding_stays_on_the_card_with_its_reason_and_refuses_nothing",
        "leakage/test_what_the_guard_promises.py::test_the_waiver_that_a_message_offers_is_one",
    ),
    "siblings of the strongest column count as one": (
        "leakage/test_suspicion.py::test_two_columns_that_know_the_outcome_do_not_shield_each_other",
        "leakage/test_suspicion.py::test_an_honest_score_beside_its_rating_is_asked_about_once",
    ),
    "tables of two features are assessed": (
        "leakage/test_what_the_guard_promises.py::test_of_two_features_the_one_that_knows_the_outcome_is_named",
    ),
    "a finding names step and column, says how much it carries, and mends its own cause": (
        "leakage/test_remedies.py::test_a_finding_names_step_and_column_and_mends_its_own_cause",
        "leakage/test_remedies.py::test_a_finding_about_a_column_says_how_much_it_carries_and_what_mends_it",
        "leakage/test_what_the_guard_promises.py::test_a_held_number_is_said_with_its_value_and_a_table_with_its_size",
    ),
    "one table gives every code its causes, and every cause its remedy": (
        "leakage/test_remedies.py::test_every_code_of_leakage_has_its_causes_and_every_cause_its_remedy",
        "leakage/test_remedies.py::test_no_message_about_leakage_is_written_without_a_remedy_of_the_table",
        "leakage/test_remedies.py::test_every_cause_is_given_somewhere",
    ),
    "a leak stands first on the card": (
        "run/test_what_the_card_says.py::test_a_leak_stands_above_the_score_and_once",
    ),
    "without an id a reshape is not assessed": (
        "audit/test_audit.py::test_a_run_of_a_reshape_without_an_id_says_not_assessed",
        "audit/test_audit.py::test_a_reshape_whose_rows_cannot_be_followed_is_not_assessed_with_the_way_out",
    ),
}  # fmt: skip


@cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return frozenset(each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef))


@pytest.mark.parametrize("promise", PROMISES)
def test_a_promise_is_held_by_tests_that_exist(promise: str) -> None:
    for place in PROMISES[promise]:
        file, _, name = place.partition("::")
        assert name in names_in(file), place


def visits(rows: int = 900) -> pd.DataFrame:
    rng = np.random.default_rng(9)
    frame = pd.DataFrame({"age": rng.normal(50, 9, rows), "clinic": rng.integers(0, 30, rows)})
    return frame.assign(ill=(rng.random(rows) < 1 / (1 + np.exp(-(frame["age"] - 50) / 9))).astype(int))


def found(steps: list[object], frame: pd.DataFrame, code: str, **arguments: object) -> list[Finding]:
    pipeline = Pipeline([*steps, TREE], target="ill", **arguments)  # type: ignore[arg-type]
    return [each for each in pipeline.run(frame, track=False, cache=False).findings if each.code == code]


@pytest.mark.parametrize("noise", [0.02, 0.2])
def test_of_two_features_the_one_that_knows_the_outcome_is_named(noise: float) -> None:
    rng = np.random.default_rng(1)
    frame = visits().drop(columns="clinic").assign(told=lambda f: f["ill"] + rng.normal(0, noise, len(f)))
    (finding,) = found([RandomSplit()], frame, "LK204")
    assert finding.columns == ("told",) and finding.severity in {"error", "warning"}
    assert found([RandomSplit()], frame.drop(columns="told").assign(other=rng.normal(size=len(frame))), "LK204") == []


def test_the_waiver_that_a_message_offers_is_one() -> None:
    frame = visits().assign(told=lambda f: f["ill"] + np.random.default_rng(1).normal(0, 0.2, len(f)))
    (finding,) = found([RandomSplit()], frame, "LK204")
    offered = ast.literal_eval(finding.message.partition("waive=")[2].partition("}")[0] + "}")
    (waived,) = found([RandomSplit()], frame, "LK204", waive=offered)
    assert waived.waived == "why"


def test_a_held_number_is_said_with_its_value_and_a_table_with_its_size() -> None:
    frame = visits()
    mean, rates = float(frame["age"].mean()), frame.groupby("clinic")["ill"].mean().to_dict()
    (number,) = found([Derive({"z": lambda rows: rows["age"] - mean}), RandomSplit()], frame, "LK220")
    (table,) = found([Derive({"z": lambda rows: rows["clinic"].map(rates)}), RandomSplit()], frame, "LK220")
    assert f"'mean' ({mean:.6g})" in number.message and "'rates' (30 values)" in table.message
    assert number.step == table.step == "Derive" and "z" in number.columns and {"z", "clinic"} <= set(table.columns)
