"""From facts, policy and request to a plan, without asking anybody."""
