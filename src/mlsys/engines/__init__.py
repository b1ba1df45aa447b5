"""Where work happens: one machine, or a cluster."""
