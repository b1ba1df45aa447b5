# pyright: strict, reportUnnecessaryTypeIgnoreComment=true, reportAttributeAccessIssue=true
# pyright: reportOptionalMemberAccess=true, reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownLambdaType=false
"""What a type checker knows of pipelines and runs: checked by pyright, never run.

A line that ends in ``# pyright: ignore[...]`` is a mistake that must be flagged: where it is not, the comment is
unnecessary, which is an error here.
"""

import pandas as pd

from mlsys import Derive, Evaluate, Impute, Join, OneHot, Pipeline, Run, StratifiedSplit, Train
from mlsys.evaluation import Evaluation
from mlsys.run import Registration


def steps_are_known_by_their_class(pipeline: Pipeline) -> None:
    indicator: bool = pipeline[Impute].indicator
    pipeline[Impute].colums  # pyright: ignore[reportAttributeAccessIssue]
    pipeline["Impute"].columns
    shorter: Pipeline = pipeline[1:]
    shorter.fit  # pyright: ignore[reportAttributeAccessIssue]
    print(indicator)


def fields_of_several_values_take_lists(side: pd.DataFrame) -> None:
    OneHot(["carrier"])
    Impute(columns=["a"], depends_on=["prices.csv"])
    Join(side, on=["a", "b"], columns=["c"])
    Derive({"c": lambda rows: rows["a"]}, lookup=[side])
    StratifiedSplit(by=["a"])
    Evaluate(metrics=["accuracy"], slices=["carrier"])
    Train(None, features=["a"])
    OneHot(colums=["carrier"])  # pyright: ignore[reportCallIssue]
    Evaluate(level="high")  # pyright: ignore[reportArgumentType]


def a_run_has_an_evaluation_and_a_registration(run: Run) -> None:
    found: Evaluation = run.evaluation
    found.plot(kind="roc")
    found.headlin  # pyright: ignore[reportAttributeAccessIssue]
    verdict: Registration = run.register("flights")
    verdict.verdct  # pyright: ignore[reportAttributeAccessIssue]
    run.evaluatoin  # pyright: ignore[reportAttributeAccessIssue]
    run.columns.table


def what_a_pipeline_returns_knows_the_pipeline(pipeline: Pipeline, rows: pd.DataFrame) -> None:
    run = pipeline.run(rows)
    again: Pipeline = run.final_test().pipeline.replace(Impute=None)
    run.pipeline.pla()  # pyright: ignore[reportAttributeAccessIssue]
    variants = pipeline.variants(mean={}, median={"Impute": Impute()})
    variants["mean"].plan()
    variants["mean"].pla()  # pyright: ignore[reportAttributeAccessIssue]
    variants.run(rows)["mean"].pipeline.plan()
    pipeline.cross_validate(5, rows).pipeline.run(rows)
    pipeline.ablate(data=rows).pipeline.pla()  # pyright: ignore[reportAttributeAccessIssue]
    print(again)
