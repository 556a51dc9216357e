"""What is told to the world outside of hosts and terminals: scripts of the operator."""
