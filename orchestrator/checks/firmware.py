"""The firmware that the guest runs on exists at the destination."""

from collections.abc import Iterator

from orchestrator.checks.case import Case
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: Case) -> Iterator[Found]:
    loader = case.guest.hardware.loader
    if loader is None:
        return
    asked = (answer.exists for answer in known(case.pair.paths) if answer.path == loader)
    exists = next(asked, None)
    if exists is None:
        known(Unknown(why=f"{case.to} was not asked for {loader}", code="host.shell"))
    elif not exists:
        yield blocker(
            f"{case.guest.name} runs on the firmware {loader}, which does not exist on {case.to}",
            "Install the package that brings it, in the same version (ovmf on Debian, edk2-ovmf on Fedora and Red "
            f"Hat): {on(case.source_entry, 'ls', '-l', loader)}",
        )


RULE = Rule(
    name="firmware",
    title="The guest's firmware exists at the destination.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.PATHS}),
    examine=_examine,
)
