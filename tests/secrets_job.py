"""What a user with secrets does: one good run, runs that fail in each step, runs whose model or store is not there."""

import json
import os
import sys
import traceback

import pandas as pd
from pydantic import BaseModel, SecretBytes, SecretStr
from sklearn.linear_model import LogisticRegression

import mlsys
from mlsys import Join, Pipeline, ReadCSV, ReadParquet, Report, RowTransform, Sink, Source, Transform

TOLD = json.loads(os.environ.pop("TOLD", "{}"))
API_KEY = os.environ.get("DEMO_API_KEY", "")


def at(path):
    return TOLD["address"].replace("PATH", path)


class Fetch(Source):
    password: SecretStr
    fails: bool = False
    token: str = TOLD.get("token", "")

    def read(self):
        if self.fails:
            try:
                raise ConnectionError(f"{at('login')} refused {self.password.get_secret_value()} and {self.token}")
            except ConnectionError as error:
                raise RuntimeError(self.password.get_secret_value(), {"key": API_KEY}) from error
        return ReadCSV(at("rows.csv")).read()


class Send(Sink):
    key: SecretBytes
    fails: bool = False

    def write(self, rows):
        if self.fails:
            raise KeyError(self.key.get_secret_value().decode())


class Centre(Transform):
    fails: str = ""

    def learn(self, train):
        if self.fails == "learn":
            others = f"{os.environ['DEMO_PAT']} {os.environ['DEMO_WAREHOUSE']}"
            raise ValueError(f"{os.environ['DEMO_DATABASE']}: {os.environ['DEMO_API_KEY']} {others}")
        mean = float(train["x"].mean())
        return {"mean": mean, "key": os.environ["DEMO_API_KEY"]} if self.fails == "state" else {"mean": mean}

    def apply(self, frame, state):
        if self.fails == "apply":
            Login(name=os.environ["DEMO_API_KEY"])
        return frame.assign(x=frame["x"] - state["mean"])


class Login(BaseModel):
    name: int


class Ask(RowTransform):
    """Needs its password when it serves."""

    password: SecretStr

    def apply(self, frame):
        return frame.assign(asked=len(self.password.get_secret_value()) + frame["x"])


def ask(frame):
    return frame.assign(asked=len(API_KEY) + frame["x"])


def ask_when_needed(frame):
    return frame.assign(asked=len(os.environ.get("DEMO_API_KEY", "")) + frame["x"])


class Say(Report):
    def report(self, data):
        raise ExceptionGroup("several", [OSError(2, "no", at("report")), ValueError(API_KEY)])


def pipeline(name, source=None, centre="", sink=False, extra=()):
    steps = [
        source or Fetch(SecretStr(TOLD["field"])),
        Join(at("shops.csv"), on="shop"),
        *extra,
        Centre(centre),
        LogisticRegression(),
        Send(SecretBytes(TOLD["bytes"].encode()), sink),
    ]
    return Pipeline(steps, target="y", exclude=["shop"], name=name, waive={"DR101": f"see {at('ticket')}"})


def look(run):
    for shown in (run, run.card, run.pipeline, run.pipeline.plan(), run.pipeline.steps[0].step):
        print(repr(shown))
        print(getattr(shown, "_repr_html_", str)())
    for table in (run.features, run.steps, run.cache_report()):
        print(table, table.to_dict("list"), table.attrs)
    print(run.findings, run.model)


def fails(work):
    try:
        work()
    except Exception:
        print(traceback.format_exc())
    else:
        raise SystemExit(f"{work} did not fail")


def runs():
    """Runs that end well, and a model that is saved, loaded and registered."""
    good = pipeline("good")
    run = good.run()
    look(run)
    look(good.run())
    look(run.final_test())
    run.save("model")
    print(mlsys.load("model").predict(pd.DataFrame({"x": [1], "shop": ["shop-1"], "size": [1]})))
    print(run.register("good", alias="best", reason=f"asked at {at('ticket')}"))
    look(Pipeline([ReadCSV(at("rows.csv")), LogisticRegression()], target="y", features=["x"], name="read").run())
    look(pipeline("portable", extra=[ask_when_needed]).run())


def withheld():
    """Models that cannot leave, and a state that is not kept."""
    look(pipeline("state", centre="state").run())
    for step in (Ask(SecretStr(TOLD["served"])), ask):
        run = pipeline("not portable", extra=[step]).run()
        look(run)
        fails(lambda run=run: run.save("withheld"))


def failures():
    """Steps that fail in every place, and a store that is not there, at an address with a password."""
    fails(pipeline("fails", Fetch(SecretStr(TOLD["field"]), True)).run)
    fails(pipeline("fails", sink=True).run)
    fails(pipeline("fails", centre="learn").run)
    fails(pipeline("fails", centre="apply").run)
    fails(pipeline("fails", extra=[Say()]).run)
    fails(pipeline("fails", ReadCSV(at("nothing.csv"))).run)
    fails(pipeline("fails", ReadCSV(at("rows.csv").replace("token", "wrong"))).run)
    fails(pipeline("fails", ReadCSV(at("rows.csv"), columns=["nowhere"])).run)
    fails(pipeline("fails", ReadParquet(at("rows.parquet"))).run)
    fails(ReadCSV(at("rows.csv").replace("127.0.0.1", "127.0.0.1:x")).read)
    fails(ReadCSV(f"ftp://me:{TOLD['served']}@127.0.0.1:9/rows.csv").read)
    fails(ReadCSV(TOLD["field"]).read)
    fails(lambda: Fetch(SecretStr(TOLD["field"]), fails=TOLD["field"]))
    fails(lambda: Fetch([TOLD["field"]]))
    fails(lambda: Pipeline([Fetch(SecretStr(TOLD["field"])), at("rows.csv")], target="y"))

    os.environ["MLFLOW_TRACKING_URI"] = f"http://me:{TOLD['tracking']}@127.0.0.1:9/"
    away = pipeline("away").run()
    look(away)
    fails(lambda: away.register("good"))
    print(mlsys.sync())


if __name__ == "__main__":
    {"runs": runs, "withheld": withheld, "failures": failures}[sys.argv[1]]()
    print("the job reached its end", flush=True)
    pipeline("fails", centre="learn").run(track=False)
