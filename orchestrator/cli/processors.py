"""What `ferry cpu` does once its command line is read: ask, show, and change a definition if somebody agrees."""

from dataclasses import dataclass

from orchestrator import documents
from orchestrator.cli import consent, exit_codes
from orchestrator.cli.options import Options, Output
from orchestrator.cli.view.answer import Document, answer
from orchestrator.cli.view.console import screens
from orchestrator.cli.view.cpu import show_applied, show_baseline, show_change, show_matrix
from orchestrator.model.effect import Done, Effect
from orchestrator.model.host import HostName
from orchestrator.model.run import Who
from orchestrator.operations.cpu_apply import CpuProposal, carry_out, propose
from orchestrator.operations.cpu_baseline import cpu_baseline
from orchestrator.operations.cpu_matrix import cpu_matrix
from orchestrator.operations.doors import Doors
from orchestrator.planning.baseline import BaselineRequest
from orchestrator.planning.cpu_matrix import Fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A guest and the CPU it is to have: a model, a stored baseline, or what is stored for its host."""

    guest: str
    model: str | None
    baseline: str | None


def baseline(options: Options, doors: Doors, request: BaselineRequest, save: str | None) -> int:
    """Show the baseline; 5 where a host no longer offers the stored one, unless it has just been replaced."""
    report = cpu_baseline(doors, request, save=save)
    answer(options, lambda: documents.cpu_baseline_document(report), lambda out: show_baseline(out, report))
    broken = report.before is not None and bool(report.before.broken)
    return exit_codes.INFEASIBLE if broken and save is None else exit_codes.DONE


def matrix(options: Options, doors: Doors, guests: tuple[str, ...], hosts: tuple[HostName, ...]) -> int:
    """Show the matrix; 6 where there are cells and no host could be asked about any."""
    found = cpu_matrix(doors, guests, hosts)
    answer(options, lambda: documents.cpu_matrix_document(found), lambda out: show_matrix(out, found))
    silent = bool(found.cells) and all(cell.fit is Fit.UNKNOWN for cell in found.cells)
    return exit_codes.UNREACHABLE if silent else exit_codes.DONE


def apply(options: Options, doors: Doors, wish: Wish, who: Who | None, *, yes: bool) -> int:
    """Show the change and carry it out. who None: only show it."""
    proposal = propose(doors, wish.guest, model=wish.model, baseline=wish.baseline)
    if who is None or not proposal.changes:
        return _answered(options, proposal, None)
    err = screens(options).err
    if not yes or (options.output is Output.TEXT and options.verbosity >= 0):
        show_change(err, proposal)
        err.write("\n")
    if not yes and not consent.ask(f"Change the definition of {proposal.guest.name} now?", err):
        err.write("Nothing was changed.\n")
        return exit_codes.INCOMPLETE
    return _answered(options, proposal, carry_out(doors, proposal, who))


def _answered(options: Options, proposal: CpuProposal, effect: Effect | None) -> int:
    def document() -> Document:
        from orchestrator.documents.cpu import CpuApplied  # noqa: PLC0415 - text needs no JSON

        return documents.cpu_apply_document(
            CpuApplied(
                guest=proposal.guest.uuid,
                name=proposal.guest.name,
                host=proposal.host,
                cpu=proposal.cpu,
                because=proposal.because,
                change=proposal.change,
                refusing=tuple(proposal.refusing),
                takes_effect=proposal.takes_effect,
                effect=effect,
            )
        )

    answer(options, document, lambda out: show_applied(out, proposal, effect))
    return exit_codes.DONE if effect is None or isinstance(effect, Done) else exit_codes.INCOMPLETE
