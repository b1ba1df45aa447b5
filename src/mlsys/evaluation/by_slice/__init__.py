"""Metrics by slice, from plain arrays: rows are counted once, and counts add up over partitions."""
