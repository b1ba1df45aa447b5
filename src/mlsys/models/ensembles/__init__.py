"""Ensembles: several estimators that vote, follow each other, or are followed by one that learns from them."""

from mlsys.models.ensembles.bagging import Bagging
from mlsys.models.ensembles.boosting import Boosting
from mlsys.models.ensembles.stacking import Stacking
from mlsys.models.ensembles.voting import Voting

__all__ = ["Bagging", "Boosting", "Stacking", "Voting"]
