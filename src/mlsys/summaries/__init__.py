"""Summaries: exact statistics that merge with ``+`` and do not depend on partitions or row order."""

from mlsys.summaries._groups import Addends
from mlsys.summaries._radix import Zoom
from mlsys.summaries._row_values import hashable_columns, is_hashable
from mlsys.summaries.again import Again, CrossFitted, Given, SummaryMap
from mlsys.summaries.bottom_k import BottomK
from mlsys.summaries.category_targets import CategoryTargets, Targets
from mlsys.summaries.chance import equal_by_chance
from mlsys.summaries.counts import Counts, coded_values, distinct_values
from mlsys.summaries.covariance import Covariance
from mlsys.summaries.distinct import Distinct
from mlsys.summaries.distinct_count import DistinctCount
from mlsys.summaries.exact_sum import ExactSum, rounded_quotient
from mlsys.summaries.forms import as_json, from_json, summary_digest
from mlsys.summaries.grouped_sum import GroupedSum
from mlsys.summaries.hashing import fold_of, hash_ids, places_by_hash, sample_by_hash, uniform
from mlsys.summaries.known_spans import KnownSpans
from mlsys.summaries.log_buckets import LogBuckets
from mlsys.summaries.moments import Moments
from mlsys.summaries.quantiles import Quantiles, finish_quantiles
from mlsys.summaries.related import related_groups, related_pairs
from mlsys.summaries.row_hash import duplicate_clusters, equal_rows, row_hashes
from mlsys.summaries.spans import SpanSums, chunks_of, span_distinct, span_extremes, span_places

__all__ = [
    "Addends",
    "Again",
    "BottomK",
    "CategoryTargets",
    "Counts",
    "Covariance",
    "CrossFitted",
    "Distinct",
    "DistinctCount",
    "ExactSum",
    "Given",
    "GroupedSum",
    "LogBuckets",
    "Moments",
    "Quantiles",
    "KnownSpans",
    "SpanSums",
    "SummaryMap",
    "Targets",
    "Zoom",
    "as_json",
    "chunks_of",
    "coded_values",
    "distinct_values",
    "duplicate_clusters",
    "equal_by_chance",
    "equal_rows",
    "finish_quantiles",
    "fold_of",
    "from_json",
    "hash_ids",
    "hashable_columns",
    "is_hashable",
    "places_by_hash",
    "related_groups",
    "related_pairs",
    "rounded_quotient",
    "row_hashes",
    "sample_by_hash",
    "span_distinct",
    "span_extremes",
    "span_places",
    "summary_digest",
    "uniform",
]
