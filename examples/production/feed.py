"""Stand-in for a warehouse: what the lender of ``examples/loans`` knows on a morning, as files.

``python feed.py`` writes into ``data/``: ``known.parquet``, every loan with its default, where one is known;
``week.parquet``, the applications of the last seven days, as requests bring them; ``matured.parquet``, loans whose 90
days have passed in the last eight weeks, with their outcome.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from settings import DATA, TODAY

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "loans"))
from events import known_by, made

ASKED = ["loan", "applied_at", "amount", "income", "purpose", "channel", "open_credits", "late_before"]
"""What is known when a customer applies."""
LABEL_AFTER = pd.Timedelta("90D")


def tables(today: pd.Timestamp) -> dict[str, pd.DataFrame]:
    """Return the three tables of a morning, by name."""
    loans, reports = known_by(made(), today)
    reports = reports.sort_values("reported_at")
    known = pd.merge_asof(loans, reports, left_on="applied_at", right_on="reported_at", by="customer")
    known = known.drop(columns=["customer", "reported_at"])
    age = today - known["applied_at"]
    matured = known[age.between(LABEL_AFTER, LABEL_AFTER + pd.Timedelta("56D"))]
    defaulted = matured["defaulted_at"] - matured["applied_at"] <= LABEL_AFTER
    return {
        "known": known,
        "week": known.loc[age <= pd.Timedelta("7D"), ASKED],
        "matured": matured[ASKED].assign(defaulted=defaulted),
    }


if __name__ == "__main__":
    DATA.mkdir(exist_ok=True)
    for name, table in tables(TODAY).items():
        table.to_parquet(DATA / f"{name}.parquet", index=False)
        print(f"{TODAY:%Y-%m-%d} {name}: {len(table):,} rows")
