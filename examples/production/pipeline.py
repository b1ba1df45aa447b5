"""The pipeline of the recipe: ``mlsys plan pipeline.py`` shows it, and reads no rows."""

from __future__ import annotations

from settings import DATA, MODEL, TODAY
from sklearn.ensemble import HistGradientBoostingClassifier

from mlsys import Calibrate, Cost, Evaluate, Impute, NaturalLabel, OneHot, Pipeline, ReadParquet, TimeSplit, Train

pipeline = Pipeline(
    [
        ReadParquet(str(DATA / "known.parquet")),
        NaturalLabel("defaulted", event_at="defaulted_at", since="applied_at", window="90D", until=TODAY),
        TimeSplit(validation="28D", test="7D"),
        Impute(),
        OneHot(["purpose", "channel"]),
        Train(HistGradientBoostingClassifier(max_iter=80, learning_rate=0.05)),
        Calibrate(),
        Evaluate(slices=["channel"], value=Cost(missed=8, false_alarm=1)),
    ],
    target="defaulted",
    time="applied_at",
    id="loan",
    name=MODEL,
)
