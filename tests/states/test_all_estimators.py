"""Every estimator that scikit-learn lists: fitted, stored, read back, asked again."""

from __future__ import annotations

import copy
import functools
import os
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.special
import scipy.stats
import sklearn
from packaging.version import Version
from sklearn import (
    base,
    calibration,
    compose,
    decomposition,
    dummy,
    ensemble,
    feature_extraction,
    feature_selection,
    frozen,
    gaussian_process,
    impute,
    kernel_approximation,
    kernel_ridge,
    linear_model,
    metrics,
    model_selection,
    naive_bayes,
    neighbors,
    neural_network,
    pipeline,
    preprocessing,
    random_projection,
    svm,
    tree,
)
from sklearn.experimental import (  # part of the list, whoever asks first
    enable_halving_search_cv,  # noqa: F401
    enable_iterative_imputer,  # noqa: F401
)
from sklearn.utils import all_estimators

from mlsys.errors import StateError
from mlsys.states import digest, load_state, save_state, settled

RANDOM = np.random.default_rng(3)
NUMBERS = RANDOM.normal(size=(90, 4))
COUNTS = RANDOM.integers(0, 4, size=(90, 4))
QUANTITY = NUMBERS[:, 0] - NUMBERS[:, 1] + RANDOM.normal(size=90)
AMOUNT = np.exp(QUANTITY)
YES = (QUANTITY > 0).astype(int)
THREE = np.digitize(QUANTITY, [-0.5, 0.5])
WORDS = np.where(YES, "on time", "late")
SOME = np.where(RANDOM.random(90) < 0.5, -1, YES)
PAIR = np.column_stack([QUANTITY, NUMBERS[:, 2]])
LABELS = np.column_stack([YES, NUMBERS[:, 3] > 0]).astype(int)
TABLE = pd.DataFrame({"n": NUMBERS[:, 0], "m": NUMBERS[:, 1], "c": np.where(NUMBERS[:, 2] > 0, "u", "v")})
TEXTS = [f"flight {number % 7} was {word}" for number, word in enumerate(WORDS)]
COLOURS = np.array(list("rgb"), dtype=object)[RANDOM.integers(0, 3, size=(90, 2))]

LOGISTIC = linear_model.LogisticRegression()
RIDGE = linear_model.Ridge()
TREES = tree.DecisionTreeClassifier(max_depth=3, random_state=0)

NEEDED: dict[str, dict[str, Any]] = {
    "ClassifierChain": {"estimator": LOGISTIC},
    "ColumnTransformer": {"transformers": [("a", preprocessing.StandardScaler(), [0, 1])]},
    "FeatureUnion": {"transformer_list": [("a", preprocessing.StandardScaler()), ("b", decomposition.PCA(2))]},
    "FixedThresholdClassifier": {"estimator": LOGISTIC},
    "FrozenEstimator": {"estimator": base.clone(LOGISTIC).fit(NUMBERS, YES)},
    "GridSearchCV": {"estimator": LOGISTIC, "param_grid": {"C": [0.1, 1.0]}},
    "HalvingGridSearchCV": {"estimator": LOGISTIC, "param_grid": {"C": [0.1, 1.0]}, "min_resources": 40},
    "MultiOutputClassifier": {"estimator": LOGISTIC},
    "MultiOutputRegressor": {"estimator": RIDGE},
    "OneVsOneClassifier": {"estimator": LOGISTIC},
    "OneVsRestClassifier": {"estimator": LOGISTIC},
    "OutputCodeClassifier": {"estimator": LOGISTIC},
    "PatchExtractor": {"patch_size": (3, 3)},
    "Pipeline": {"steps": [("scale", preprocessing.StandardScaler()), ("model", LOGISTIC)]},
    "RFE": {"estimator": LOGISTIC},
    "RFECV": {"estimator": LOGISTIC},
    "RandomizedSearchCV": {"estimator": TREES, "param_distributions": {"max_depth": [1, 2]}, "n_iter": 2},
    "HalvingRandomSearchCV": {
        "estimator": TREES,
        "param_distributions": {"max_depth": [1, 2]},
        "n_candidates": 2,
        "min_resources": 40,
    },
    "RegressorChain": {"estimator": RIDGE},
    "SelectFromModel": {"estimator": TREES},
    "SelfTrainingClassifier": {"estimator": LOGISTIC},
    "SequentialFeatureSelector": {"estimator": RIDGE},
    "SparseCoder": {"dictionary": NUMBERS[:3] / np.linalg.norm(NUMBERS[:3], axis=1, keepdims=True)},
    "StackingClassifier": {"estimators": [("a", LOGISTIC), ("b", TREES)], "cv": 2},
    "StackingRegressor": {"estimators": [("a", RIDGE), ("b", tree.DecisionTreeRegressor(max_depth=2))], "cv": 2},
    "TunedThresholdClassifierCV": {"estimator": LOGISTIC, "cv": 2},
    "VotingClassifier": {"estimators": [("a", LOGISTIC), ("b", TREES)]},
    "VotingRegressor": {"estimators": [("a", RIDGE), ("b", dummy.DummyRegressor())]},
}
"""Arguments that an estimator cannot be made without."""

SMALL: dict[str, Any] = {
    "n_estimators": 4, "max_iter": 60, "n_init": 1, "n_components": 2, "n_clusters": 3, "random_state": 0, "cv": 2,
    "min_samples": 3, "perplexity": 5, "n_iter": 10, "n_quantiles": 20, "max_trees": 4,
}  # fmt: skip
"""Arguments that keep a fit short, where an estimator has them."""
NOT_SMALL = {
    "GraphicalLassoCV": {"max_iter"},
    "LinearDiscriminantAnalysis": {"n_components"},
    "OrthogonalMatchingPursuitCV": {"max_iter"},
    "SpectralBiclustering": {"n_components"},
    "TSNE": {"max_iter"},
}
"""Of these, what would not suit."""

ROWS: dict[str, tuple[Any, Any]] = {
    "BernoulliRBM": (NUMBERS > 0, None),
    "CCA": (NUMBERS, PAIR),
    "CategoricalNB": (COUNTS, YES),
    "ClassifierChain": (NUMBERS, LABELS),
    "ComplementNB": (COUNTS, YES),
    "CountVectorizer": (TEXTS, None),
    "DictVectorizer": ([{"n": float(x), "w": word} for x, word in zip(QUANTITY, WORDS, strict=True)], None),
    "FeatureHasher": ([{"n": float(x), "w": word} for x, word in zip(QUANTITY, WORDS, strict=True)], None),
    "GammaRegressor": (NUMBERS, AMOUNT),
    "HashingVectorizer": (TEXTS, None),
    "IsotonicRegression": (NUMBERS[:, 0], QUANTITY),
    "KernelCenterer": (NUMBERS @ NUMBERS.T, None),
    "LabelBinarizer": (WORDS, None),
    "LabelEncoder": (WORDS, None),
    "LabelPropagation": (NUMBERS, SOME),
    "LabelSpreading": (NUMBERS, SOME),
    "MissingIndicator": (np.where(NUMBERS > 1, np.nan, NUMBERS), None),
    "MultiLabelBinarizer": ([("a",), ("a", "b"), ("c",)] * 30, None),
    "MultiOutputClassifier": (NUMBERS, LABELS),
    "MultinomialNB": (COUNTS, YES),
    "OneHotEncoder": (COLOURS, None),
    "OrdinalEncoder": (COLOURS, None),
    "PLSCanonical": (NUMBERS, PAIR),
    "PLSRegression": (NUMBERS, PAIR),
    "PLSSVD": (NUMBERS, PAIR),
    "PatchExtractor": (RANDOM.random((4, 8, 8)), None),
    "PoissonRegressor": (NUMBERS, AMOUNT),
    "RegressorChain": (NUMBERS, PAIR),
    "SelfTrainingClassifier": (NUMBERS, SOME),
    "SequentialFeatureSelector": (NUMBERS, QUANTITY),
    "TargetEncoder": (COLOURS, QUANTITY),
    "TfidfVectorizer": (TEXTS, None),
    "TweedieRegressor": (NUMBERS, AMOUNT),
}
"""Rows and target of estimators that do not take four columns of numbers."""
_OF_COUNTS = {"AdditiveChi2Sampler", "LatentDirichletAllocation", "MiniBatchNMF", "NMF", "SkewedChi2Sampler"}
_OF_TWO = {"MultiOutputRegressor", "MultiTaskElasticNet", "MultiTaskElasticNetCV", "MultiTaskLasso", "MultiTaskLassoCV"}

CANNOT: dict[str, str] = {
    "Birch": "the leaves of its tree point at each other, which skops does not write",
}
"""Estimators of the list that cannot be stored, with the reason; one that can must be taken out."""


def kernel() -> Any:
    """All kernels of Gaussian processes in one."""
    k = gaussian_process.kernels
    smooth = k.RBF(1.0) + k.Matern(nu=1.5) * k.ConstantKernel(2.0) + k.RationalQuadratic() + k.WhiteKernel(0.1)
    return smooth + k.DotProduct() ** 2 + k.ExpSineSquared()


def made_in_parts(model: Any, rows: Any, target: Any) -> Any:
    for part in (slice(0, 45), slice(45, 90)):
        model.partial_fit(rows[part], target[part], classes=[0, 1])
    return model


VARIANTS: dict[str, tuple[Any, Any, Any]] = {
    "neighbours in a tree": (neighbors.KNeighborsClassifier(algorithm="kd_tree"), NUMBERS, YES),
    "neighbours in a ball": (neighbors.KNeighborsRegressor(algorithm="ball_tree", p=1), NUMBERS, QUANTITY),
    "neighbours by Chebyshev": (neighbors.NearestNeighbors(metric="chebyshev", algorithm="kd_tree"), NUMBERS, None),
    "neighbours by Canberra": (neighbors.NearestNeighbors(metric="canberra", algorithm="ball_tree"), NUMBERS, None),
    "neighbours on a sphere": (
        neighbors.NearestNeighbors(metric="haversine", algorithm="ball_tree"), NUMBERS[:, :2], None,
    ),
    "density with another kernel": (neighbors.KernelDensity(kernel="epanechnikov", metric="manhattan"), NUMBERS, None),
    "all kernels": (
        gaussian_process.GaussianProcessRegressor(kernel(), optimizer=None, alpha=0.1), NUMBERS[:, :1], QUANTITY,
    ),
    "kernels of three classes": (gaussian_process.GaussianProcessClassifier(optimizer=None), NUMBERS, THREE),
    "network by gradient": (
        neural_network.MLPClassifier((5,), solver="sgd", max_iter=30, random_state=0), NUMBERS, THREE,
    ),
    "network that stops early": (
        neural_network.MLPRegressor(hidden_layer_sizes=(5,), early_stopping=True, max_iter=30, random_state=0),
        NUMBERS, QUANTITY,
    ),
    "boosting of three classes": (ensemble.HistGradientBoostingClassifier(max_iter=4), NUMBERS, THREE),
    "boosting with categories": (
        ensemble.HistGradientBoostingClassifier(max_iter=4, categorical_features=["c"]),
        TABLE.assign(c=TABLE["c"].astype("category")), WORDS,
    ),
    "boosting that stops early": (
        ensemble.HistGradientBoostingRegressor(max_iter=4, early_stopping=True, random_state=0), NUMBERS, QUANTITY,
    ),
    "boosting with constraints": (
        ensemble.HistGradientBoostingRegressor(max_iter=4, monotonic_cst=[1, 0, 0, 0]), NUMBERS, QUANTITY,
    ),
    **{
        f"boosting, {loss}": (ensemble.HistGradientBoostingRegressor(loss=loss, max_iter=4, quantile=0.5), NUMBERS,
                              AMOUNT)
        for loss in ("absolute_error", "gamma", "poisson", "quantile")
    },
    **{
        f"older boosting, {loss}": (ensemble.GradientBoostingRegressor(loss=loss, n_estimators=4), NUMBERS, QUANTITY)
        for loss in ("absolute_error", "huber", "quantile")
    },
    "older boosting, exponential": (
        ensemble.GradientBoostingClassifier(loss="exponential", n_estimators=4), NUMBERS, YES,
    ),
    "older boosting of three": (ensemble.GradientBoostingClassifier(n_estimators=4), NUMBERS, THREE),
    "older boosting on a model": (
        ensemble.GradientBoostingClassifier(n_estimators=4, init=LOGISTIC), NUMBERS, YES,
    ),
    **{
        f"gradient, {loss}": (linear_model.SGDClassifier(loss=loss, random_state=0, average=True), NUMBERS, THREE)
        for loss in ("hinge", "huber", "log_loss", "modified_huber", "perceptron", "squared_hinge",
                     "epsilon_insensitive", "squared_epsilon_insensitive")
    },
    **{
        f"gradient of numbers, {loss}": (linear_model.SGDRegressor(loss=loss, random_state=0), NUMBERS, QUANTITY)
        for loss in ("huber", "epsilon_insensitive", "squared_epsilon_insensitive")
    },
    **{
        f"Tweedie {power}": (linear_model.TweedieRegressor(power=power, link="log"), NUMBERS, AMOUNT)
        for power in (0, 1, 1.5, 2, 3)
    },
    **{f"support vectors, {name}": (svm.SVC(kernel=name, probability=False), NUMBERS, THREE)
       for name in ("linear", "poly", "sigmoid")},
    "calibrated by isotonic": (
        calibration.CalibratedClassifierCV(svm.LinearSVC(), method="isotonic", cv=2), NUMBERS, YES,
    ),
    "calibrated, frozen": (
        calibration.CalibratedClassifierCV(frozen.FrozenEstimator(base.clone(LOGISTIC).fit(NUMBERS, YES))),
        NUMBERS, YES,
    ),
    **{f"calibrated by {method}": (calibration.CalibratedClassifierCV(LOGISTIC, method=method, cv=2), NUMBERS, THREE)
       for method in (["temperature"] if Version(sklearn.__version__) >= Version("1.8") else [])},
    "columns of a table": (
        pipeline.make_pipeline(
            compose.make_column_transformer(
                (preprocessing.OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=3),
                 compose.make_column_selector(dtype_include="str")),
                (preprocessing.SplineTransformer(), ["n"]),
                remainder="passthrough",
            ),
            ensemble.RandomForestClassifier(4, random_state=0),
        ),
        TABLE, WORDS,
    ),
    "a function of numpy": (preprocessing.FunctionTransformer(np.log1p, inverse_func=np.expm1), COUNTS, None),
    "a function of SciPy": (preprocessing.FunctionTransformer(scipy.special.expit), NUMBERS, None),
    "no function": (preprocessing.FunctionTransformer(), NUMBERS, None),
    "a target through numpy": (
        compose.TransformedTargetRegressor(RIDGE, func=np.log, inverse_func=np.exp), NUMBERS, AMOUNT,
    ),
    "a target through quantiles": (
        compose.TransformedTargetRegressor(
            RIDGE, transformer=preprocessing.QuantileTransformer(n_quantiles=20, output_distribution="normal")
        ),
        NUMBERS, AMOUNT,
    ),
    "a search by area": (
        model_selection.GridSearchCV(
            pipeline.make_pipeline(preprocessing.StandardScaler(), TREES),
            {"decisiontreeclassifier__max_depth": [1, 3]}, scoring="roc_auc",
            cv=model_selection.StratifiedKFold(2, shuffle=True, random_state=0),
        ),
        NUMBERS, YES,
    ),
    "a search by several metrics": (
        model_selection.RandomizedSearchCV(
            RIDGE, {"alpha": [0.1, 1.0, 10.0]}, n_iter=2, refit="r2", random_state=0,
            scoring={"r2": "r2", "error": metrics.make_scorer(metrics.mean_absolute_error, greater_is_better=False)},
            cv=model_selection.TimeSeriesSplit(2),
        ),
        NUMBERS, QUANTITY,
    ),
    "a stack of numbers": (
        ensemble.StackingRegressor(
            [("ridge", RIDGE), ("near", neighbors.KNeighborsRegressor())], tree.DecisionTreeRegressor(), cv=2
        ),
        NUMBERS, QUANTITY,
    ),
    "words and their weights": (
        pipeline.make_pipeline(
            feature_extraction.text.TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            decomposition.TruncatedSVD(3, random_state=0), LOGISTIC,
        ),
        TEXTS, WORDS,
    ),
    "letters": (feature_extraction.text.CountVectorizer(analyzer="char_wb", ngram_range=(2, 3)), TEXTS, None),
    "chosen by information": (feature_selection.SelectKBest(feature_selection.mutual_info_classif, k=2), NUMBERS, YES),
    "chosen by chi squared": (feature_selection.SelectKBest(feature_selection.chi2, k=2), COUNTS, YES),
    "chosen by regression": (feature_selection.SelectPercentile(feature_selection.r_regression), NUMBERS, QUANTITY),
    "bags of neighbours": (ensemble.BaggingClassifier(neighbors.KNeighborsClassifier(), 3), NUMBERS, YES),
    "boosted stumps": (ensemble.AdaBoostClassifier(TREES, n_estimators=3, random_state=0), NUMBERS, THREE),
    "imputed by a model": (
        pipeline.make_pipeline(impute.KNNImputer(), RIDGE),
        np.where(NUMBERS > 1, np.nan, NUMBERS), QUANTITY,
    ),
    "nearest correlation": (linear_model.LassoLarsIC(criterion="bic"), NUMBERS, QUANTITY),
    "balanced classes": (linear_model.LogisticRegression(class_weight={0: 1.0, 1: 3.0}), NUMBERS, YES),
    "words as classes": (TREES, NUMBERS, WORDS),
    "several targets": (ensemble.RandomForestRegressor(4, random_state=0), NUMBERS, PAIR),
    "frames out": (preprocessing.StandardScaler().set_output(transform="pandas"), TABLE[["n", "m"]], None),
    "kernel between rows": (kernel_ridge.KernelRidge(kernel="rbf"), NUMBERS, QUANTITY),
    "features of a kernel": (kernel_approximation.Nystroem(n_components=5, random_state=0), NUMBERS, None),
    "projected": (random_projection.SparseRandomProjection(2, random_state=0), NUMBERS, None),
}  # fmt: skip
"""Estimators beside the list with arguments that bring other parts with them."""


def target_of(name: str, estimator: Any) -> tuple[Any, Any]:
    """Return rows and target that suit an estimator of the list."""
    if name in ROWS:
        return ROWS[name]
    if name in _OF_COUNTS:
        return COUNTS, None
    if name in _OF_TWO:
        return NUMBERS, PAIR
    return NUMBERS, QUANTITY if base.is_regressor(estimator) else YES


def made(name: str, kind: type) -> Any:
    """Return an estimator of the list, small."""
    names = kind._get_param_names()  # type: ignore[attr-defined]
    small = {key: value for key, value in SMALL.items() if key in names and key not in NOT_SMALL.get(name, set())}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # some are to go
        return kind(**{**small, **NEEDED.get(name, {})})


ASKED = ("predict", "predict_proba", "decision_function", "transform", "score_samples", "kneighbors", "apply")


def answers(estimator: Any, rows: Any) -> dict[str, str]:
    """Digest, bit by bit, of everything that an estimator answers on some rows."""
    return {name: digest(getattr(estimator, name)(rows)) for name in ASKED if hasattr(estimator, name)}


def stored(estimator: Any, rows: Any, target: Any, fit: Callable[..., Any] | None = None) -> str:
    """Fit, store, read back, ask again; return what is not as it was, nothing if all is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # small data do not converge
        given = (rows,) if target is None else (rows, target)
        fitted = settled(estimator.fit(*given) if fit is None else fit(estimator, *given))
        rows = copy.deepcopy(rows)  # a matrix times itself, the one in memory, is computed another way
        before = answers(fitted, rows)
        with tempfile.TemporaryDirectory() as folder:
            try:
                save_state({"estimator": fitted}, Path(folder))
            except StateError as error:
                return error.problem
            back = load_state(Path(folder))["estimator"]
        if digest(back) != digest(fitted):
            return "its digest is another one after it was read"
        again = answers(back, rows)
    changed = [name for name in before if before[name] != again[name]]
    return f"{changed[0]}() answers differently after it was read" if changed else ""


LIST: dict[str, type] = dict(all_estimators())


@pytest.mark.parametrize("name", LIST)
def test_an_estimator_of_the_list_is_stored_and_answers_to_the_last_bit(name: str) -> None:
    estimator = made(name, LIST[name])
    problem = stored(estimator, *target_of(name, estimator))
    assert (problem == "") == (name not in CANNOT), problem or "it can be stored now: take it out of CANNOT"


@pytest.mark.parametrize("name", VARIANTS)
def test_other_arguments_bring_no_part_that_is_refused(name: str) -> None:
    estimator, rows, target = VARIANTS[name]
    assert stored(base.clone(estimator), rows, target) == ""


@pytest.mark.parametrize(
    "estimator",
    [
        linear_model.SGDClassifier(random_state=0),
        linear_model.Perceptron(random_state=0),
        naive_bayes.GaussianNB(),
        neural_network.MLPClassifier((4,), random_state=0),
    ],
    ids=lambda each: type(each).__name__,
)
def test_an_estimator_that_learned_in_parts_is_stored(estimator: Any) -> None:
    assert stored(estimator, NUMBERS, YES, made_in_parts) == ""


def spread(rows: Any, other: Any) -> float:
    return float(np.abs(rows - other).max())


REFUSED: dict[str, tuple[Any, str]] = {
    "distributions of SciPy": (
        model_selection.RandomizedSearchCV(
            LOGISTIC, {"C": scipy.stats.loguniform(0.01, 10)}, n_iter=2, random_state=0
        ),
        "rv_continuous_frozen",
    ),
    "a distance of one's own": (neighbors.KNeighborsClassifier(metric=spread, algorithm="ball_tree"), "spread"),
    "a scorer of one's own": (
        model_selection.GridSearchCV(RIDGE, {"alpha": [1.0]}, scoring=metrics.make_scorer(spread)), "spread",
    ),
    "a function of the system": (preprocessing.FunctionTransformer(os.getenv), "getenv"),
    "half a function of the system": (preprocessing.FunctionTransformer(functools.partial(os.system, "x")), "system"),
}  # fmt: skip
"""Parts that bring code of somebody's choosing with them, and how the refusal names them."""


@pytest.mark.parametrize("name", REFUSED)
def test_parts_that_bring_code_along_are_refused_by_name(name: str, tmp_path: Path) -> None:
    estimator, part = REFUSED[name]
    fitted = estimator if "function of the system" in name else estimator.fit(NUMBERS, YES)
    with pytest.raises(StateError, match=rf"state.*{part}"):
        save_state(fitted, tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(
    Version(sklearn.__version__) < Version("1.9"), reason="before scikit-learn 1.9 a request holds a name, no estimator"
)
def test_an_estimator_that_points_at_itself_is_refused(tmp_path: Path) -> None:
    with sklearn.config_context(enable_metadata_routing=True):
        asking = base.clone(LOGISTIC).set_fit_request(sample_weight=True).fit(NUMBERS, YES)
        with pytest.raises(StateError, match="LogisticRegression that cannot be stored"):
            save_state(asking, tmp_path / "new")


def test_the_lists_here_name_estimators_that_exist() -> None:
    assert len(LIST) > 200
    assert {*NEEDED, *ROWS, *_OF_COUNTS, *_OF_TWO, *CANNOT} <= set(LIST)
    assert all(CANNOT.values())
