"""A spill in memory that outlives every simulated ferry: the twin of the one over files."""

from collections.abc import Sequence

from orchestrator.errors import OrchestratorError
from orchestrator.model.lease import Fence
from orchestrator.model.spilled import Spilled


class MemorySpill:
    """full: the disk takes nothing more. imported: how many entries were dropped after their import."""

    def __init__(self) -> None:
        self._files: dict[Fence, list[Spilled]] = {}
        self.late: dict[Fence, list[Spilled]] = {}
        self.full = False
        self.imported = 0

    def add(self, fence: Fence, entry: Spilled) -> None:
        """Keep it, unless the disk is full."""
        if self.full:
            raise OrchestratorError.of("store.unavailable", f"{self.place(fence)}: No space left on device")
        self._files.setdefault(fence, []).append(entry)

    def waiting(self) -> Sequence[Fence]:
        """All that wait."""
        return sorted(self._files, key=lambda fence: (fence.name, fence.number))

    def read(self, fence: Fence) -> Sequence[Spilled]:
        """In order."""
        return tuple(self._files.get(fence, ()))

    def drop(self, fence: Fence) -> None:
        """Forget them."""
        self.imported += len(self._files.pop(fence, ()))

    def set_aside(self, fence: Fence) -> str:
        """Keep them apart."""
        self.late[fence] = self._files.pop(fence)
        return f"{self.place(fence)}.late"

    def place(self, fence: Fence) -> str:
        """A name."""
        return f"spill/{fence.name}.{fence.number}.jsonl"
