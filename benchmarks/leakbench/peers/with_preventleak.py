"""How preventleak is asked: duplicates across the parts, and its audit where the split ignores a declared role."""

import numpy as np
from preventleak import PreventLeak, detect_cross_split_duplicates
from questions import ask_all
from sklearn.ensemble import RandomForestClassifier


def ask(question):
    """Return the duplicates, and gaps whose interval lies above zero."""
    train, test = question.numbers()
    target = np.asarray(question.whole[question.target]).astype(int)
    said = []
    found = int(detect_cross_split_duplicates(train.to_numpy(), test.to_numpy()).sum())
    if found:
        said.append(f"{found} of {len(test)} judged rows are duplicates of a training row")
    group = question.whole[question.group].factorize()[0] if question.group and not question.respected else None
    time = question.whole[question.time].astype("int64") if question.time and not question.respected else None
    if group is not None or time is not None:
        rows = np.vstack([train, test])
        model = RandomForestClassifier(n_estimators=200, random_state=0)  # the first of its default models
        report = PreventLeak(model).audit(rows, target, group=group, time=time, detect_duplicates=False)
        said += [f"{each.channel}: gap {each.gap.delta_hat:.3f}, interval from {each.gap.ci_low:.3f}"
                 for each in report.results if each.gap.ci_low > 0]  # fmt: skip
    return said, [question.group] if any(text.startswith("group") for text in said) else []


ask_all(ask)
