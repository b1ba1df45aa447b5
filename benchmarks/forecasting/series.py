"""Write series of statsmodels and vega_datasets as tables; run in the environment of the others."""

import sys
from pathlib import Path

import pandas as pd
from statsmodels.datasets import elnino
from vega_datasets import data

folder = Path(sys.argv[1])
wide = elnino.load_pandas().data.melt("YEAR", var_name="month", value_name="value")
wide["time"] = pd.to_datetime(wide["YEAR"].astype(int).astype(str) + wide["month"].str.title(), format="%Y%b")
wide.sort_values("time")[["time", "value"]].assign(holiday=0).to_csv(folder / "elnino.csv", index=False)
weather = data.seattle_weather()
weather = pd.DataFrame({"time": weather["date"], "value": weather["temp_max"], "holiday": 0})
weather.to_csv(folder / "seattle.csv", index=False)
