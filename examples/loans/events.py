"""Synthetic events of a lender: applications, reports of a credit bureau, defaults; the same for the same seed."""

from __future__ import annotations

import numpy as np
import pandas as pd

FIRST, LAST = pd.Timestamp("2024-01-01"), pd.Timestamp("2026-04-01")
PARTNERS = pd.Timestamp("2025-07-01")
"""From this day on, two in five applications come through partners, whose customers state their income themselves."""


def made(per_day: int = 60, seed: int = 7) -> pd.DataFrame:
    """Return 27 months of events, one a row, in the order in which they became known.

    Parameters
    ----------
    per_day : int
        Applications a day.
    seed : int
        Of the random numbers.

    Returns
    -------
    DataFrame
        Columns ``event`` (``applied``, ``reported``, ``defaulted``), ``at``, ``loan``, ``customer``, and what came with
        the event: ``amount``, ``income``, ``purpose``, ``channel``; ``open_credits``, ``late_before``.
    """
    rng = np.random.default_rng(seed)
    size = per_day * (LAST - FIRST).days
    at = FIRST + pd.to_timedelta(np.sort(rng.random(size)) * (LAST - FIRST).days, unit="D").floor("s")
    customer = rng.integers(0, size // 2, size)
    thrift = rng.normal(size=size // 2)  # of the customer; nobody sees it
    true_income = np.exp(rng.normal(7.8, 0.4, size) + 0.15 * thrift[customer])
    partner = (at >= PARTNERS) & (rng.random(size) < 0.4)
    loans = pd.DataFrame(
        {
            "event": "applied",
            "at": at,
            "loan": [f"L{number:06d}" for number in range(size)],
            "customer": [f"C{number:05d}" for number in customer],
            "amount": np.round(rng.gamma(3, 1_500, size), -2) + 500,
            "income": np.round(true_income * np.where(partner, rng.uniform(1.2, 2.2, size), 1.0)),
            "purpose": rng.choice(["car", "home", "holiday", "bills"], size, p=[0.35, 0.3, 0.15, 0.2]),
            "channel": np.where(partner, "partner", rng.choice(["branch", "web"], size, p=[0.4, 0.6])),
        }
    )
    reports = _reports(thrift, rng)
    risk = -3.2 + 0.45 * loans["amount"] / true_income - 0.9 * thrift[customer] + 0.5 * loans["purpose"].eq("bills")
    defaults = rng.random(size) < 1 / (1 + np.exp(-(risk + 1.6 * partner)))
    after = pd.to_timedelta(rng.gamma(4, 12, size), unit="D").floor("s")
    ended = loans.loc[defaults, ["loan", "customer"]].assign(event="defaulted", at=(at + after)[defaults])
    return pd.concat([loans, reports, ended], ignore_index=True).sort_values("at", kind="stable", ignore_index=True)


def _reports(thrift: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Return a report of the bureau on each customer in each quarter."""
    quarters = pd.date_range("2023-10-01", LAST, freq="QS")
    who = np.tile(np.arange(len(thrift)), len(quarters))
    return pd.DataFrame(
        {
            "event": "reported",
            "at": np.repeat(quarters, len(thrift)),
            "customer": [f"C{number:05d}" for number in who],
            "open_credits": rng.poisson(np.exp(0.4 - 0.3 * thrift[who])),
            "late_before": rng.poisson(np.exp(-0.6 - 0.8 * thrift[who])),
        }
    )


def known_by(events: pd.DataFrame, now: str | pd.Timestamp) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the applications and the bureau's reports that are known on a day; later defaults are null."""
    known = events[events["at"] <= pd.Timestamp(now)]
    loans = known.loc[known["event"] == "applied", ["loan", "customer", "at", "amount", "income", "purpose", "channel"]]
    defaulted = known[known["event"] == "defaulted"].set_index("loan")["at"]
    loans = loans.rename(columns={"at": "applied_at"}).assign(defaulted_at=loans["loan"].map(defaulted))
    reports = known.loc[known["event"] == "reported", ["customer", "at", "open_credits", "late_before"]]
    reports = reports.rename(columns={"at": "reported_at"}).astype({"open_credits": "int64", "late_before": "int64"})
    return loans.reset_index(drop=True), reports.reset_index(drop=True)
