"""Limits that are raised for one run: `--override-limits live=4`."""

from collections.abc import Mapping, Sequence

import click

from orchestrator.model.settings import Settings

_OPTION = "--override-limits"


def read(given: Sequence[str]) -> Mapping[str, int]:
    """The limits by name. Raises a usage error for what is no NAME=N."""
    found: dict[str, int] = {}
    for text in (part for one in given for part in one.split(",")):
        name, _, number = text.partition("=")
        if not number.isdecimal() or name in found:
            what = f"{name} is given twice" if name in found else f"{text} is not NAME=N, as in live=4"
            raise click.BadParameter(what, param_hint=_OPTION)
        found[name] = int(number)
    return found


def demand(settings: Settings, raised: Mapping[str, int]) -> None:
    """Let limits only ever be raised, before any host is asked. Raises usage.override-limits."""
    if raised:
        from orchestrator.operations.limiting import demand_raise  # noqa: PLC0415 - hardly any run raises a limit

        demand_raise(settings.policy, raised)
