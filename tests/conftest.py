"""What holds for every test: the machine may be busy, so no example of a property fails for being slow."""

from hypothesis import HealthCheck, settings

settings.register_profile("ferry", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ferry")
