"""The types that a stored estimator may be made of, beyond those that skops trusts, each by its exact name."""

from __future__ import annotations

from typing import Any

from mlsys.errors import StateError

ALLOWED_TYPES = frozenset(
    {
        "numpy.dtype",
        "scipy.interpolate._bsplines.BSpline",
        "sklearn._loss.loss.HalfTweedieLossIdentity",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.feature_selection._mutual_info.mutual_info_classif",
        "sklearn.feature_selection._mutual_info.mutual_info_regression",
        "sklearn.feature_selection._univariate_selection.chi2",
        "sklearn.feature_selection._univariate_selection.f_classif",
        "sklearn.feature_selection._univariate_selection.f_regression",
        "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
        "sklearn.gaussian_process.kernels.ConstantKernel",
        "sklearn.gaussian_process.kernels.Matern",
        "sklearn.gaussian_process.kernels.Product",
        "sklearn.gaussian_process.kernels.RBF",
        "sklearn.gaussian_process.kernels.Sum",
        "sklearn.gaussian_process.kernels.WhiteKernel",
        "sklearn.metrics._dist_metrics.EuclideanDistance64",
        "sklearn.metrics._dist_metrics.ManhattanDistance64",
        "sklearn.metrics._dist_metrics.MinkowskiDistance64",
        "sklearn.neighbors._ball_tree.BallTree",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
        "sklearn.tree._tree.Tree",
        "sklearn.utils._bunch.Bunch",
    }
)
"""Read and judged one by one: none runs code of the file's choosing. ``functools.partial`` is judged by its target,
which must itself be trusted. Trees and neighbours hold indices that scikit-learn does not check, so a file made on
purpose could crash the process; load such files from places you trust."""


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
    except (UnsupportedTypeException, TypeError, NotImplementedError) as error:
        raise StateError(
            f"{path} is a {type(estimator).__name__} that cannot be stored: {error}",
            "use an estimator of scikit-learn, or write save and load hooks on the step",
        ) from error
    _check_types(data, f"{path} ({type(estimator).__name__})")
    return data


def load_estimator(data: bytes, path: str = "state") -> Any:
    """Return the estimator stored in ``data``, after the same check."""
    import skops.io

    return skops.io.loads(data, trusted=_check_types(data, path))


def _check_types(data: bytes, place: str) -> list[str]:
    import skops.io

    found: list[str] = skops.io.get_untrusted_types(data=data)
    strange = sorted(set(found) - ALLOWED_TYPES)
    if strange:
        raise StateError(
            f"{place} is made of {', '.join(strange)}, which is not on the list of allowed types",
            "write save and load hooks on the step, or opt into pickle with a reason",
        )
    return found
