"""Functions from frame to frame stand in the list as they are: ratios, flags and dropped columns."""

import numpy as np
import pandas as pd
from sklearn.datasets import load_wine
from sklearn.ensemble import ExtraTreesClassifier

from mlsys import Pipeline, RandomSplit


def ratios(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(
        phenol_share=frame["flavanoids"] / frame["total_phenols"],
        log_proline=np.log(frame["proline"]),
        strong=frame["alcohol"] > 13,
    )


def without_raw(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns=["proline"])


def rounded(frame):
    frame = frame.copy()
    numbers = frame.select_dtypes("float").columns
    frame[numbers] = frame[numbers].round(3)
    return frame


wine = load_wine(as_frame=True).frame
pipeline = Pipeline([ratios, without_raw, RandomSplit(), rounded, ExtraTreesClassifier()], target="target", name="wine")
run = pipeline.run(wine)
print(run)
print(run.features.tail(4))
