"""What the store needs of a database: work done in one transaction, read or written."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")


class Database(Protocol):
    """Safe from any thread; opened at the first call. Every call is bounded in time.

    Work is what one transaction does; it may be done more than once, and counts once. Raises store.unavailable,
    store.corrupt, store.newer, and whatever the work raises.
    """

    def read(self, work: Callable[[Connection], T], *, otherwise: T) -> T:
        """One consistent look, which changes nothing; `otherwise`: there is no store yet."""
        ...

    def write(self, work: Callable[[Connection], T], *, durable: bool = True) -> T:
        """What the work changed is on the disk on return; nothing of it is, if the work raises.

        durable=False: it survives the end of this process, but perhaps not of the machine.
        """
        ...

    def close(self) -> None:
        """Give the connections back; the next call opens them again."""
        ...
