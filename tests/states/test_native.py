"""Models of LightGBM, XGBoost and CatBoost: stored in their own formats, equal to the last bit after a reload."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlsys import Pipeline, RandomSplit, load
from mlsys.errors import StateError
from mlsys.states import digest, load_state, save_state
from mlsys.states.native import FORMS

lightgbm = pytest.importorskip("lightgbm")
xgboost = pytest.importorskip("xgboost")
catboost = pytest.importorskip("catboost")

RANDOM = np.random.default_rng(5)
NUMBERS = RANDOM.normal(size=(400, 5))
NUMBERS[::7, 2] = np.nan
QUANTITY = NUMBERS[:, 0] + RANDOM.normal(size=400)
TABLE = pd.DataFrame(NUMBERS, columns=list("abcde")).assign(
    kind=pd.Categorical(np.where(NUMBERS[:, 1] > 0, "u", np.where(NUMBERS[:, 3] > 0, "v", "w")))
)
YES, THREE, WORDS = (QUANTITY > 0).astype(int), np.digitize(QUANTITY, [-0.5, 0.5]), np.where(QUANTITY > 0, "on", "off")
GROUPS = np.full(20, 20)


def plain_fit(model: Any, rows: Any, target: Any) -> Any:
    return model.fit(rows, target)


def watched_fit(model: Any, rows: Any, target: Any) -> Any:
    if isinstance(model, lightgbm.LGBMModel):
        return model.fit(rows[:300], target[:300], eval_X=(rows[300:],), eval_y=(target[300:],))
    return model.fit(rows[:300], target[:300], eval_set=[(rows[300:], target[300:])])


def ranked_fit(model: Any, rows: Any, target: Any) -> Any:
    return model.fit(rows, target, group=GROUPS)


def by_query(model: Any, rows: Any, target: Any) -> Any:
    return model.fit(rows, target, group_id=np.repeat(np.arange(20), 20))


LIGHT = {"n_estimators": 15, "verbose": -1, "n_jobs": 1}
EXTREME = {"n_estimators": 15, "n_jobs": 1}
CAT = {"iterations": 15, "verbose": 0, "thread_count": 1, "allow_writing_files": False}

WRAPPERS: dict[str, tuple[Any, Any, Any, Callable[..., Any]]] = {
    "LightGBM classifier": (lightgbm.LGBMClassifier(**LIGHT), NUMBERS, YES, plain_fit),
    "LightGBM of three words": (lightgbm.LGBMClassifier(**LIGHT), NUMBERS, np.array(list("xyz"))[THREE], plain_fit),
    "LightGBM that stops early": (
        lightgbm.LGBMClassifier(**{**LIGHT, "n_estimators": 200}, early_stopping_rounds=3), NUMBERS, YES, watched_fit,
    ),
    "LightGBM with categories": (lightgbm.LGBMRegressor(**LIGHT), TABLE, QUANTITY, plain_fit),
    "LightGBM with linear trees": (lightgbm.LGBMRegressor(**LIGHT, linear_tree=True), NUMBERS, QUANTITY, plain_fit),
    "LightGBM ranker": (lightgbm.LGBMRanker(**LIGHT), NUMBERS, YES, ranked_fit),
    "XGBoost classifier": (xgboost.XGBClassifier(**EXTREME), NUMBERS, YES, plain_fit),
    "XGBoost of three": (xgboost.XGBClassifier(**EXTREME, random_state=1), NUMBERS, THREE, plain_fit),
    "XGBoost that stops early": (
        xgboost.XGBClassifier(**{**EXTREME, "n_estimators": 200}, early_stopping_rounds=3), NUMBERS, YES, watched_fit,
    ),
    "XGBoost with categories": (
        xgboost.XGBRegressor(**EXTREME, enable_categorical=True), TABLE, QUANTITY, plain_fit,
    ),
    "XGBoost, linear": (xgboost.XGBRegressor(**EXTREME, booster="gblinear"), np.nan_to_num(NUMBERS), QUANTITY,
                        plain_fit),
    "XGBoost, dropping trees": (xgboost.XGBRegressor(**EXTREME, booster="dart"), NUMBERS, QUANTITY, plain_fit),
    "XGBoost forest": (xgboost.XGBRFClassifier(**EXTREME), NUMBERS, YES, plain_fit),
    "XGBoost forest of numbers": (xgboost.XGBRFRegressor(**EXTREME), NUMBERS, QUANTITY, plain_fit),
    "XGBoost ranker": (xgboost.XGBRanker(**EXTREME), NUMBERS, YES, ranked_fit),
    "CatBoost classifier": (catboost.CatBoostClassifier(**CAT), NUMBERS, YES, plain_fit),
    "CatBoost of words": (catboost.CatBoostClassifier(**CAT), NUMBERS, WORDS, plain_fit),
    "CatBoost with categories": (catboost.CatBoostRegressor(**CAT, cat_features=["kind"]), TABLE, QUANTITY, plain_fit),
    "CatBoost that stops early": (
        catboost.CatBoostClassifier(**{**CAT, "iterations": 200}, early_stopping_rounds=3), NUMBERS, YES, watched_fit,
    ),
    "CatBoost ranker": (catboost.CatBoostRanker(**CAT), NUMBERS, YES, by_query),
}  # fmt: skip


def fresh(model: Any) -> Any:
    """Return an unfitted copy; scikit-learn's clone() refuses CatBoost's lists of categories."""
    return type(model)(**model.get_params())


def answers(model: Any, rows: Any) -> list[bytes]:
    """All that it answers, bit by bit."""
    methods = ("predict", "predict_proba") if hasattr(model, "classes_") and len(model.classes_) else ("predict",)
    found = [np.ascontiguousarray(getattr(model, name)(rows)) for name in methods]
    found = [each.astype(str) if each.dtype == object else each for each in found]
    return [repr((each.dtype, each.shape)).encode() + each.tobytes() for each in found]


def reloaded(state: Any, folder: Path) -> Any:
    manifest = save_state(state, folder)
    assert manifest["digest"] == digest(state)
    return load_state(folder)


@pytest.mark.parametrize("name", WRAPPERS)
def test_a_wrapper_answers_to_the_last_bit_after_a_reload(name: str, tmp_path: Path) -> None:
    made, rows, target, fit = WRAPPERS[name]
    model = fit(fresh(made), rows, target)
    back = reloaded({"estimator": model}, tmp_path / "state")["estimator"]
    assert type(back) is type(model)
    assert answers(back, rows) == answers(model, rows)
    assert back.get_params().keys() == model.get_params().keys()
    assert digest(back) == digest(model)
    assert digest(reloaded(back, tmp_path / "again")) == digest(model)


@pytest.mark.parametrize("name", WRAPPERS)
def test_the_digest_is_that_of_the_model_not_of_the_training(name: str) -> None:
    made, rows, target, fit = WRAPPERS[name]
    model, again = fit(fresh(made), rows, target), fit(fresh(made), rows, target)
    assert digest(again) == digest(model) != digest(made)
    size = "iterations" if "CatBoost" in name else "n_estimators"
    assert digest(fit(fresh(made).set_params(**{size: 2}), rows, target)) != digest(model)


@pytest.mark.parametrize("name", WRAPPERS)
def test_files_are_json_and_the_librarys_own(name: str, tmp_path: Path) -> None:
    made, rows, target, fit = WRAPPERS[name]
    save_state(fit(fresh(made), rows, target), tmp_path)
    suffixes = {path.suffix for path in tmp_path.iterdir()}
    own = {"L": ".txt", "X": ".ubj", "C": ".cbm"}[name[0]]
    assert {".json", own} <= suffixes <= {".json", ".arrow", ".skops", own}
    assert not any(b"pickle" in path.read_bytes() for path in tmp_path.iterdir())


def test_boosters_without_a_wrapper_come_back(tmp_path: Path) -> None:
    light = lightgbm.train(
        {"objective": "binary", "verbose": -1, "num_threads": 1}, lightgbm.Dataset(NUMBERS, YES), num_boost_round=10
    )
    rows = xgboost.DMatrix(NUMBERS, YES, feature_names=list("abcde"))
    extreme = xgboost.train({"objective": "binary:logistic", "nthread": 1}, rows, num_boost_round=10)
    back = reloaded({"light": light, "extreme": extreme}, tmp_path)
    assert back["light"].predict(NUMBERS).tobytes() == light.predict(NUMBERS).tobytes()
    assert back["extreme"].predict(rows).tobytes() == extreme.predict(rows).tobytes()
    assert back["extreme"].feature_names == list("abcde")
    assert json.loads(back["extreme"].save_config())["learner"]["generic_param"]["nthread"] == "1"
    assert digest(back) == digest({"light": light, "extreme": extreme})


@pytest.mark.parametrize("name", ["LightGBM classifier", "XGBoost classifier", "CatBoost classifier"])
def test_inside_objects_of_scikit_learn_they_come_back_as_well(name: str, tmp_path: Path) -> None:
    made, size = WRAPPERS[name][0], "iterations" if "CatBoost" in name else "n_estimators"
    for number, model in enumerate(
        [
            make_pipeline(StandardScaler(), fresh(made)),
            GridSearchCV(fresh(made), {size: [3, 5]}, cv=2),
            CalibratedClassifierCV(fresh(made), cv=2),
        ]
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # LightGBM names columns that scikit-learn does not
            model.fit(NUMBERS, YES)
            back = reloaded(model, tmp_path / str(number))
            assert answers(back, NUMBERS) == answers(model, NUMBERS)
            assert digest(back) == digest(model)


def test_an_estimator_that_is_not_fitted_keeps_its_parameters(tmp_path: Path) -> None:
    for number, (made, *_) in enumerate(WRAPPERS.values()):
        back = reloaded(made, tmp_path / str(number))
        assert digest(back) == digest(made)
        assert digest(fresh(back)) == digest(made) != digest(fresh(back).set_params(learning_rate=0.7))


def test_an_objective_of_ones_own_is_named(tmp_path: Path) -> None:
    def squares(truth: Any, predicted: Any) -> tuple[Any, Any]:
        return predicted - truth, np.ones_like(truth)

    model = lightgbm.LGBMRegressor(**LIGHT, objective=squares).fit(NUMBERS, QUANTITY)
    with pytest.raises(StateError, match=r'state\["m"\]\.objective is a function'):
        save_state({"m": model}, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_class_that_is_not_on_the_list_is_not_even_imported(tmp_path: Path) -> None:
    import xxhash

    save_state(WRAPPERS["XGBoost classifier"][0], tmp_path)
    document = json.loads((tmp_path / "state.json").read_text())
    for strange in ("antigravity.Thing", "os.system", "lightgbm.basic.Dataset", "xgboost.sklearn.os"):
        content = json.dumps({**document, "class": strange}).encode()
        (tmp_path / "state.json").write_bytes(content)
        manifest = json.loads((tmp_path / "manifest.json").read_text())
        manifest["files"]["state.json"] = xxhash.xxh3_128_hexdigest(content)
        (tmp_path / "manifest.json").write_text(json.dumps(manifest))
        with pytest.raises(StateError, match=strange):
            load_state(tmp_path)
    assert "antigravity" not in sys.modules


def test_no_library_is_imported_before_one_of_its_models_is_there() -> None:
    code = (
        "import sys, mlsys.states; from mlsys.states import digest, check_storable; import numpy;"
        "digest({'a': numpy.ones(3)}); check_storable([1]);"
        "print(sorted({'lightgbm', 'xgboost', 'catboost'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_class_on_the_list_exists() -> None:
    from mlsys.states.native.form import class_named

    assert all(isinstance(class_named(name), type) for form in FORMS for name in form.classes)


@pytest.mark.parametrize("name", ["LightGBM classifier", "XGBoost classifier", "CatBoost classifier"])
def test_a_saved_pipeline_predicts_the_same(name: str, tmp_path: Path) -> None:
    frame = pd.DataFrame(NUMBERS, columns=list("abcde")).assign(late=YES == 1)
    run = Pipeline([RandomSplit(), fresh(WRAPPERS[name][0])], target="late").run(frame, track=False, cache=False)
    run.save(tmp_path / "model")
    expected = run.model.predict(frame)
    pd.testing.assert_frame_equal(load(tmp_path / "model").predict(frame), expected, check_exact=True)
