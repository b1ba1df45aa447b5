"""How trustcv is asked: its checker on the given parts, on single features, and on the prepared table."""

import numpy as np
import pandas as pd
from questions import ask_all
from trustcv.checkers.leakage import DataLeakageChecker


def ask(question):
    """Return all kinds of leakage that its checker reports."""
    checker = DataLeakageChecker(verbose=False)
    train, test = question.numbers()
    parts = {"X_train": train, "X_test": test, "y_train": question.train[question.target].to_numpy(),
             "y_test": question.test[question.target].to_numpy()}  # fmt: skip
    for role, argument in ((question.group or question.id, "patient_ids"), (question.time, "timestamps")):
        if role:
            parts |= {f"{argument}_train": question.train[role].to_numpy(),
                      f"{argument}_test": question.test[role].to_numpy()}  # fmt: skip
    report = checker.check_cv_splits(**parts)
    said = [f"check_cv_splits: {kind}" for kind in report.leakage_types]
    columns = [question.group] if "patient" in report.leakage_types else []
    columns += [question.time] if "temporal" in report.leakage_types else []
    target = checker.check_feature_target_leakage(train, question.train[question.target].astype(int).to_numpy())
    if target["has_leakage"]:
        found = [train.columns[each["index"]] for each in target["suspicious_features"]]
        said.append(f"check_feature_target_leakage: {found}")
        columns += found
    original = question.original.select_dtypes("number")
    rows = pd.concat([train, test], ignore_index=True)
    places = np.arange(len(train)), np.arange(len(train), len(rows))
    if len(original) == len(rows) and checker.check_preprocessing_leakage(original, rows, places):
        said.append("check_preprocessing_leakage")
    return said, [each for each in columns if each]


ask_all(ask)
