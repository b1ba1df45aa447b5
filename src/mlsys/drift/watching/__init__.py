"""Watching: what a check says and to whom; budgets, layers of trust, alerts, history."""
