"""Steps that learn features from training rows: filling, scaling, encoding, scikit-learn transformers."""

from mlsys.features.apply import Apply
from mlsys.features.bin import Bin
from mlsys.features.categories import Categories
from mlsys.features.clean import Clean
from mlsys.features.clip_outliers import ClipOutliers
from mlsys.features.count_encode import CountEncode
from mlsys.features.cross import Cross
from mlsys.features.cyclic_encode import CyclicEncode
from mlsys.features.date_parts import DateParts
from mlsys.features.diagnose_missing import DiagnoseMissing
from mlsys.features.drop_missing import DropMissing, DropMissingRows
from mlsys.features.embed import Embed
from mlsys.features.embedding import Embedding
from mlsys.features.feature_generalization import FeatureGeneralization
from mlsys.features.hash_encode import HashEncode
from mlsys.features.impute import Impute
from mlsys.features.impute_forward import ImputeForward
from mlsys.features.log import Log
from mlsys.features.min_max_scale import MinMaxScale
from mlsys.features.one_hot import OneHot
from mlsys.features.ordinal_encode import OrdinalEncode
from mlsys.features.positional_encode import PositionalEncode
from mlsys.features.power_transform import PowerTransform
from mlsys.features.prepare import Prepare
from mlsys.features.robust_scale import RobustScale
from mlsys.features.select_features import SelectFeatures
from mlsys.features.standardize import Standardize
from mlsys.features.target_encode import TargetEncode
from mlsys.features.text_components import TextComponents
from mlsys.features.text_hash import TextHash
from mlsys.features.tf_idf import TfIdf

__all__ = [
    "Apply",
    "Bin",
    "Categories",
    "Clean",
    "ClipOutliers",
    "CountEncode",
    "Cross",
    "CyclicEncode",
    "DateParts",
    "DiagnoseMissing",
    "DropMissing",
    "DropMissingRows",
    "Embed",
    "Embedding",
    "FeatureGeneralization",
    "HashEncode",
    "Impute",
    "ImputeForward",
    "Log",
    "MinMaxScale",
    "OneHot",
    "OrdinalEncode",
    "PositionalEncode",
    "PowerTransform",
    "Prepare",
    "RobustScale",
    "SelectFeatures",
    "Standardize",
    "TargetEncode",
    "TextComponents",
    "TextHash",
    "TfIdf",
]
