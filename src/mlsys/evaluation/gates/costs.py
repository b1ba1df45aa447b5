"""Costs: what a model takes, in time for one row and in bytes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mlsys.errors import ConfigurationError, meant
from mlsys.evaluation.gates.candidate import Candidate
from mlsys.evaluation.gates.terms import Comparable, Quantity, Term

LEVELS = ("p50", "p95", "p99")
_TIMES = {"us": 1e-3, "ms": 1.0, "s": 1e3, "min": 6e4}
"""In milliseconds."""
_SIZES = {"B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30}
"""In bytes."""
_WITH_UNIT = re.compile(r"\s*(?P<number>\d+(\.\d+)?)\s*(?P<unit>[A-Za-z]+)\s*")


@dataclass(frozen=True)
class Amount(Quantity, Comparable):
    """Something that a run measured, with a unit: compared with a text such as ``"20ms"``."""

    name: str
    key: str
    units: tuple[tuple[str, float], ...]
    example: str
    why: str

    def read(self, candidate: Candidate) -> Mapping[str, float] | None:
        """Return what was measured, as all ends: it has no interval."""
        found = candidate.cost.get(self.key)
        return None if found is None else dict.fromkeys(("value", "lower", "upper"), float(found))

    def unknown(self, candidate: Candidate) -> str:
        """Return why nothing was measured."""
        return self.why

    def bound(self, given: Any) -> float:
        """Return a text with a unit as a number."""
        units = dict(self.units)
        fitting = _WITH_UNIT.fullmatch(given) if isinstance(given, str) else None
        folded = {unit.casefold(): scale for unit, scale in units.items()}
        scale = None if fitting is None else units.get(fitting["unit"], folded.get(fitting["unit"].casefold()))
        if fitting is None or scale is None:
            raise ConfigurationError(
                f"{self} is compared with {given!r}",
                f"give a number with a unit ({', '.join(units)}): {self.example!r}",
            )
        return float(fitting["number"]) * scale

    def said(self, value: float) -> str:
        """Return a value with the unit that keeps it short."""
        units = [(unit, scale) for unit, scale in self.units if not unit.endswith("iB")]
        unit, scale = next((each for each in reversed(units) if value >= each[1]), units[0])
        return f"{value / scale:.3g} {unit}" if math.isfinite(value) else "unknown"

    def _compared(self, sign: str, bound: Any) -> Term:
        return Term(self, "value", sign, self.bound(bound))

    def __str__(self) -> str:
        return self.name


def latency(level: Literal["p50", "p95", "p99"] = "p95") -> Amount:
    """Return the time that the served model takes for one row, to compare in a gate.

    Parameters
    ----------
    level : {"p50", "p95", "p99"}
        Quantile over requests of one row, as the run measured them on its machine.

    Raises
    ------
    ConfigurationError
        If there is no such quantile, or the bound has no unit of time.

    Examples
    --------
    >>> print(latency("p95") <= "20ms")
    latency p95 <= 20 ms
    """
    if level not in LEVELS:
        raise ConfigurationError(
            f"latency({level!r}) is not measured", f"{meant(str(level), LEVELS)}quantiles are {', '.join(LEVELS)}"
        )
    why = "not measured: no model was trained, or it could not be asked about a training row"
    return Amount(f"latency {level}", level, tuple(_TIMES.items()), "20ms", why)


def size() -> Amount:
    """Return the bytes of what the served steps have learned, to compare in a gate.

    Raises
    ------
    ConfigurationError
        If the bound has no unit of bytes.

    Examples
    --------
    >>> print(size() <= "50MB")
    size <= 50 MB
    """
    why = "not measured: no model was trained, or what it learned cannot be written"
    return Amount("size", "size", tuple(_SIZES.items()), "50MB", why)
