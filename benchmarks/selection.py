"""Selecting features before the split, on pure noise: refused here, and what scikit-learn and skrub score for it.

100 rows, 1,000 features and a target that nothing says anything about, 8 seeds: the twenty features that go best with
the target are chosen from all rows, then a model is cross-validated. scikit-learn and skrub are measured each in an
environment of its own, made for the purpose with the newest versions and thrown away.

Run: ``python benchmarks/selection.py``; with ``--environments folder`` the environments are kept there and used again.
Writes ``docs/benchmarks/selection.rst``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import tempfile
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression

import mlsys
from measuring import table, write_page
from mlsys.errors import LeakageError
from stale import LIBRARIES, environment, version

SEEDS, ROWS, FEATURES, CHOSEN, FOLDS = range(8), 100, 1_000, 20, 5
NOISE = f"""
import json
import numpy as np
import pandas as pd

def noise(seed):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=({ROWS}, {FEATURES}))).rename(columns="x{{}}".format)
    return frame.assign(y=rng.permutation([0, 1] * {ROWS // 2}))
"""
WITH_SKLEARN = """
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline

def scores(seed):
    frame = noise(seed)
    X, y = frame.drop(columns="y"), frame["y"]
    folds = StratifiedKFold({folds}, shuffle=True, random_state=seed)
    before = SelectKBest(k={chosen}).fit_transform(X, y)
    inside = make_pipeline(SelectKBest(k={chosen}), LogisticRegression())
    return (cross_val_score(LogisticRegression(), before, y, cv=folds).mean(),
            cross_val_score(inside, X, y, cv=folds).mean())
"""
WITH_SKRUB = """
import skrub
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

def scores(seed):
    folds = StratifiedKFold({folds}, shuffle=True, random_state=seed)
    found = []
    for early in (True, False):
        data = skrub.var("data", noise(seed))
        y = data["y"].skb.mark_as_y()
        X = data.drop(columns="y")
        if early:
            X = X.skb.apply(SelectKBest(k={chosen}), y=data["y"]).skb.mark_as_X()
        else:
            X = X.skb.mark_as_X().skb.apply(SelectKBest(k={chosen}), y=y)
        predicted = X.skb.apply(LogisticRegression(), y=y)
        found.append(predicted.skb.cross_validate(cv=folds)["test_score"].mean())
    return tuple(found)
"""
ASK = "\nprint(json.dumps([[float(each) for each in scores(seed)] for seed in {seeds}]))\n"
DRIVERS = {"scikit-learn": WITH_SKLEARN, "skrub": WITH_SKRUB}


def elsewhere(name: str, python: Path) -> tuple[str, list[list[float]]]:
    """Return what another library says of the order, and the optimistic and the honest accuracy of each seed."""
    driver = DRIVERS[name].replace("{folds}", str(FOLDS)).replace("{chosen}", str(CHOSEN))
    program = NOISE + driver + ASK.format(seeds=list(SEEDS))
    done = subprocess.run([str(python), "-c", program], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: list[list[float]] = json.loads(done.stdout.splitlines()[-1])
    return (done.stderr.strip().splitlines() or ["nothing"])[-1], found


def noise(seed: int) -> pd.DataFrame:
    """The same rows as the other libraries are given."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(ROWS, FEATURES))).rename(columns="x{}".format)
    return frame.assign(y=rng.permutation([0, 1] * (ROWS // 2)))


def here() -> tuple[str, list[list[float]]]:
    """Return the refusal, and what the order would have pretended."""
    steps = [SelectKBest(k=CHOSEN), mlsys.StratifiedSplit(test=0.0), LogisticRegression(), mlsys.Evaluate(["accuracy"])]
    try:
        mlsys.Pipeline(steps, target="y")
    except LeakageError as error:
        refusal = str(error)
    else:
        raise SystemExit("the order was not refused")
    priced = [mlsys.price_of_leakage(steps, noise(seed), target="y", folds=FOLDS, repeats=1) for seed in SEEDS]
    rows = [price.table.iloc[0] for price in priced]
    return refusal, [[float(row["optimistic"]), float(row["honest"])] for row in rows]


def line(name: str, says: str, found: list[list[float]]) -> list[str]:
    """Return one line of the table: means and ranges over the seeds."""
    columns = list(zip(*found, strict=True))
    cells = [f"{statistics.mean(each):.3f} [{min(each):.2f}, {max(each):.2f}]" for each in columns]
    return [name, says, *cells]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--environments", type=Path, help="folder in which environments are kept and used again")
    arguments = parser.parse_args()
    refusal, mine = here()
    rows = [line("mlsys", "refused when built", mine)]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        kept = (arguments.environments or Path(place)).resolve()
        for library in LIBRARIES:
            if library.distribution in DRIVERS:
                python = environment(library, kept)
                name = f"{library.distribution} {version(library, python)}"
                rows.append(line(name, *elsewhere(library.distribution, python)))
    text = f"""
{ROWS} rows, {FEATURES:,} features of pure noise, a balanced target that nothing says anything about: whatever is
learned, accuracy is 0.5. ``SelectKBest(k={CHOSEN})`` and ``LogisticRegression()``, {FOLDS} folds, {len(SEEDS)} seeds;
mean and range. *Before*: the features are chosen from all rows, then the model is cross-validated. *Inside*: they are
chosen in each fold.

{table(["library", "what it says", "chosen before", "chosen inside"], rows)}

The order that is refused here is scored by ``mlsys.price_of_leakage()``. The refusal:

.. code-block:: text

{textwrap.indent(textwrap.fill(refusal.splitlines()[0], 110), "    ")}
{textwrap.indent(textwrap.fill(refusal.splitlines()[1], 110, subsequent_indent="  "), "    ")}
"""
    write_page(
        "selection", "Selecting features before the split, on pure noise", "python benchmarks/selection.py", text
    )


if __name__ == "__main__":
    main()
