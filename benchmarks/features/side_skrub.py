"""skrub: its TableVectorizer over the columns of all jobs, with its defaults; it has none of them alone."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
from skrub import TableVectorizer
from table import FEW, MANY, NUMBERS, TARGET, WIDE


def together(frame: pd.DataFrame) -> int:
    columns = [*NUMBERS, *FEW, *MANY, WIDE]
    return int(TableVectorizer().fit_transform(frame[columns], frame[TARGET]).shape[1])


JOBS: dict[str, Callable[[pd.DataFrame], int]] = {"all": together}
