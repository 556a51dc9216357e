"""What the schedule wanted and is over: whoever ends it writes that first, or it would be begun anew."""

from orchestrator.model.schedule import Occasion
from orchestrator.ports import Store


def keep_over(store: Store, occasion: Occasion | None) -> None:
    """Write that the entry has run for this time, unless it has for a later one. None: no entry wanted it."""
    if occasion is None:
        return
    ran = store.ran(occasion.entry)
    if ran is None or ran < occasion.slot:
        store.keep_ran(occasion.entry, at=occasion.slot)
