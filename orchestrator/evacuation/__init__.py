"""Many guests as one operation: when it may run, what is left of it, and what failures it bears: pure."""
