"""Behavioural tests: rows are changed as they come in a request, and predictions must move as they should."""

from mlsys.evaluation.behaviour.behaviour import Behaviour
from mlsys.evaluation.behaviour.directional_test import DirectionalTest
from mlsys.evaluation.behaviour.invariance_test import InvarianceTest
from mlsys.evaluation.behaviour.perturbation_test import PerturbationTest
from mlsys.evaluation.behaviour.weak_spot_search import WeakSpotSearch

__all__ = ["Behaviour", "DirectionalTest", "InvarianceTest", "PerturbationTest", "WeakSpotSearch"]
