"""How skrub is asked: associations with the target, and a learner applied before its rows are marked for splitting."""

import warnings

import skrub
from questions import ask_all
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectFromModel, SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, TargetEncoder

LEARNERS = (PCA, SelectFromModel, SelectKBest, SimpleImputer, LogisticRegression, make_pipeline, StandardScaler,
            TargetEncoder)  # fmt: skip
STRONG = 0.8
"""Cramer's V with the target that is taken for an accusation; skrub itself names no bar."""


def ask(question):
    """Return columns that go with the target, and any error or warning about the order."""
    found = skrub.column_associations(question.train[[*question.features, question.target]])
    said, columns = [], []
    for row in found[found["cramer_v"] >= STRONG].itertuples():
        pair = {row.left_column_name, row.right_column_name}
        if question.target in pair:
            said.append(f"association {row.cramer_v:.2f}: {pair}")
            columns += pair - {question.target}
    if question.learner:
        said += before_the_mark(question)
    return said, columns


def before_the_mark(question):
    """Return what skrub says of a learner that stands before ``mark_as_X``."""
    learner = eval(question.learner, {each.__name__: each for each in LEARNERS})
    original = question.original
    rows = skrub.var("rows", original)
    target = rows[question.target].skb.mark_as_y()
    columns = question.columns or [name for name in original.columns if name != question.target]
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            early = rows[list(columns)].skb.apply(learner, y=rows[question.target]).skb.mark_as_X()
            plan = early.skb.apply(skrub.tabular_pipeline(LogisticRegression(max_iter=2_000)), y=target)
            plan.skb.cross_validate()
        except Exception as error:
            return [f"{type(error).__name__}: {error}"]
    return [str(each.message) for each in warned if "leak" in str(each.message) or "mark" in str(each.message)]


ask_all(ask)
