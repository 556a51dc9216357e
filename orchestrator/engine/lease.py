"""A lease that is kept while something goes on beside it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from orchestrator.errors import OrchestratorError
from orchestrator.model.lease import Fence, Held
from orchestrator.model.run import Holder
from orchestrator.ports import Loop, Store

LASTS = 60.0  # seconds; so long after its holder's machine has gone somebody else takes it
_RENEWED = LASTS / 4


@contextmanager
def kept(store: Store, loop: Loop, name: str, holder: Holder, dead: Callable[[Held], bool]) -> Iterator[Held | None]:
    """Take the lease and renew it until the end; answers None, or who holds it instead. dead: whether that one is.

    A store that goes away meanwhile ends nothing: it is asked again.
    """
    taken = store.take(name, holder, lasts=LASTS)
    if isinstance(taken, Held) and dead(taken):
        taken = store.take(name, holder, lasts=LASTS, instead_of=taken)
    if isinstance(taken, Held):
        yield taken
        return
    keeping = _Keeping(store, taken)
    loop.add(f"lease {name}", keeping.step)
    try:
        yield None
    finally:
        keeping.over = True
        loop.poke(f"lease {name}")
        store.release(taken)


class _Keeping:
    """Renews one lease. over: no more."""

    def __init__(self, store: Store, fence: Fence) -> None:
        self._store, self._fence = store, fence
        self.over = False

    def step(self) -> float | None:
        """Renew it; one that somebody else has taken is given up."""
        if self.over:
            return None
        try:
            self._store.renew(self._fence, lasts=LASTS)
        except OrchestratorError as error:
            if any(problem.code == "store.fence-lost" for problem in error.problems):
                return None
        return _RENEWED
