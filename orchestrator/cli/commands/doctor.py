"""ferry doctor: all hosts side by side, before the first evacuation."""

from typing import Any

import click

from orchestrator.cli import consent, opening
from orchestrator.cli.options import Options, pass_options
from orchestrator.model.host import HostName


@click.command("doctor")
@click.argument("hosts", metavar="[HOST...]", nargs=-1)
@click.option("--leftovers", is_flag=True, help="Look for what moves have left: copies, files, guests that run twice.")
@click.option("--clean", is_flag=True, help="With --leftovers: clean what is proven dead.")
@click.option("--canary", metavar="GUEST", help="Move this tiny guest along every way between the hosts, and home.")
@click.option("--yes", is_flag=True, help="With --clean and --canary: do not ask. Needed where there is no terminal.")
@click.option("--dry-run", is_flag=True, help="With --canary: show the way and leave.")
@opening.saved_facts
@pass_options
def command(options: Options, /, hosts: tuple[str, ...], facts: str | None, **how: Any) -> int:
    """Look at every HOST (all of them when none is named) and at every way between two, and mark what differs.

    Nothing is changed on any host without --clean or --canary. Exit code 4 if something would block every move there;
    7 if a guest needs a person.
    """
    leftovers, clean, canary, yes, dry_run = (how[n] for n in ("leftovers", "clean", "canary", "yes", "dry_run"))
    if (wrong := _contradiction(facts, **how)) is not None:
        raise click.UsageError(wrong)
    if (clean or canary is not None) and not dry_run:
        consent.demand(yes=yes, options=options)
    names = tuple(map(HostName, hosts))
    if not leftovers and canary is None:
        return _audit(options, names, facts)
    from orchestrator.cli import auditing  # noqa: PLC0415 - `ferry --help` needs none of it

    _settings, doors = opening.doors(options)
    if canary is not None and dry_run:
        return auditing.show_canary(options, doors, canary, names)
    if canary is not None:
        return auditing.canary(options, doors, canary, names, yes=yes)
    return auditing.clean(options, doors, names, yes=yes) if clean else auditing.look(options, doors, names)


def _contradiction(
    facts: str | None, *, leftovers: bool, clean: bool, canary: str | None, yes: bool, dry_run: bool
) -> str | None:
    """What does not go together, if anything."""
    if leftovers and canary is not None:
        return "--leftovers and --canary exclude each other"
    if clean and not leftovers:
        return "--clean goes with --leftovers"
    if yes and not clean and canary is None:
        return "--yes goes with --clean or --canary"
    if dry_run and canary is None:
        return "--dry-run goes with --canary; --leftovers without --clean changes nothing"
    if facts is not None and (leftovers or canary is not None):
        return "--facts goes with neither --leftovers nor --canary: both ask the hosts"
    return None


def _audit(options: Options, hosts: tuple[HostName, ...], facts: str | None) -> int:
    from orchestrator import documents  # noqa: PLC0415 - `ferry --help` needs none of it
    from orchestrator.cli.view.answer import answer  # noqa: PLC0415
    from orchestrator.cli.view.audits import show_audit  # noqa: PLC0415
    from orchestrator.operations.gather import every_host  # noqa: PLC0415
    from orchestrator.planning.audit import audit  # noqa: PLC0415
    from orchestrator.planning.verdict import code_of  # noqa: PLC0415

    settings, doors = opening.doors(options, facts)
    found = audit(settings, every_host(doors, hosts), doors.clock.now().date())
    code = code_of(found.findings)
    answer(options, lambda: documents.audit_document(found), lambda out: show_audit(out, found, code))
    return code
