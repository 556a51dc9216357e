"""ferry policy: what the policy says, for whom, where that is written, and whether it is right. No host is asked."""

from datetime import UTC, datetime
from functools import partial

import click

from orchestrator import documents, wiring
from orchestrator.cli import exit_codes, logs
from orchestrator.cli.options import Options, pass_options
from orchestrator.cli.view.answer import answer
from orchestrator.cli.view.bandwidth import show_portions
from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.policies import show_audit, show_differences, show_guest, show_site
from orchestrator.model.host import HostName
from orchestrator.model.policy import Policy
from orchestrator.model.settings import Settings
from orchestrator.operations import policies
from orchestrator.operations.bandwidth import portions


@click.group("policy", no_args_is_help=False)
def command() -> None:
    """Look at the policy: what counts, for whom, and in which line of which file that is written.

    What groups, hosts and guests settle differently is part of it. No host is asked.
    """


@command.command("show", short_help="The policy of the site, each value with its line.")
@pass_options
def show(options: Options) -> int:
    """Show the policy of the site, every value with its file and line, and who settles what differently."""
    settings = _settings(options)
    found = policies.explain(settings)
    networks = portions(settings)

    def draw(out: Screen) -> None:
        show_site(out, found, settings.overrides)
        show_portions(out, networks)

    answer(options, lambda: documents.policy_document(found, networks), draw)
    return exit_codes.DONE


@command.command("explain", short_help="What counts for a guest, and why.")
@click.argument("guest")
@click.option("--to", "to", metavar="HOST", help="The destination: what its group and it settle counts too.")
@pass_options
def explain(options: Options, guest: str, to: str | None) -> int:
    """Explain what counts for GUEST, which value comes from where, and what it was written over.

    The name is taken as it is given: no host is asked whether there is such a guest.
    """
    settings = _settings(options)
    host, slash, name = guest.partition("/")
    name = name if slash and HostName(host) in settings.hosts else guest
    there = HostName(to) if to is not None else None
    found, networks = policies.explain(settings, guest=name, host=there), portions(settings, there)

    def draw(out: Screen) -> None:
        show_guest(out, found)
        show_portions(out, networks)

    answer(options, lambda: documents.policy_document(found, networks), draw)
    return exit_codes.DONE


@command.command("diff", short_help="In what two policies differ.")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@pass_options
def diff(options: Options, a: str, b: str) -> int:
    """Show in what A and B differ: each is `site`, a HOST, a policy that ships with ferry, or a FILE."""
    settings = _settings(options)
    found = policies.differences(_policy(a, settings), _policy(b, settings))
    document = partial(documents.policy_difference_document, a, b, found)
    answer(options, document, lambda out: show_differences(out, a, b, found))
    return exit_codes.DONE


@command.command("check", short_help="Whether all is right; waivers that end.")
@pass_options
def check(options: Options) -> int:
    """Check the configuration and the policy, and list every waiver: those that are over, and those about to end.

    Exit code 3 if something is wrong. A waiver that is over is no mistake: it does nothing any more.
    """
    audit = policies.audit(_settings(options), datetime.now(UTC).date())
    answer(options, lambda: documents.policy_audit_document(audit), lambda out: show_audit(out, audit))
    return exit_codes.DONE


def _settings(options: Options) -> Settings:
    logs.configure(options)
    return wiring.load_settings(options.config)


def _policy(named: str, settings: Settings) -> Policy:
    if named == "site" or HostName(named) in settings.hosts:
        return settings.policy_for(host=None if named == "site" else HostName(named))
    policy = wiring.load_policy(named, settings)
    if policy is None:
        raise click.UsageError(f"{named} is neither site, nor a host, nor a policy that ships with ferry, nor a file")
    return policy
