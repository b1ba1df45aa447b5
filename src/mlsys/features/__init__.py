"""Steps that learn features from training rows: filling, scaling, encoding, scikit-learn transformers."""

from typing import TYPE_CHECKING

from mlsys.lazily import names_of

if TYPE_CHECKING:
    from mlsys.features.apply import Apply as Apply
    from mlsys.features.bin import Bin as Bin
    from mlsys.features.categories import Categories as Categories
    from mlsys.features.clean import Clean as Clean
    from mlsys.features.clip_outliers import ClipOutliers as ClipOutliers
    from mlsys.features.count_encode import CountEncode as CountEncode
    from mlsys.features.cross import Cross as Cross
    from mlsys.features.cyclic_encode import CyclicEncode as CyclicEncode
    from mlsys.features.date_parts import DateParts as DateParts
    from mlsys.features.diagnose_missing import DiagnoseMissing as DiagnoseMissing
    from mlsys.features.drop_missing import DropMissing as DropMissing
    from mlsys.features.drop_missing import DropMissingRows as DropMissingRows
    from mlsys.features.embed import Embed as Embed
    from mlsys.features.embedding import Embedding as Embedding
    from mlsys.features.feature_generalization import FeatureGeneralization as FeatureGeneralization
    from mlsys.features.hash_encode import HashEncode as HashEncode
    from mlsys.features.impute import Impute as Impute
    from mlsys.features.impute_forward import ImputeForward as ImputeForward
    from mlsys.features.log import Log as Log
    from mlsys.features.min_max_scale import MinMaxScale as MinMaxScale
    from mlsys.features.one_hot import OneHot as OneHot
    from mlsys.features.ordinal_encode import OrdinalEncode as OrdinalEncode
    from mlsys.features.positional_encode import PositionalEncode as PositionalEncode
    from mlsys.features.power_transform import PowerTransform as PowerTransform
    from mlsys.features.prepare import Prepare as Prepare
    from mlsys.features.robust_scale import RobustScale as RobustScale
    from mlsys.features.select_features import SelectFeatures as SelectFeatures
    from mlsys.features.standardize import Standardize as Standardize
    from mlsys.features.target_encode import TargetEncode as TargetEncode
    from mlsys.features.text_components import TextComponents as TextComponents
    from mlsys.features.text_hash import TextHash as TextHash
    from mlsys.features.tf_idf import TfIdf as TfIdf

__getattr__, __dir__, __all__ = names_of(
    __name__,
    {
        "mlsys.features.apply": "Apply",
        "mlsys.features.bin": "Bin",
        "mlsys.features.categories": "Categories",
        "mlsys.features.clean": "Clean",
        "mlsys.features.clip_outliers": "ClipOutliers",
        "mlsys.features.count_encode": "CountEncode",
        "mlsys.features.cross": "Cross",
        "mlsys.features.cyclic_encode": "CyclicEncode",
        "mlsys.features.date_parts": "DateParts",
        "mlsys.features.diagnose_missing": "DiagnoseMissing",
        "mlsys.features.drop_missing": "DropMissing DropMissingRows",
        "mlsys.features.embed": "Embed",
        "mlsys.features.embedding": "Embedding",
        "mlsys.features.feature_generalization": "FeatureGeneralization",
        "mlsys.features.hash_encode": "HashEncode",
        "mlsys.features.impute": "Impute",
        "mlsys.features.impute_forward": "ImputeForward",
        "mlsys.features.log": "Log",
        "mlsys.features.min_max_scale": "MinMaxScale",
        "mlsys.features.one_hot": "OneHot",
        "mlsys.features.ordinal_encode": "OrdinalEncode",
        "mlsys.features.positional_encode": "PositionalEncode",
        "mlsys.features.power_transform": "PowerTransform",
        "mlsys.features.prepare": "Prepare",
        "mlsys.features.robust_scale": "RobustScale",
        "mlsys.features.select_features": "SelectFeatures",
        "mlsys.features.standardize": "Standardize",
        "mlsys.features.target_encode": "TargetEncode",
        "mlsys.features.text_components": "TextComponents",
        "mlsys.features.text_hash": "TextHash",
        "mlsys.features.tf_idf": "TfIdf",
    },
)
