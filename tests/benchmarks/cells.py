"""The situations in which strategies are compared: how fast the link is, and what the guest does with its memory."""

from dataclasses import dataclass

from tests.lab.topology import Guest, Workload

MEMORY_MIB, WORKING_SET_MIB = 512, 200
_NUMBER = 97  # of the guest's address


@dataclass(frozen=True)
class Cell:
    """rate: MB/s that the guest is told to rewrite, 0: idle. hosts: source and destination."""

    link: str
    rate: int
    kind: str
    hosts: tuple[str, str] = ("kvm01", "kvm02")

    @property
    def name(self) -> str:
        """What identifies it in the results."""
        old = "" if self.hosts == ("kvm01", "kvm02") else f" {self.hosts[0]}-{self.hosts[1]}"
        return f"{self.link} {self.rate or 'idle'} {self.kind}{old}"

    @property
    def guest(self) -> Guest:
        """A guest that does so. It checks all its memory every four seconds, and tells its progress all the time."""
        workload = Workload(
            size=WORKING_SET_MIB, rate=self.rate, kind=self.kind, pass_seconds=4, report_seconds=0.1
        )  # fmt: skip
        return Guest(name="moved", host=self.hosts[0], number=_NUMBER, memory_mib=MEMORY_MIB, workload=workload)


_OLD = ("kvm03", "kvm04")  # libvirt 9.0, QEMU 7.2
# In those marked hard the guest changes its memory as fast as the link carries it, or faster, and no content helps.
CELLS = (
    Cell("200mbit", 0, "incompressible"),
    Cell("200mbit", 10, "incompressible"),
    Cell("200mbit", 50, "small"),
    Cell("200mbit", 50, "compressible"),
    Cell("200mbit", 50, "incompressible"),  # hard
    Cell("200mbit", 100, "zero"),
    Cell("400mbit", 0, "compressible"),
    Cell("400mbit", 50, "small"),
    Cell("400mbit", 100, "small"),
    Cell("400mbit", 100, "compressible"),
    Cell("400mbit", 100, "incompressible"),  # hard
    Cell("unshaped", 0, "incompressible"),
    Cell("unshaped", 50, "small"),
    Cell("unshaped", 100, "incompressible"),
    Cell("200mbit", 10, "compressible", _OLD),
    Cell("400mbit", 50, "small", _OLD),
)
SELECTION = (Cell("400mbit", 50, "small"), Cell("400mbit", 50, "compressible"))
