"""What a transport needs both hosts to have."""

from orchestrator.model.offer import Feature
from orchestrator.model.transport import Method, Transport


def needs(transport: Transport) -> frozenset[Feature]:
    """The features without which one of the hosts refuses the call."""
    asked = {
        Feature.PARALLEL: transport.method in (Method.PARALLEL, Method.COMPRESSED),
        Feature.ZLIB: transport.compression is not None and transport.compression.algorithm == "zlib",
        Feature.ZSTD: transport.compression is not None and transport.compression.algorithm == "zstd",
        Feature.XBZRLE: transport.method is Method.XBZRLE,
        Feature.RDMA: transport.method is Method.RDMA,
        Feature.TUNNELLED: transport.method is Method.TUNNELLED,
        Feature.TLS: transport.encrypted,
        Feature.ZEROCOPY: transport.zerocopy,
        Feature.POSTCOPY: transport.postcopy,
        Feature.THROTTLE: transport.throttle is not None,
        Feature.DIRECT: transport.control == "direct",
        Feature.DISK_COPY: bool(transport.disks),
    }
    return frozenset(feature for feature, needed in asked.items() if needed)
