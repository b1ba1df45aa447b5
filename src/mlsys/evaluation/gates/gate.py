"""Gate: terms that must all hold before a model is registered."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from mlsys.errors import ConfigurationError
from mlsys.evaluation.gates.candidate import Candidate
from mlsys.evaluation.verdicts import Checked


@runtime_checkable
class Checks(Protocol):
    """A term of a gate."""

    def check(self, candidate: Candidate, /) -> Checked:
        """Return term, value and verdict."""
        ...


class Gate:
    """Terms that must all hold before a model is registered.

    Parameters
    ----------
    *terms : Term
        Comparisons such as ``metric("roc_auc").lower >= 0.65``, ``gap("recall", by="origin").upper <= 0.15``,
        ``latency("p95") <= "20ms"`` and ``size() <= "50MB"``; and ``beats("zero_rule")``, ``beats("champion")``,
        ``behaves("invariance")``, ``no_alarm("drift")`` and ``no_findings()``.

    Notes
    -----
    Terms refer to the evaluated rows of the run (validation, or test after ``final_test()``), never to
    training rows. An unwaived leakage error is refused regardless of the terms.

    Examples
    --------
    >>> from mlsys import beats, metric
    >>> Gate(metric("roc_auc").lower >= 0.65, beats("zero_rule"))
    Gate(roc_auc lower end >= 0.65, beats zero_rule)
    """

    def __init__(self, *terms: Checks) -> None:
        for term in terms:
            if isinstance(term, type) or not isinstance(term, Checks):
                called = f"write {term.__name__}()" if isinstance(term, type) else ""
                raise ConfigurationError(
                    f"Gate got {term!r}, which is not a comparison",
                    called or 'write, for example, metric("roc_auc").lower >= 0.65',
                )
        self.terms = terms

    def check(self, model: Any) -> list[Checked]:
        """Check every term.

        Parameters
        ----------
        model : Run, Outcome or mapping of str to Result
            A run, its outcome, or its reports alone, which hold neither costs nor findings.

        Returns
        -------
        list of tuple
            Term, value and verdict (``"pass"``, ``"fail"`` or ``"not enough data"``) for each term.
        """
        candidate = Candidate.of(model)
        return [term.check(candidate) for term in self.terms]

    def __repr__(self) -> str:
        return f"Gate({', '.join(map(str, self.terms))})"
