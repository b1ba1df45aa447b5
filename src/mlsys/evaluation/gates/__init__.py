"""Gates: conditions that a model must meet to be registered or promoted."""

from mlsys.evaluation.gates.beats import beats
from mlsys.evaluation.gates.candidate import Candidate, Rival
from mlsys.evaluation.gates.conditions import behaves, no_alarm, no_findings
from mlsys.evaluation.gates.costs import latency, size
from mlsys.evaluation.gates.gate import Gate
from mlsys.evaluation.gates.scores import gap, metric

__all__ = [
    "Candidate",
    "Gate",
    "Rival",
    "beats",
    "behaves",
    "gap",
    "latency",
    "metric",
    "no_alarm",
    "no_findings",
    "size",
]
