"""Faults, one module a kind: each does harm so many times, and looks what became of runs, files and folders."""
