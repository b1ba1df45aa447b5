"""Outcome: what came out of a run, without its process."""

from __future__ import annotations

from functools import cached_property

import pandas as pd

from mlsys.errors import ConfigurationError
from mlsys.outcome.card import Card, make_card
from mlsys.outcome.facts import RunFacts
from mlsys.outcome.leakage_report import LeakageReport, leakage_report
from mlsys.outcome.lineage import Lineage, lineage_of
from mlsys.outcome.plain import as_state
from mlsys.outcome.transformed import transformed_of
from mlsys.overview import Overview
from mlsys.states import digest


class Outcome(RunFacts):
    """Results of a run as plain data: it needs neither the process nor the model of the run.

    ``run.outcome`` is that of a run, ``mlsys.load(run_id).outcome`` that of an earlier one; it is displayed as the
    card. :func:`mlsys.compare` accepts it like a run, and gates read its reports: ``gate.check(outcome.reports)``.
    Two outcomes are equal if all their results are.
    """

    @cached_property
    def card(self) -> Card:
        """The card: result, baselines, slices, verdicts, findings, supplied steps."""
        return make_card(self)

    @property
    def leakage(self) -> LeakageReport:
        """What was refused, found, audited and counted."""
        return leakage_report(self)

    @property
    def metrics(self) -> pd.DataFrame:
        """The table of the evaluation: metric, value, interval, part."""
        if self.evaluation is None:
            raise ConfigurationError("the run has no evaluation", "add Evaluate() after the model")
        return self.evaluation.table

    @property
    def transformed(self) -> pd.DataFrame:
        """What was transformed in the engine of a source, before reading (ELT), and in steps (ETL), in order."""
        return transformed_of(self.steps)

    @property
    def columns(self) -> Overview:
        """Every column at a glance, without its values, which stay on the machine of the run."""
        return Overview.of_kept(f"Columns of {self.pipeline}", self.seen)

    def lineage(self, column: str) -> Lineage:
        """Return which source, steps and functions made a column."""
        return lineage_of(column, self.made)

    @property
    def digest(self) -> str:
        """Digest of all results."""
        return digest(as_state(self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Outcome) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return self.card.text()

    def _repr_html_(self) -> str:
        return self.card.html()
