"""Which processors or memory cells a guest is tied to that a host does not have, element by element."""

from collections.abc import Mapping


def missing(tied: Mapping[str, frozenset[int]], there: frozenset[int]) -> str:
    """Every element with the numbers it lacks: `vcpupin 0 to 8-11; emulatorpin to 9`; nothing: empty."""
    return "; ".join(f"{element} to {written(lacks)}" for element, to in tied.items() if (lacks := to - there))


def written(numbers: frozenset[int]) -> str:
    """Numbers as libvirt writes a set: 0-3,8."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1] = [runs[-1][0], number]
        else:
            runs.append([number])
    return ",".join("-".join(map(str, run)) for run in runs) or "none"
