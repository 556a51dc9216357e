"""Memory and versions as findings write them."""


def mib(size: int) -> str:
    """A size in MiB, rounded down: what is promised is never more than what is there."""
    return f"{size // 2**20} MiB"


def version(number: int) -> str:
    """libvirt's integer (11003000) as people write it (11.3.0)."""
    return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"
