"""Options that say which guests leave which hosts, where they may go, and until when."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from orchestrator.evacuation.deadline import moment
from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.host import HostName

F = TypeVar("F", bound=Callable[..., Any])
_OPTIONS = (
    click.option(
        "--only", metavar="PATTERN", multiple=True, help="These guests and no others: NAME, glob, tag:TAG, LABEL=VALUE."
    ),
    click.option("--exclude", metavar="PATTERN", multiple=True, help="Leave these guests where they are."),
    click.option("--to", metavar="HOST", multiple=True, help="Only to these hosts; otherwise to any that fits."),
    click.option("--shut-off", is_flag=True, help="Also move the definitions of guests that are shut off."),
    click.option("--despite-hold", is_flag=True, help="Also where somebody has put a hold (ferry status)."),
)


def chosen(command: F) -> F:
    """The options of `ferry evacuate` and `ferry plan evacuate` that shape the plan."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def request_of(hosts: Sequence[str], how: Mapping[str, Any]) -> EvacuationRequest:
    """What they ask for. Raises click.UsageError where a host would be emptied and filled at once."""
    request = EvacuationRequest(
        hosts=tuple(dict.fromkeys(map(HostName, hosts))),
        only=how["only"],
        exclude=how["exclude"],
        to=tuple(map(HostName, how["to"])),
        offline="move" if how["shut_off"] else "stay",
        despite_hold=how["despite_hold"],
    )
    both = sorted(set(request.hosts) & set(request.to))
    if both:
        raise click.UsageError(f"{', '.join(both)} cannot be emptied and filled at once")
    return request


def moment_of(text: str | None) -> datetime | None:
    """What --deadline means, by the clock of this machine. Raises click.BadParameter."""
    if text is None:
        return None
    try:
        return moment(text, datetime.now(UTC), None)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--deadline") from None
