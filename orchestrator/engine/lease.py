"""A lease that is kept while something goes on beside it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from orchestrator.errors import OrchestratorError
from orchestrator.model.lease import Fence, Held
from orchestrator.model.run import Holder
from orchestrator.ports import Loop, Store

LASTS = 60.0  # seconds; so long after its holder's machine has gone somebody else takes it
_TIMES = 4  # it is renewed so often before it would run out


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
    try:
        with keeping(store, loop, taken, lasts=LASTS):
            yield None
    finally:
        store.release(taken)


@contextmanager
def keeping(store: Store, loop: Loop, fence: Fence, *, lasts: float) -> Iterator[None]:
    """Renew a lease that was taken, whatever goes on beside it and however long that takes. loop: nobody else's."""
    renewing = _Keeping(store, fence, lasts)
    loop.add(f"lease {fence.name}", renewing.step)
    try:
        yield
    finally:
        renewing.over = True
        loop.poke(f"lease {fence.name}")


class _Keeping:
    """Renews one lease. over: no more."""

    def __init__(self, store: Store, fence: Fence, lasts: float) -> None:
        self._store, self._fence, self._lasts = store, fence, lasts
        self.over = False

    def step(self) -> float | None:
        """Renew it; one that somebody else has taken is given up."""
        if self.over:
            return None
        try:
            self._store.renew(self._fence, lasts=self._lasts)
        except OrchestratorError as error:
            if any(problem.code == "store.fence-lost" for problem in error.problems):
                return None
        return self._lasts / _TIMES
