"""Why a move waits, as a value that every view shows in the same words."""

from dataclasses import dataclass
from enum import StrEnum

from orchestrator.model.run import RunId

_NAMED = 4  # of those that hold something: the rest is counted


class Cause(StrEnum):
    """What a waiting move waits for. FULL: a limit is reached. KEPT: room is kept free for a move that goes first.
    MOVED: the guest is being moved already. FLOOR: too little of the network would be left for each move. GUARD: what
    is watched has been breached. SILENT: a host does not answer."""

    FULL = "full"
    KEPT = "kept"
    MOVED = "moved"
    FLOOR = "floor"
    GUARD = "guard"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A move that has what another one waits for. run: None for a migration that ferry did not start."""

    name: str
    run: RunId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """One resource of which there is not enough. amount: as a person says it, `kvm02 has 2 of 2 live slots`.

    used: taken of `capacity`, by those in `held_by`; kept_for: of that, it is only kept free for these.
    """

    resource: str
    amount: str
    used: int
    capacity: int
    held_by: tuple[Holding, ...] = ()
    kept_for: tuple[Holding, ...] = ()

    @property
    def sentence(self) -> str:
        """The amount, and who has it."""
        kept = f"{'and ' if self.held_by else ''}kept free for {_listed(self.kept_for)}" if self.kept_for else ""
        held = f"held by {_listed(self.held_by)}" if self.held_by else ""
        return ", ".join(part for part in (self.amount, " ".join(p for p in (held, kept) if p)) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Why a move waits. short: of FULL and KEPT, what there is not enough of. by: of MOVED, who moves the guest.
    detail: of the others, the whole sentence."""

    cause: Cause
    short: tuple[Shortage, ...] = ()
    by: Holding | None = None
    detail: str = ""

    @property
    def sentence(self) -> str:
        """The reason in words, without "waiting" before it."""
        if self.by is not None:
            return (
                f"run {self.by.run} moves this guest"
                if self.by.run
                else "a migration that ferry did not start moves this guest"
            )
        return self.detail or "; ".join(one.sentence for one in self.short)


def _listed(holding: tuple[Holding, ...]) -> str:
    ours = [f"{one.name} (run {one.run})" for one in holding if one.run is not None]
    foreign = [one.name for one in holding if one.run is None]
    shown = ours[:_NAMED]
    if len(ours) > _NAMED:
        shown.append(f"{len(ours) - _NAMED} more")
    if foreign:
        names = ", ".join(foreign[:_NAMED]) + (" …" if len(foreign) > _NAMED else "")
        what = "a migration" if len(foreign) == 1 else f"{len(foreign)} migrations"
        shown.append(f"{what} ferry did not start ({names})")
    return " and by ".join(shown) if len(shown) < 3 else f"{', '.join(shown[:-1])} and {shown[-1]}"
