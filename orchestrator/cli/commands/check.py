"""ferry check: everything that speaks against a move, before anybody begins it."""

from dataclasses import dataclass
from typing import Any

import click

from orchestrator.cli import opening
from orchestrator.cli.options import Options, pass_options
from orchestrator.model.host import HostName
from orchestrator.model.request import MoveRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The command line, as click hands it over."""

    guests: tuple[str, ...]
    leaving: str | None
    to: str | None
    run: str | None
    facts: str | None
    fixes: tuple[str, ...]
    recheck: bool
    yes: bool
    dry_run: bool

    def contradiction(self) -> str | None:
        """What does not go together, if anything."""
        if sum(bool(one) for one in (self.guests, self.leaving, self.run)) != 1:
            return "name guests, or --host HOST, or --plan RUN"
        if (self.dry_run or self.yes) and not self.fixes:
            return "--dry-run and --yes go with --fix; without it nothing is changed"
        if self.run and self.to:
            return "--plan knows where its guests go; leave --to out"
        if self.facts is not None and (self.fixes or self.recheck or self.run):
            return "--facts answers what the hosts said then; leave --fix, --recheck and --plan out"
        return None

    def request(self) -> MoveRequest:
        """The guests and where they are to go."""
        return MoveRequest(
            guests=self.guests,
            to=None if self.to in (None, "any") else HostName(str(self.to)),
            leaving=None if self.leaving is None else HostName(self.leaving),
            thorough=bool(self.guests),
        )


@click.command("check")
@click.argument("guests", metavar="[GUEST...]", nargs=-1)
@click.option("--host", "leaving", metavar="HOST", help="All running and paused guests of that host.")
@click.option("--to", "to", metavar="HOST", help="Only this destination; `any`: the one ferry would choose (default).")
@click.option("--plan", "run", metavar="RUN", help="The moves of that run that have not ended.")
@opening.saved_facts
@click.option("--fix", "fixes", metavar="ID", multiple=True, help="Repair that finding (its id, a check, or `all`).")
@click.option("--recheck", is_flag=True, help="Ask again only what was not right the last time.")
@click.option("--yes", is_flag=True, help="With --fix: do not ask. Needed where there is no terminal.")
@click.option("--dry-run", is_flag=True, help="With --fix: show the repairs and leave.")
@pass_options
def command(options: Options, /, **given: Any) -> int:
    """Say everything that speaks against moving GUEST (NAME, HOST/NAME or UUID), each with the way out.

    Nothing is changed on any host without --fix. Exit code 4 if something blocks a move.
    """
    wanted = Wanted(**given)
    if (wrong := wanted.contradiction()) is not None:
        raise click.UsageError(wrong)
    from orchestrator.cli import checking  # noqa: PLC0415 - `ferry --help` needs none of it

    _, doors = opening.doors(options, wanted.facts)
    requests = (wanted.request(),) if wanted.run is None else checking.of_run(doors, wanted.run)
    if wanted.dry_run:
        return checking.show_fix(options, doors, requests, wanted.fixes)
    if wanted.fixes:
        return checking.fix(options, doors, requests, wanted.fixes, yes=wanted.yes, recheck=wanted.recheck)
    return checking.look(options, doors, requests, recheck=wanted.recheck, remember=wanted.facts is None)
