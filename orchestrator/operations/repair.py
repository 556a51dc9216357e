"""Carry out remedies that checks have offered: one journaled run, each repair looked at once more by its door."""

import re
import shlex
from collections.abc import Sequence

from orchestrator.engine.journal import Journal
from orchestrator.engine.runner import LEASE_LASTS
from orchestrator.model.command import MakeDirectory, RemoveToken, Repair, SetAside, ShellRepair, whole
from orchestrator.model.effect import Done, Effect, Refused, Unclear
from orchestrator.model.entry import Closed, Mended, Mending
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Finding, Remedy
from orchestrator.model.host import HostName
from orchestrator.model.repaired import Repaired
from orchestrator.model.run import Run, RunId, Who
from orchestrator.operations.doors import Doors

_PATIENCE = 20.0
_DONE, _INCOMPLETE = 0, 1
_TOKEN = re.compile(r"/(.*/)?\.ferry-[0-9a-f]{24}", re.DOTALL)
_ROOT = """
root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi; }
"""
# A program that keeps its state there has been told where: swtpm, by --tpmstate. The words come through stdin, so
# that grep does not find itself. mv -n says nothing of what it did not do, so the two names are looked at again.
_SET_ASIDE = """
refuse() {{ echo "$1" >&2; exit 1; }}
there() {{ root stat -- "$1" >/dev/null 2>&1; }}
there {path} || refuse 'it is not there any more, or root may not look'
there {to} && refuse 'there already is something of the new name'
users=$(printf '%s' {path} | root grep -lsaF -f - $(echo /proc/[0-9]*/cmdline))
[ -z "$users" ] || refuse "in use: $users"
root mv -nT -- {path} {to} || exit 1
there {path} && refuse 'it could not be renamed'
exit 0
"""


def repair(doors: Doors, findings: Sequence[Finding], who: Who) -> tuple[Repaired, ...]:
    """Carry out the remedy of each finding, equal ones once. Raises store.unavailable before anything was done."""
    wanted: dict[Remedy, str] = {}
    for finding in findings:
        if finding.remedy is not None:
            wanted.setdefault(finding.remedy, finding.check)
    run = Run(
        id=RunId(doors.new_run_name()), started_at=doors.clock.now(), who=who, moves=(), policy=doors.settings.policy
    )
    fence = doors.store().open_run(run, doors.holder, lasts=LEASE_LASTS)
    journal = Journal(run.id, fence, doors.store(), doors.clock, ())
    done = tuple(_carry_out(doors, journal, check, remedy) for remedy, check in wanted.items())
    code = _DONE if all(isinstance(one.effect, Done) for one in done) else _INCOMPLETE
    journal.append(Closed(exit_code=code))
    doors.store().release(fence)
    return done


def _carry_out(doors: Doors, journal: Journal, check: str, remedy: Remedy) -> Repaired:
    mending = journal.append(Mending(host=remedy.host, check=check, repair=remedy.repair))
    effect = _do(doors, remedy.host, remedy.repair)
    journal.append(Mended(host=remedy.host, mending=mending.seq, effect=effect))
    return Repaired(check=check, remedy=remedy, effect=effect)


def _do(doors: Doors, host: HostName, wanted: Repair) -> Effect:
    if not isinstance(wanted, MakeDirectory | SetAside | RemoveToken):
        return doors.hypervisor(host).mend(wanted, within=_PATIENCE)
    refusal = _refusal(wanted)
    return refusal if refusal is not None else _in_shell(doors, host, wanted)


def _refusal(wanted: ShellRepair) -> Refused | None:
    """Of what must never reach a host's shell, whoever asks for it."""
    if isinstance(wanted, RemoveToken) and not (whole(wanted.path) and _TOKEN.fullmatch(wanted.path)):
        return Refused(why=f"{wanted.path} is no token of ferry's")
    if isinstance(wanted, MakeDirectory) and not whole(wanted.path):
        return Refused(why=f"{wanted.path} does not say plainly which directory it is")
    if isinstance(wanted, SetAside):
        beside = wanted.path.rpartition("/")[0] == wanted.to.rpartition("/")[0]
        if not (beside and whole(wanted.path) and whole(wanted.to)):
            return Refused(why=f"{wanted.to} does not lie beside {wanted.path}")
    return None


def _in_shell(doors: Doors, host: HostName, wanted: ShellRepair) -> Effect:
    said = doors.shell(host).run(_ROOT + _script(wanted), within=_PATIENCE)
    if isinstance(said, Unknown):
        return Unclear(why=f"{said.leg}: {said.why}")
    if said.status:
        return Refused(why=said.stderr.strip() or f"the command ended with status {said.status}")
    return Done()


def _script(wanted: ShellRepair) -> str:
    path = shlex.quote(wanted.path)
    match wanted:
        case MakeDirectory():
            # One level, with the rights that libvirt's own directories have; one that is there already is fine.
            return f"[ -d {path} ] || root mkdir -m 0711 -- {path}\n"
        case RemoveToken():
            return f"root rm -f -- {path}\n"
        case SetAside():
            return _SET_ASIDE.format(path=path, to=shlex.quote(wanted.to))
