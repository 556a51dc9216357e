"""What the operator sees: every screen is drawn from the value that is also the JSON."""
