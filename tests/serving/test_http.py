"""A model of a script that is gone, loaded and served elsewhere: same numbers, real requests, clear refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ..forks import Forks

Server = Any
pytestmark = pytest.mark.long  # processes with imports, and a server

HELPERS = '''
    """A helper in another module, which has a helper of its own."""
    import numpy as np

    FLOOR = 1.0

    def floored(values):
        return np.maximum(values, FLOOR)

    def logged(values):
        return np.log(floored(values))
'''
MAIN = '''
    import json, linecache
    import numpy as np, pandas as pd
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler
    from mlsys import Apply, Derive, Impute, OneHot, Pipeline, RandomSplit, Transform
    from helpers import logged

    CELL = "def per_item(orders):\\n    return orders['price'] / orders['items'] * RATE\\n"
    RATE = 1.25
    name = "/tmp/ipykernel_1/12.py"  # where a notebook keeps the source of its cells
    linecache.cache[name] = (len(CELL), None, CELL.splitlines(True), name)
    exec(compile(CELL, name, "exec"))

    class Clip(Transform):
        """A step of the user's own."""
        columns: tuple[str, ...]
        quantile: float = 0.95

        def learn(self, train):
            return train[list(self.columns)].quantile(self.quantile)

        def apply(self, frame, limits):
            clipped = frame[list(self.columns)].clip(upper=limits, axis=1)
            return frame.assign(**clipped, **{f"log_{c}": logged(clipped[c]) for c in self.columns})

    rng = np.random.default_rng(3)
    rows = 600
    orders = pd.DataFrame({
        "order": [f"o{n}" for n in range(rows)],
        "price": rng.gamma(2.0, 30.0, rows),
        "items": rng.integers(1, 9, rows),
        "days": np.where(rng.random(rows) < 0.2, np.nan, rng.integers(0, 30, rows)),
        "country": pd.Series(rng.choice(["DE", "FR", "PL"], rows), dtype="str"),
        "member": rng.random(rows) < 0.5,
    })
    orders["late"] = orders["price"] / 60 + orders["member"] + rng.normal(size=rows) > 2
    steps = [Derive({"each": per_item}), RandomSplit(), Impute(), Clip(("price",)), OneHot(["country"]),
             Apply(StandardScaler()), LogisticRegression(max_iter=300)]
    run = Pipeline(steps, target="late", id="order", name="portable").run(orders)
    import mlflow
    model = mlflow.get_run(run.mlflow_run_id).outputs.model_outputs[0].model_id
    request = orders.tail(40)
    print(json.dumps({"model": f"models:/{model}", "rows": request.drop(columns="late").to_dict("records"),
                      "answers": run.predict(request).to_dict("records")}))
'''


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("portable")


@pytest.fixture(scope="module")
def logged(place: Path, run_script: Any) -> dict[str, Any]:
    found = run_script({"main.py": MAIN, "helpers.py": HELPERS}, place)
    # JSON has no NaN: a client sends null.
    found["rows"] = [{key: None if pd.isna(value) else value for key, value in row.items()} for row in found["rows"]]
    return found


@pytest.fixture(scope="module")
def server(logged: dict[str, Any], place: Path, serving: Any) -> Iterator[Server]:
    with serving(logged["model"], place) as found:
        yield found


def test_a_fresh_process_elsewhere_predicts_the_same_bits(
    logged: dict[str, Any], place: Path, environment: Any, forks: Forks
) -> None:
    script = """
        import json, sys
        import mlflow.pyfunc, pandas as pd
        given = json.load(sys.stdin)
        model = mlflow.pyfunc.load_model(given["model"])
        answers = model.predict(pd.DataFrame(given["rows"]))
        assert answers.to_dict("records") == given["answers"]
        print("same")
    """
    (place / "another").mkdir()
    asks = ["-c", "\n".join(line.strip() for line in script.splitlines())]
    done = forks.run(asks, cwd=place / "another", env=environment(place), input=json.dumps(logged))
    assert done.stdout.endswith("same\n"), done.stderr


def test_json_by_records_and_by_columns(logged: dict[str, Any], server: Server) -> None:
    rows = logged["rows"]
    assert server.ask({"dataframe_records": rows}) == (200, logged["answers"])
    split = {"columns": list(rows[0]), "data": [list(row.values()) for row in rows]}
    assert server.ask({"dataframe_split": split}) == (200, logged["answers"])
    columns = {name: [row[name] for row in rows] for name in rows[0] if name != "days"}
    assert server.ask({"inputs": {**columns, "days": [row["days"] for row in rows]}}) == (200, logged["answers"])


def test_csv(logged: dict[str, Any], server: Server) -> None:
    text = pd.DataFrame(logged["rows"]).to_csv(index=False)
    assert server.ask(text, "text/csv") == (200, logged["answers"])


def test_one_row_other_order_more_columns_and_columns_left_out(logged: dict[str, Any], server: Server) -> None:
    for row, answer in zip(logged["rows"][:5], logged["answers"][:5], strict=True):
        backwards = {"weather": "fine", **dict(reversed(row.items()))}
        assert nearly(server.ask({"dataframe_records": [backwards]}), answer)
        if row["days"] is None:
            without = {name: value for name, value in row.items() if name != "days"}
            assert nearly(server.ask({"dataframe_records": [without]}), answer)


def nearly(answered: tuple[int, Any], expected: dict[str, Any]) -> bool:
    """Whether one row got what it got among others; a dot product of one row may round its last bit otherwise."""
    status, (found,) = answered
    floats = {name for name, value in expected.items() if isinstance(value, float)}
    close = all(found[name] == pytest.approx(expected[name], rel=1e-12) for name in floats)
    return status == 200 and close and all(found[name] == expected[name] for name in expected.keys() - floats)


def test_types_of_json_that_say_the_same(logged: dict[str, Any], server: Server) -> None:
    said = [{**row, "items": float(row["items"]), "member": int(row["member"])} for row in logged["rows"]]
    assert server.ask({"dataframe_records": said}) == (200, logged["answers"])


def test_no_rows_and_levels_never_seen(logged: dict[str, Any], server: Server) -> None:
    assert server.ask({"dataframe_records": []}) == (200, [])
    status, answers = server.ask({"dataframe_records": [{**logged["rows"][0], "country": "AT"}]})
    assert status == 200 and 0 < answers[0]["probability_True"] < 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"price": "cheap"}, "the request's column 'price' holds 'cheap' in row 0"),
        ({"price": "9.5"}, "the request's column 'price' holds '9.5' in row 0"),
        ({"items": 2.5}, "the request's column 'items' holds 2.5 in row 0"),
        ({"country": 49}, "the request's column 'country' holds 49 in row 0"),
        ({"member": "yes"}, "the request's column 'member' holds 'yes' in row 0"),
        ({"price": ...}, "the request lacks the column 'price'"),
    ],
)
def test_what_cannot_be_answered_is_status_400_with_the_column(
    logged: dict[str, Any], server: Server, change: dict[str, Any], said: str
) -> None:
    row = {name: value for name, value in {**logged["rows"][0], **change}.items() if value is not ...}
    status, message = server.ask({"dataframe_records": [row]})
    assert status == 400 and said in message and "Remedy: " in message and "Traceback" not in message


def test_inputs_in_all_of_mlflows_forms(logged: dict[str, Any], server: Server) -> None:
    """Records, single values, columns and tensors mean the same rows; ``instances`` as well."""
    rows = [row for row in logged["rows"] if row["days"] is not None][:4]
    status, answers = server.ask({"dataframe_records": rows})
    assert status == 200
    by_column = {name: [row[name] for row in rows] for name in rows[0]}
    for said in (
        {"inputs": rows},
        {"inputs": by_column},
        {"inputs": {name: [[value] for value in values] for name, values in by_column.items()}},
        {"instances": rows},
    ):
        assert server.ask(said) == (200, answers), said
    for said in ({"inputs": rows[0]}, {"inputs": rows[:1]}, {"instances": rows[:1]}):
        status, (answer,) = server.ask(said)
        assert status == 200 and nearly((200, [answer]), answers[0])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"items": 10**20}, "'items' holds 100000000000000000000 in row 0"),
        ({"price": -(10**30)}, "'price' holds -1"),
        ({"items": True}, "'items' holds True in row 0"),
        ({"price": [1.0]}, "'price' holds "),
        ({"country": {"is": "DE"}}, "'country' holds {'is': 'DE'} in row 0"),
        ({"member": None}, ""),
    ],
)
def test_odd_values_are_answered_or_status_400_without_a_trace(
    logged: dict[str, Any], place: Path, server: Server, change: dict[str, Any], said: str
) -> None:
    row = {**logged["rows"][0], **change}
    split = {"columns": [*row], "data": [[*row.values()]]}
    for body in ({"dataframe_records": [row]}, {"inputs": [row]}, {"dataframe_split": split}):
        status, answer = server.ask(body)
        assert status == 400 or not said, body
        assert status == 200 or (said in answer and "Traceback" not in answer), answer


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"inputs": None}, "nothing (None)"),
        ({"inputs": 34}, "a value of type int"),
        ({"inputs": "x"}, "a value of type str"),
        ({"inputs": {"price": [1.0, 2.0], "items": [1]}}, "different numbers of values"),
        ({"inputs": [[1.0, 2.0]]}, "an array of shape (1, 2)"),
        ({"inputs": {}}, ""),
        ({"dataframe_records": [5]}, "lacks the columns"),
        ({"dataframe_split": {"data": [[1, 2]]}}, "lacks the columns"),
        ({"dataframe_records": None}, "must be a list of records"),
        ({"dataframe_records": [{"country": "\ud800"}]}, "surrogates not allowed"),
    ],
)
def test_bodies_that_are_no_rows_are_status_400_without_a_trace(server: Server, body: Any, said: str) -> None:
    status, answer = server.ask(body)
    assert status == 400 or not said
    assert status == 200 or (said in answer and "Traceback" not in answer), answer


UNPORTABLE = {
    "a lambda": ("lambda orders: orders['price'] * 2", False, "a lambda (line"),
    "code typed on standard input": ("doubled", True, "'doubled' is not available (typed on standard input"),
}


@pytest.mark.parametrize("case", UNPORTABLE)
def test_code_without_source_leaves_the_run_whole_and_the_model_withheld(
    tmp_path: Path, run_script: Any, case: str
) -> None:
    function, stdin, said = UNPORTABLE[case]
    script = f"""
        import json
        import numpy as np, pandas as pd, mlflow
        from sklearn.linear_model import LogisticRegression
        from mlsys import Derive, Pipeline, RandomSplit

        def doubled(orders):
            return orders["price"] * 2

        rng = np.random.default_rng(3)
        orders = pd.DataFrame({{"price": rng.gamma(2.0, 30.0, 400)}})
        orders["late"] = orders["price"] > 60
        pipeline = Pipeline([Derive({{"twice": {function}}}), RandomSplit(), LogisticRegression()], target="late")
        plan = repr(pipeline.plan())
        run = pipeline.run(orders)
        logged = mlflow.get_run(run.mlflow_run_id)
        print(json.dumps({{"plan": plan, "tags": logged.data.tags, "metrics": logged.data.metrics,
                          "models": len(logged.outputs.model_outputs) if logged.outputs else 0,
                          "status": logged.info.status, "answers": len(run.predict(orders.head(3)))}}))
    """
    found = run_script({"main.py": script}, tmp_path, stdin=stdin)
    assert found["status"] == "FINISHED" and "roc_auc" in found["metrics"] and found["answers"] == 3
    assert found["models"] == 0 and said in found["tags"]["mlsys.model"], found["tags"]["mlsys.model"]
    assert "withheld" in found["plan"]
