"""What a policy comes to on a network: how much of it the moves at one host may use together."""

from dataclasses import dataclass

from orchestrator.model.units import BytesPerSecond


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """One migration network, as far as the configuration tells.

    carries: as it is declared; None: nobody has, and it is as the interfaces of a move's hosts report. percent: of
    that; settled_by: who says so. smb_factor: the same as Hyper-V writes it, beside it. together: what comes of it, as
    libvirt takes it, in whole MiB/s; None: it cannot be told. floor: of each move; at_once: how many may begin before
    the floor keeps the next one waiting; None: it cannot be told.
    """

    network: str
    carries: BytesPerSecond | None
    percent: int
    settled_by: str
    smb_factor: int | None
    together: BytesPerSecond | None
    floor: BytesPerSecond
    at_once: int | None
