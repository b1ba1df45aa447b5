"""Real tables that nobody made a leak for, and what is said of them."""
