"""Figures as an operator reads them in a reason: sizes, rates, times."""

from orchestrator.model.units import BytesPerSecond


def size(count: float) -> str:
    """Bytes in the largest binary unit that leaves a whole number worth reading: 512 MiB, 1.5 GiB."""
    for unit, factor in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= factor:
            number = count / factor
            return f"{number:.0f} {unit}" if number >= 10 else f"{number:.1f} {unit}"
    return f"{count:.0f} B"


def rate(bytes_per_second: float) -> str:
    """Bytes per second in powers of ten, as links are counted: 48 MB/s."""
    megabytes = bytes_per_second / 1e6
    return f"{megabytes:.0f} MB/s" if megabytes >= 10 else f"{megabytes:.1f} MB/s"


def cap(bytes_per_second: int) -> str:
    """A rate as somebody has written it, 9Mbit/s; one that nobody has written like that as `rate` says it."""
    written = str(BytesPerSecond(bytes_per_second))
    return rate(bytes_per_second) if written.removesuffix("B/s").isdigit() else written


def seconds(count: float) -> str:
    """A duration: 0.4 s, 12 s, 3 min."""
    if count >= 600:
        return f"{count / 60:.0f} min"
    return f"{count:.0f} s" if count >= 10 else f"{count:.1f} s"


def percent(share: float) -> str:
    """A share between 0 and 1."""
    return f"{share * 100:.0f} %"
