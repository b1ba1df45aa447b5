"""How mlw is asked: its leak report on the given parts, and its guards where a part is used for what it is not."""

import ml
from ml._types import SplitResult
from questions import ask_all


def ask(question):
    """Return failed checks, or the error of a guard."""
    if question.deed:
        return deed(question)
    said, columns = [], []
    for extra in ([], [question.time]) if question.time else ([],):  # with its time no row equals another
        keep = [*question.features, question.target, *extra]
        train, test = question.train[keep], question.test[keep]
        report = ml.leak(SplitResult(train=train, valid=test, test=test), question.target)
        said += [f"{check.name}: {check.detail}" for check in report.checks if not check.passed]
        columns += [each.feature for each in report.suspects if each.feature in keep]
    return list(dict.fromkeys(said)), columns


def deed(question):
    """Do what the case does with parts that mlw made."""
    rows = question.whole[[*question.features, question.target]]
    parts = ml.split(rows, question.target, seed=0)
    model = {"algorithm": "logistic", "seed": 0}
    try:
        if question.deed == "fit all":
            ml.assess(ml.fit(rows, question.target, **model), test=parts.test)
        elif question.deed == "assess train":
            ml.assess(ml.fit(parts.train, question.target, **model), test=parts.train)
        else:
            for seed in range(3):
                ml.assess(ml.fit(parts.dev, question.target, algorithm="logistic", seed=seed), test=parts.test)
    except Exception as error:
        return [f"{type(error).__name__}: {error}"], []
    return [], []


ask_all(ask, deeds=("fit all", "assess train", "assess thrice"))
