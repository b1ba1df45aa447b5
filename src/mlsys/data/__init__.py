"""Steps that bring data in, derive columns, look up other tables, and write rows out."""

from typing import TYPE_CHECKING

from mlsys.lazily import names_of

if TYPE_CHECKING:
    from mlsys.data.aggregate import Aggregate as Aggregate
    from mlsys.data.as_of_join import AsOfJoin as AsOfJoin
    from mlsys.data.cast import Cast as Cast
    from mlsys.data.check_schema import CheckSchema as CheckSchema
    from mlsys.data.deduplicate import Deduplicate as Deduplicate
    from mlsys.data.derive import Derive as Derive
    from mlsys.data.fill_gaps import FillGaps as FillGaps
    from mlsys.data.filter import Filter as Filter
    from mlsys.data.flatten import Flatten as Flatten
    from mlsys.data.forecast import Forecast as Forecast
    from mlsys.data.function import Function as Function
    from mlsys.data.join import Join as Join
    from mlsys.data.lag import Lag as Lag
    from mlsys.data.pivot import Pivot as Pivot
    from mlsys.data.read_csv import ReadCSV as ReadCSV
    from mlsys.data.read_documents import ReadDocuments as ReadDocuments
    from mlsys.data.read_events import ReadEvents as ReadEvents
    from mlsys.data.read_frame import ReadFrame as ReadFrame
    from mlsys.data.read_graph import ReadGraph as ReadGraph
    from mlsys.data.read_json import ReadJSON as ReadJSON
    from mlsys.data.read_parquet import ReadParquet as ReadParquet
    from mlsys.data.read_service import ReadService as ReadService
    from mlsys.data.read_sql import ReadSQL as ReadSQL
    from mlsys.data.rename import Rename as Rename
    from mlsys.data.season_lag import SeasonLag as SeasonLag
    from mlsys.data.window_aggregate import WindowAggregate as WindowAggregate
    from mlsys.data.write_csv import WriteCSV as WriteCSV
    from mlsys.data.write_parquet import WriteParquet as WriteParquet
    from mlsys.data.write_sql import WriteSQL as WriteSQL

__getattr__, __dir__, __all__ = names_of(
    __name__,
    {
        "mlsys.data.aggregate": "Aggregate",
        "mlsys.data.as_of_join": "AsOfJoin",
        "mlsys.data.cast": "Cast",
        "mlsys.data.check_schema": "CheckSchema",
        "mlsys.data.deduplicate": "Deduplicate",
        "mlsys.data.derive": "Derive",
        "mlsys.data.fill_gaps": "FillGaps",
        "mlsys.data.filter": "Filter",
        "mlsys.data.flatten": "Flatten",
        "mlsys.data.forecast": "Forecast",
        "mlsys.data.function": "Function",
        "mlsys.data.join": "Join",
        "mlsys.data.lag": "Lag",
        "mlsys.data.pivot": "Pivot",
        "mlsys.data.read_csv": "ReadCSV",
        "mlsys.data.read_documents": "ReadDocuments",
        "mlsys.data.read_events": "ReadEvents",
        "mlsys.data.read_frame": "ReadFrame",
        "mlsys.data.read_graph": "ReadGraph",
        "mlsys.data.read_json": "ReadJSON",
        "mlsys.data.read_parquet": "ReadParquet",
        "mlsys.data.read_service": "ReadService",
        "mlsys.data.read_sql": "ReadSQL",
        "mlsys.data.rename": "Rename",
        "mlsys.data.season_lag": "SeasonLag",
        "mlsys.data.window_aggregate": "WindowAggregate",
        "mlsys.data.write_csv": "WriteCSV",
        "mlsys.data.write_parquet": "WriteParquet",
        "mlsys.data.write_sql": "WriteSQL",
    },
)
