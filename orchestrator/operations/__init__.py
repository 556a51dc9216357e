"""One module for each thing that is asked for: doors and a request in, a value out, nothing printed."""
