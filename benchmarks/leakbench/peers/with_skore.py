"""How skore is asked: the checks of a report on the given parts that speak of leakage."""

from questions import ask_all, named
from sklearn.linear_model import LogisticRegression
from skore import EstimatorReport
from skrub import tabular_pipeline

AS_THE_TARGET = "trained on the target itself"
"""Of the two messages of its check for golden features, the one that speaks of the target among the features."""


def ask(question):
    """Return golden features that are as good as the target, and times that overlap; aside, what is milder."""
    golden = told(question, question.features, "SKD011")
    late = told(question, [*question.features, question.time], "SKD013", fast_mode=True) if question.time else []
    said = [text for text in golden if AS_THE_TARGET in text] + late
    aside = [text for text in golden if AS_THE_TARGET not in text]
    keep = [*question.features, *([question.time] if question.time else [])]
    return said, [column for text in said for column in named(keep, text)], aside


def told(question, keep, code, **options):
    """Return what one check of a report says, where it is an issue or a tip."""
    target = question.target
    report = EstimatorReport(
        tabular_pipeline(LogisticRegression(max_iter=2_000)),
        X_train=question.train[keep],
        y_train=question.train[target].astype(int),
        X_test=question.test[keep],
        y_test=question.test[target].astype(int),
    )
    checks = report.checks.summarize(**options).frame()
    chosen = checks[(checks["code"] == code) & checks["section"].isin(["issue", "tip"])]
    return [f"{code}: {line}" for text in chosen["explanation"] for line in text.splitlines()]


ask_all(ask)
