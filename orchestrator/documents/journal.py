"""What the store keeps: entries, heads of runs, orders, samples, holders, costs: one line of JSON each.

A decoder raises ValueError for a text that is damaged or was written by another version of ferry.
"""

from collections.abc import Mapping

from orchestrator.documents.adapters import adapter, entry_adapter
from orchestrator.model.entry import Entry
from orchestrator.model.host import HostName
from orchestrator.model.order import Order
from orchestrator.model.run import Holder, Run
from orchestrator.model.sample import Sample
from orchestrator.model.spilled import Spilled


def prepare() -> None:
    """Build the adapters that writing needs, so that no measured moment pays for it."""
    entry_adapter()
    adapter(Sample)


def encode_entry(entry: Entry) -> str:
    """Write an entry."""
    return entry_adapter().dump_json(entry).decode()


def decode_entry(text: str) -> Entry:
    """Read an entry. Raises ValueError."""
    entry: Entry = entry_adapter().validate_json(text, strict=True)
    return entry


def encode_spilled(spilled: Spilled) -> str:
    """Write an entry that waits for its store."""
    return adapter(Spilled).dump_json(spilled).decode()


def decode_spilled(text: str) -> Spilled:
    """Read an entry that waits for its store. Raises ValueError."""
    spilled: Spilled = adapter(Spilled).validate_json(text, strict=True)
    return spilled


def encode_run(run: Run) -> str:
    """Write the head of a run."""
    return adapter(Run).dump_json(run).decode()


def decode_run(text: str) -> Run:
    """Read the head of a run. Raises ValueError."""
    run: Run = adapter(Run).validate_json(text, strict=True)
    return run


def encode_sample(sample: Sample) -> str:
    """Write a sample."""
    return adapter(Sample).dump_json(sample).decode()


def decode_sample(text: str) -> Sample:
    """Read a sample. Raises ValueError."""
    sample: Sample = adapter(Sample).validate_json(text, strict=True)
    return sample


def encode_order(order: Order) -> str:
    """Write an order."""
    return adapter(Order).dump_json(order).decode()


def decode_order(text: str) -> Order:
    """Read an order. Raises ValueError."""
    order: Order = adapter(Order).validate_json(text, strict=True)
    return order


def encode_holder(holder: Holder) -> str:
    """Write who holds a lease."""
    return adapter(Holder).dump_json(holder).decode()


def decode_holder(text: str) -> Holder:
    """Read who holds a lease. Raises ValueError."""
    holder: Holder = adapter(Holder).validate_json(text, strict=True)
    return holder


def encode_costs(costs: Mapping[str, int]) -> str:
    """Write what a ticket costs."""
    return adapter(dict[str, int]).dump_json(dict(costs)).decode()


def decode_costs(text: str) -> dict[str, int]:
    """Read what a ticket costs. Raises ValueError."""
    costs: dict[str, int] = adapter(dict[str, int]).validate_json(text, strict=True)
    return costs


def encode_released(released: Mapping[HostName, str]) -> str:
    """Write which ends of a slot a person declared free, and why."""
    return adapter(dict[str, str]).dump_json(dict(released)).decode()


def decode_released(text: str) -> dict[HostName, str]:
    """Read which ends of a slot were declared free. Raises ValueError."""
    released: dict[HostName, str] = adapter(dict[str, str]).validate_json(text, strict=True)
    return released
