"""The types that a stored estimator may be made of, beyond those that skops trusts, each by its exact name."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

from mlsys.errors import StateError
from mlsys.states.native import NATIVE_TYPES

ALLOWED_TYPES = NATIVE_TYPES | frozenset(
    {
        "builtins.object",
        "collections.OrderedDict",
        "mlsys.states.borrowed.Borrowed",
        "functools.partial",
        "numpy.bool",
        "numpy.dtype",
        "numpy.floating",
        "numpy.generic",
        "numpy.inexact",
        "numpy.integer",
        "numpy.mean",
        "numpy.number",
        "numpy.object_",
        "numpy.signedinteger",
        "numpy.unsignedinteger",
        "scipy._lib.array_api_compat.numpy._aliases.asarray",
        "scipy.interpolate._bsplines.BSpline",
        "scipy.interpolate._bsplines._BSpline",
        "scipy.sparse._csc.csc_array",
        "scipy.sparse._csc.csc_matrix",
        "scipy.sparse._csr.csr_array",
        "scipy.sparse._csr.csr_matrix",
        "sklearn._loss.loss.HalfTweedieLoss",
        "sklearn._loss.loss.HalfTweedieLossIdentity",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.calibration._TemperatureScaling",
        "sklearn.cluster._bisect_k_means._BisectingTree",
        "sklearn.cluster._kmeans._kmeans_single_elkan",
        "sklearn.cluster._kmeans._kmeans_single_lloyd",
        "sklearn.compose._column_transformer.make_column_selector",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.feature_selection._mutual_info.mutual_info_classif",
        "sklearn.feature_selection._mutual_info.mutual_info_regression",
        "sklearn.feature_selection._univariate_selection.chi2",
        "sklearn.feature_selection._univariate_selection.f_classif",
        "sklearn.feature_selection._univariate_selection.f_regression",
        "sklearn.feature_selection._univariate_selection.r_regression",
        "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
        "sklearn.gaussian_process.kernels.CompoundKernel",
        "sklearn.gaussian_process.kernels.ConstantKernel",
        "sklearn.gaussian_process.kernels.DotProduct",
        "sklearn.gaussian_process.kernels.Exponentiation",
        "sklearn.gaussian_process.kernels.ExpSineSquared",
        "sklearn.gaussian_process.kernels.Hyperparameter",
        "sklearn.gaussian_process.kernels.Matern",
        "sklearn.gaussian_process.kernels.PairwiseKernel",
        "sklearn.gaussian_process.kernels.Product",
        "sklearn.gaussian_process.kernels.RationalQuadratic",
        "sklearn.gaussian_process.kernels.RBF",
        "sklearn.gaussian_process.kernels.Sum",
        "sklearn.gaussian_process.kernels.WhiteKernel",
        "sklearn.impute._iterative._ImputerTriplet",
        "sklearn.metrics._classification.accuracy_score",
        "sklearn.metrics._classification.balanced_accuracy_score",
        "sklearn.metrics._classification.brier_score_loss",
        "sklearn.metrics._classification.f1_score",
        "sklearn.metrics._classification.jaccard_score",
        "sklearn.metrics._classification.log_loss",
        "sklearn.metrics._classification.matthews_corrcoef",
        "sklearn.metrics._classification.precision_score",
        "sklearn.metrics._classification.recall_score",
        "sklearn.metrics._dist_metrics.BrayCurtisDistance64",
        "sklearn.metrics._dist_metrics.CanberraDistance64",
        "sklearn.metrics._dist_metrics.ChebyshevDistance64",
        "sklearn.metrics._dist_metrics.DiceDistance64",
        "sklearn.metrics._dist_metrics.EuclideanDistance64",
        "sklearn.metrics._dist_metrics.HammingDistance64",
        "sklearn.metrics._dist_metrics.HaversineDistance64",
        "sklearn.metrics._dist_metrics.JaccardDistance64",
        "sklearn.metrics._dist_metrics.MahalanobisDistance64",
        "sklearn.metrics._dist_metrics.ManhattanDistance64",
        "sklearn.metrics._dist_metrics.MinkowskiDistance64",
        "sklearn.metrics._dist_metrics.RogersTanimotoDistance64",
        "sklearn.metrics._dist_metrics.RussellRaoDistance64",
        "sklearn.metrics._dist_metrics.SEuclideanDistance64",
        "sklearn.metrics._dist_metrics.SokalSneathDistance64",
        "sklearn.metrics._ranking.average_precision_score",
        "sklearn.metrics._ranking.roc_auc_score",
        "sklearn.metrics._ranking.top_k_accuracy_score",
        "sklearn.metrics._regression.explained_variance_score",
        "sklearn.metrics._regression.max_error",
        "sklearn.metrics._regression.mean_absolute_error",
        "sklearn.metrics._regression.mean_absolute_percentage_error",
        "sklearn.metrics._regression.mean_squared_error",
        "sklearn.metrics._regression.median_absolute_error",
        "sklearn.metrics._regression.r2_score",
        "sklearn.metrics._regression.root_mean_squared_error",
        "sklearn.metrics._scorer._CurveScorer",
        "sklearn.metrics._scorer._PassthroughScorer",
        "sklearn.metrics._scorer._Scorer",
        "sklearn.model_selection._search_successive_halving.HalvingGridSearchCV",
        "sklearn.model_selection._search_successive_halving.HalvingRandomSearchCV",
        "sklearn.model_selection._split.GroupKFold",
        "sklearn.model_selection._split.GroupShuffleSplit",
        "sklearn.model_selection._split.KFold",
        "sklearn.model_selection._split.LeaveOneGroupOut",
        "sklearn.model_selection._split.LeaveOneOut",
        "sklearn.model_selection._split.RepeatedKFold",
        "sklearn.model_selection._split.RepeatedStratifiedKFold",
        "sklearn.model_selection._split.ShuffleSplit",
        "sklearn.model_selection._split.StratifiedGroupKFold",
        "sklearn.model_selection._split.StratifiedKFold",
        "sklearn.model_selection._split.StratifiedShuffleSplit",
        "sklearn.model_selection._split.TimeSeriesSplit",
        "sklearn.multiclass._ConstantPredictor",
        "sklearn.neighbors._ball_tree.BallTree",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
        "sklearn.tree._tree.Tree",
        "sklearn.utils._bunch.Bunch",
        "sklearn.utils._metadata_requests.MetadataRequest",
        "sklearn.utils._metadata_requests.MethodMetadataRequest",
        "sklearn.utils.validation.check_array",
    }
)
"""Read and judged one by one: none runs code of the file's choosing. A function on the list may be called with whatever
plain data a file holds, so none is here that does more than compute. ``functools.partial`` is judged by its target,
which must itself be trusted. Not here on purpose: distributions of SciPy, which run text that a file holds when they
are read, and distances that are functions. Trees and neighbours hold indices that scikit-learn does not check, so a
file made on purpose could crash the process; load such files from places you trust."""


_MOST_TIMES = 100
"""Sparse matrices, the only packed part, hold indices that grow: they do not shrink to a hundredth."""
_ALWAYS = 64 << 20
"""Bytes that any file may unpack to."""
_REMEDY = (
    "use estimators made of scikit-learn classes, write the hooks save and load in a Model of your own, or give a "
    'reason in Train(..., allow_pickle="..."); the run is complete, only its model cannot be stored'
)
_WRITTEN_BY = re.compile(r'"_sklearn_version": \{[^{}]*"content": "\\"([\w.]+)\\""')
"""What every estimator of scikit-learn notes in a skops file."""


def dump_estimator(estimator: Any, path: str = "state") -> bytes:
    """Return an estimator in skops format.

    Parameters
    ----------
    estimator : object
        A scikit-learn estimator.
    path : str
        Where it stands in the state, for messages.

    Raises
    ------
    StateError
        It holds a type that is not on the list.
    """
    import skops.io
    from skops.io.exceptions import UnsupportedTypeException

    try:
        data: bytes = skops.io.dumps(estimator)
    except (UnsupportedTypeException, TypeError, NotImplementedError, RecursionError) as error:
        raise StateError(
            f"{path} is a {type(estimator).__name__} that cannot be stored: {error}",
            _REMEDY,
        ) from error
    _check_types(data, f"{path} ({type(estimator).__name__})")
    return data


def load_estimator(data: bytes, path: str = "state") -> Any:
    """Return the estimator stored in ``data``, after the same check.

    Raises
    ------
    StateError
        It holds a type that is not on the list, or is no file in skops format.
    """
    import skops.io

    trusted = _check_types(data, path)
    try:
        return skops.io.loads(data, trusted=trusted)
    except Exception as error:
        raise _unreadable(path, error, _other_version(data)) from error


def _check_types(data: bytes, place: str) -> list[str]:
    import skops.io

    _check_sizes(data, place)
    try:
        found: list[str] = skops.io.get_untrusted_types(data=data)
    except Exception as error:
        raise _unreadable(place, error) from error
    strange = sorted(set(found) - ALLOWED_TYPES)
    if strange:
        raise StateError(
            f"{place} contains {', '.join(strange)}, which is not on the list of allowed types",
            _other_version(data) or _REMEDY,
        )
    return found


def _other_version(data: bytes) -> str:
    """Return what to do about a file of another scikit-learn, whose private types have other names; else nothing."""
    import sklearn

    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        written = set(_WRITTEN_BY.findall(packed.read("schema.json").decode()))
    others = ", ".join(sorted(written - {sklearn.__version__}))
    if not others:
        return ""
    return (
        f"it was written with scikit-learn {others} and this is {sklearn.__version__}: load it with the version that "
        "wrote it, or train the model again"
    )


def _check_sizes(data: bytes, place: str) -> None:
    """Raise for a file that unpacks to far more than it is: nothing is unpacked before."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            whole = sum(each.file_size for each in packed.infolist())
            if whole <= _MOST_TIMES * len(data) + _ALWAYS:  # matrices inside are packed once more
                inner = [packed.read(each) for each in packed.namelist() if each.endswith(".npz")]
                whole += sum(each.file_size for held in inner for each in zipfile.ZipFile(io.BytesIO(held)).infolist())
    except Exception as error:  # damaged in whatever way
        raise _unreadable(place, error) from error
    if whole > _MOST_TIMES * len(data) + _ALWAYS:
        raise StateError(
            f"{place} would take {whole >> 20:,} MB out of {len(data) >> 10:,} KB, which no estimator does", _REMEDY
        )


def _unreadable(place: str, error: Exception, remedy: str = "") -> StateError:
    return StateError(f"{place} cannot be read: {type(error).__name__}: {error}", remedy or "do not use this file")
