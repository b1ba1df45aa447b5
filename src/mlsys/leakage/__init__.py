"""Checks for leakage on the data."""
