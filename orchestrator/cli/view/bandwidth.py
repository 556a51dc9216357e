"""What the shares of a policy come to on each network, in bit/s."""

from collections.abc import Sequence

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.tables import Cell, draw
from orchestrator.model.bandwidth import Portion
from orchestrator.model.units import BytesPerSecond

PORTIONS = ("network", "carries>", "share>", "is>", "each at least>", "at once>", "share from")
_NOT_KNOWN = "not declared"


def show_portions(screen: Screen, portions: Sequence[Portion]) -> None:
    """One row a network; of one whose capacity nobody has declared, what would tell it."""
    if not portions:
        return
    screen.write("\nWhat all moves at one host may use of a network together:\n")
    draw(screen, PORTIONS, [_portion(one) for one in portions])
    if any(one.carries is None for one in portions):
        screen.write(
            "Without a declared capacity it is what the interfaces of a move's hosts report;\n"
            "declare it where a switch carries less: capacity: 10Gbit in ferry.yaml.\n"
        )


def _portion(one: Portion) -> list[Cell]:
    share = f"{one.percent} %" if one.smb_factor is None else f"{one.percent} % and {one.smb_factor}/10000"
    return [
        one.network,
        _NOT_KNOWN if one.carries is None else bits(one.carries),
        share,
        "" if one.together is None else bits(one.together),
        bits(one.floor),
        "" if one.at_once is None else str(one.at_once),
        one.settled_by,
    ]


def bits(rate: BytesPerSecond) -> str:
    """2.5 Gbit/s, 250 Mbit/s."""
    megabits = int(rate) * 8 / 1e6
    if megabits >= 1000:
        return f"{megabits / 1000:.2f}".rstrip("0").rstrip(".") + " Gbit/s"
    return f"{megabits:.0f} Mbit/s"
