"""Steps that learn features from training rows: filling, scaling, encoding, scikit-learn transformers."""

from mlsys.features.apply import Apply
from mlsys.features.cyclic_encode import CyclicEncode
from mlsys.features.impute import Impute
from mlsys.features.one_hot import OneHot
from mlsys.features.prepare import Prepare
from mlsys.features.standardize import Standardize
from mlsys.features.target_encode import TargetEncode

__all__ = ["Apply", "CyclicEncode", "Impute", "OneHot", "Prepare", "Standardize", "TargetEncode"]
