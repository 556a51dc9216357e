"""What `ferry network` does once its command line is read: ask and show."""

from orchestrator import documents
from orchestrator.cli import exit_codes
from orchestrator.cli.options import Options
from orchestrator.cli.view.answer import answer
from orchestrator.cli.view.network_tests import show_test, show_tests
from orchestrator.cli.view.networks import show_advice, show_choice, show_networks
from orchestrator.model.host import HostName
from orchestrator.operations import network_test, networks
from orchestrator.operations.doors import Doors


def show(options: Options, doors: Doors, hosts: tuple[HostName, ...]) -> int:
    """Show the networks; 6 where no host answered."""
    found = networks.show(doors, hosts)
    answer(options, lambda: documents.networks_document(found), lambda out: show_networks(out, found))
    asked = hosts or tuple(doors.settings.hosts)
    return exit_codes.UNREACHABLE if len(found.silent) == len(asked) else exit_codes.DONE


def explain(options: Options, doors: Doors, source: HostName, destination: HostName, guest: str) -> int:
    """Show the choice; 5 where there is none."""
    found = networks.explain(doors, source, destination, guest)
    answer(
        options,
        lambda: documents.network_document(found.policy, found.selection, found.candidates),
        lambda out: show_choice(out, found.policy, found.selection, found.candidates),
    )
    return exit_codes.INFEASIBLE if found.selection.chosen is None else exit_codes.DONE


def test(
    options: Options,
    doors: Doors,
    ends: tuple[HostName, HostName],
    network: str | None,
    *,
    streams: int,
    seconds: float,
) -> int:
    """Measure, and show what was found."""
    found = network_test.measure(doors, *ends, network, streams=streams, seconds=seconds)
    answer(options, lambda: documents.network_tests_document((found,)), lambda out: show_test(out, found))
    return exit_codes.DONE


def tests(options: Options, doors: Doors) -> int:
    """Show what was measured before."""
    found = network_test.kept(doors)
    answer(options, lambda: documents.network_tests_document(found), lambda out: show_tests(out, found))
    return exit_codes.DONE


def advise(options: Options, doors: Doors) -> int:
    """Show what the policy should say."""
    found = networks.advice(doors)
    answer(options, lambda: documents.network_advice_document(found), lambda out: show_advice(out, found))
    return exit_codes.DONE
