"""What columns mean: how their values are read, what there is of them, and what follows."""
