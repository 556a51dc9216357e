"""What a host's shell can be asked about the host: one module for each topic, a script and how to read it."""
