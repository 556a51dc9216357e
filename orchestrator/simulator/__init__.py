"""Hosts, links, guest memory and faults behind the same doors, in simulated time."""
