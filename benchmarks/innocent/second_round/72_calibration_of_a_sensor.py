"""A sensor's calibration, measured at the works: a polynomial and a spline held by a function."""

import numpy as np
import pandas as pd
from scipy.interpolate import CubicSpline
from sklearn.linear_model import Ridge

from mlsys import Derive, Pipeline, RandomSplit, Standardize

VOLTS = np.array([0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0])
DEGREES = np.array([-40.0, -11.2, 8.1, 24.6, 41.0, 62.3, 95.0])
SPLINE = CubicSpline(VOLTS, DEGREES)
HUMIDITY = np.poly1d([0.2, 30.5, -4.0])

rng = np.random.default_rng(73)
readings = pd.DataFrame(
    {"volts": rng.uniform(0.3, 2.7, 1_500).round(3), "humid": rng.uniform(0.5, 2.8, 1_500).round(3)}
)
readings["felt"] = SPLINE(readings["volts"]) + 0.08 * HUMIDITY(readings["humid"]) + rng.normal(0, 2, 1_500)

columns = {"degrees": lambda f: SPLINE(f["volts"]), "humidity": lambda f: HUMIDITY(f["humid"])}
run = Pipeline([Derive(columns), RandomSplit(), Standardize(), Ridge()], target="felt").run(readings)
print(run)
