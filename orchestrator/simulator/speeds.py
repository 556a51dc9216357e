"""How fast simulated machines are: the numbers that have to be calibrated for others."""

from dataclasses import dataclass

from orchestrator.model.transport import Method, Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Speeds:
    """Bytes of guest memory that one thread gets through in a second, and the fixed times of a move in seconds.

    stream: a single plain stream is bound by its CPU at 1.1 to 1.6 GiB/s, each further parallel one adds as much
    (kubevirt PR 8575, cloud-hypervisor PR 7669). zstd: 64 GB in 20.2 s on eight channels (QEMU's
    qatzip-compression.rst). zlib: pages flushed one by one at level 1, measured with CPython's zlib. encrypted: share
    of its speed that a stream keeps under TLS, 300 of 500 MB/s (openEuler qemu PR 38).
    setup: until pages flow. handover: from the last page to the first instruction at the destination. reply: from there
    until the source knows. letting_go: from there until the source's QEMU is gone.
    """

    stream: float = 1.4 * 2**30
    zstd: float = 400e6
    zlib: float = 60e6
    encrypted: float = 0.6
    setup: float = 0.3
    handover: float = 0.05
    reply: float = 0.02
    letting_go: float = 0.08

    def limit(self, transport: Transport, cpus: int) -> float:
        """Bytes of memory a second that the source gets ready for the wire."""
        if transport.method is Method.RDMA:
            return float("inf")
        lanes = min(transport.channels or 2, cpus)
        if transport.method is Method.COMPRESSED and transport.compression is not None:
            return lanes * (self.zstd if transport.compression.algorithm == "zstd" else self.zlib)
        streams = lanes if transport.method is Method.PARALLEL else 1
        # Tunnelled memory is encrypted by libvirt, and copied once more, which nobody has measured.
        encrypted = transport.encrypted or transport.method is Method.TUNNELLED
        return streams * self.stream * (self.encrypted if encrypted else 1.0)
