"""Steps that learn features from training rows: filling, scaling, encoding, scikit-learn transformers."""

from mlsys.features.apply import Apply
from mlsys.features.categories import Categories
from mlsys.features.clean import Clean
from mlsys.features.count_encode import CountEncode
from mlsys.features.cross import Cross
from mlsys.features.cyclic_encode import CyclicEncode
from mlsys.features.date_parts import DateParts
from mlsys.features.impute import Impute
from mlsys.features.one_hot import OneHot
from mlsys.features.ordinal_encode import OrdinalEncode
from mlsys.features.positional_encode import PositionalEncode
from mlsys.features.prepare import Prepare
from mlsys.features.standardize import Standardize
from mlsys.features.target_encode import TargetEncode
from mlsys.features.text_components import TextComponents

__all__ = [
    "Apply",
    "Categories",
    "Clean",
    "CountEncode",
    "Cross",
    "CyclicEncode",
    "DateParts",
    "Impute",
    "OneHot",
    "OrdinalEncode",
    "PositionalEncode",
    "Prepare",
    "Standardize",
    "TargetEncode",
    "TextComponents",
]
