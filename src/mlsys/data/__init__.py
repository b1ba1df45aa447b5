"""Steps that bring data in, derive columns, look up other tables, and write rows out."""

from mlsys.data.aggregate import Aggregate
from mlsys.data.as_of_join import AsOfJoin
from mlsys.data.cast import Cast
from mlsys.data.check_schema import CheckSchema
from mlsys.data.deduplicate import Deduplicate
from mlsys.data.derive import Derive
from mlsys.data.fill_gaps import FillGaps
from mlsys.data.filter import Filter
from mlsys.data.flatten import Flatten
from mlsys.data.forecast import Forecast
from mlsys.data.function import Function
from mlsys.data.join import Join
from mlsys.data.lag import Lag
from mlsys.data.pivot import Pivot
from mlsys.data.read_csv import ReadCSV
from mlsys.data.read_documents import ReadDocuments
from mlsys.data.read_events import ReadEvents
from mlsys.data.read_frame import ReadFrame
from mlsys.data.read_graph import ReadGraph
from mlsys.data.read_json import ReadJSON
from mlsys.data.read_parquet import ReadParquet
from mlsys.data.read_service import ReadService
from mlsys.data.read_sql import ReadSQL
from mlsys.data.rename import Rename
from mlsys.data.season_lag import SeasonLag
from mlsys.data.window_aggregate import WindowAggregate
from mlsys.data.write_csv import WriteCSV
from mlsys.data.write_parquet import WriteParquet
from mlsys.data.write_sql import WriteSQL

__all__ = [
    "Aggregate",
    "AsOfJoin",
    "Cast",
    "CheckSchema",
    "Deduplicate",
    "Derive",
    "FillGaps",
    "Filter",
    "Flatten",
    "Forecast",
    "Function",
    "Join",
    "Lag",
    "Pivot",
    "ReadCSV",
    "ReadDocuments",
    "ReadEvents",
    "ReadFrame",
    "ReadGraph",
    "ReadJSON",
    "ReadParquet",
    "ReadSQL",
    "ReadService",
    "Rename",
    "SeasonLag",
    "WindowAggregate",
    "WriteCSV",
    "WriteParquet",
    "WriteSQL",
]
