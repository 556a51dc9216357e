"""What both hosts answered when they were asked for one path of a guest."""

from orchestrator.checks.case import Case
from orchestrator.checks.remedy import called, on
from orchestrator.model.facts import PathAnswer, Unknown
from orchestrator.model.sharing import declared
from orchestrator.model.sight import Sight


def asked_at(why: Unknown) -> str:
    """Where the question failed, for a sentence that goes on with the reason."""
    return f" ({why.leg})" if why.leg else ""


def answer(case: Case, path: str) -> PathAnswer | Unknown:
    """The answer for that path, or why there is none."""
    if isinstance(case.pair.paths, Unknown):
        return case.pair.paths
    found = (one for one in case.pair.paths if one.path == path)
    return next(found, Unknown(why="it was not asked for this path", code="host.shell"))


def ask_again(case: Case, why: Unknown, by_hand: str) -> str:
    """How to have the answer after all: by hand, but of saved facts by saving them with the guest."""
    if why.code != "usage.facts":
        return by_hand
    return f"Save the facts again with the guest: ferry facts {called(case.guest)} --save FILE"


def declared_device(case: Case, path: str) -> bool:
    """Whether the operator answers for this device. A directory that is declared outside /dev holds files."""
    return path.startswith("/dev/") and declared(path, case.settings.shared_filesystems)


def told(case: Case, found: PathAnswer) -> str:
    """What each host said of a block device: its size and names."""
    return f"{case.source.name} has {_said(found.here)}; {case.to} has {_said(found.there)}"


def on_both(case: Case, *words: str) -> str:
    """The same command for both hosts."""
    return "; ".join(on(entry, *words) for entry in (case.source_entry, case.destination_entry))


def _said(sight: Sight | None) -> str:
    if sight is None:
        return "not been able to look"
    size = [] if sight.size_bytes is None else [f"{sight.size_bytes} bytes"]
    kind = [] if sight.block else ["no block device"]
    return ", ".join([*kind, *size, *sorted(sight.names)]) or "a device without a name"
