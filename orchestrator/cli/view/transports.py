"""How the memory of guests travels, in a few words: the policy's name for it, and the network."""

from collections.abc import Mapping, Sequence

from rich.text import Text

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.format import count
from orchestrator.cli.view.paragraphs import labelled
from orchestrator.model.move import Move, Outcome
from orchestrator.model.settings import Settings
from orchestrator.model.transport import Mode, Transport

_CARRYING = (Mode.LIVE, Mode.PAUSE)


def planned(move: Move, settings: Settings) -> str | None:
    """What is known before the move; None where no memory travels."""
    transport = move.transport
    if transport.mode not in _CARRYING:
        return None
    if settings.policy_for(guest=move.name, host=move.destination).transport == "auto":
        return f"transport auto, chosen just before the copy; network {transport.network}"
    return in_short(transport)


def travelled(outcome: Outcome) -> str | None:
    """What was used, and how many rounds it took; None where neither is on record."""
    transport, rounds = outcome.transport, outcome.rounds
    parts = [in_short(transport)] if transport is not None and transport.mode in _CARRYING else []
    parts += [count(rounds, "round")] if rounds is not None else []
    return "; ".join(parts) or None


def in_short(transport: Transport) -> str:
    """transport compressed (zstd, 4 streams), encrypted; network migration."""
    more: list[str] = [transport.compression.algorithm] if transport.compression is not None else []
    more += [count(transport.channels, "stream")] if transport.channels is not None else []
    how = (f" ({', '.join(more)})" if more else "") + (", encrypted" if transport.encrypted else "")
    return f"transport {transport.method}{how}; network {transport.network}"


def show_each(screen: Screen, said: Mapping[str, Sequence[str]], *, of: int) -> None:
    """Texts with the guests that each is about, below an empty line; `of`: guests there are, so that `all` is said."""
    for position, (text, names) in enumerate(said.items()):
        who = "all" if len(names) == of > 1 else ", ".join(names)
        screen.show(*([] if position else [Text()]), *labelled(screen, "", f"{who}: {text}"))
