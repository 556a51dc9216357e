"""One guest as one host has it."""

from dataclasses import dataclass

from orchestrator.model.guest import Power


@dataclass
class Copy:
    """What a host says of the guest. pace: share of its CPU time that the guest gets while it runs."""

    power: Power
    reason: str = ""
    persistent: bool = True
    autostart: bool = False
    ran_seconds: float = 0.0
    since: float = 0.0
    pace: float = 1.0
    pid: int = 0

    def settle(self, now: float) -> None:
        """Account the CPU time up to now."""
        if self.power is Power.RUNNING:
            self.ran_seconds += (now - self.since) * self.pace
        self.since = now

    def become(self, power: Power, reason: str, now: float) -> None:
        """Change the power state."""
        self.settle(now)
        self.power, self.reason = power, reason

    def slow_down(self, percent: int, now: float) -> None:
        """Take so much of its CPU time away."""
        self.settle(now)
        self.pace = 1.0 - percent / 100

    @property
    def active(self) -> bool:
        """Whether it holds the guest's memory and has run, or will go on."""
        return self.power in (Power.RUNNING, Power.PAUSED)
