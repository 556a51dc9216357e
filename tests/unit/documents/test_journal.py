"""What the journal keeps comes back as it was; what is damaged or foreign does not come back as something else."""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.documents import journal
from orchestrator.model.entry import Entry
from orchestrator.model.policy import Charge, Costs, GuardRule, Limits
from orchestrator.model.run import Holder, Run
from orchestrator.model.sample import Sample
from orchestrator.model.units import Bytes, BytesPerSecond, Milliseconds
from tests.contract.store_contract import ENTRIES, SAMPLE, holder, run

st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
st.register_type_strategy(Mapping, lambda form: st.dictionaries(*map(st.from_type, get_args(form))))
# JSON knows neither; no file can bring them in.
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
_COUNT = st.none() | st.integers(1)
st.register_type_strategy(Charge, st.builds(Charge, **{one.name: st.integers(0) for one in fields(Charge)}))
st.register_type_strategy(
    Limits,
    st.builds(
        Limits,
        **dict.fromkeys(("live", "storage"), st.integers(1)),
        **dict.fromkeys(("incoming", "outgoing", "live_in_cluster", "units", "network"), _COUNT),
        **dict.fromkeys(("network_below_10gbit", "pool", "total", "gib_per_slot"), _COUNT),
        costs=st.from_type(Costs),
        over=st.sampled_from(["queue", "refuse"]),
        patience=st.integers(0),
        share=st.none() | st.integers(1, 100),
        smb_factor=st.none() | st.integers(1, 10_000),
        floor=st.integers(0, 2**63 - 1).map(BytesPerSecond),
    ),
)
st.register_type_strategy(
    GuardRule,
    st.builds(
        GuardRule,
        watch=st.sampled_from(["round_trip_ms", "cpu_percent"]),
        above=st.floats(1, 1000),
        below=st.none() | st.floats(0, 1),
        lasting=st.integers(0, 2**63 - 1).map(Milliseconds),
    ),
)
for quantity in (Bytes, BytesPerSecond, Milliseconds):
    st.register_type_strategy(quantity, st.integers(0, 2**63 - 1).map(quantity))


@given(st.from_type(Entry))  # type: ignore[arg-type]
def test_entries(entry: Entry) -> None:
    again = journal.decode_entry(journal.encode_entry(entry))
    assert again == entry
    assert type(again) is type(entry)


@given(st.from_type(Run))
def test_runs(head: Run) -> None:
    assert journal.decode_run(journal.encode_run(head)) == head


@given(st.from_type(Sample), st.from_type(Holder), st.dictionaries(st.text(), st.integers()))
def test_samples_holders_and_costs(sample: Sample, by: Holder, costs: dict[str, int]) -> None:
    assert journal.decode_sample(journal.encode_sample(sample)) == sample
    assert journal.decode_holder(journal.encode_holder(by)) == by
    assert journal.decode_costs(journal.encode_costs(costs)) == costs


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: e.kind)
def test_every_entry_carries_its_kind_and_one_line(entry: Entry) -> None:
    text = journal.encode_entry(entry)
    assert json.loads(text)["kind"] == entry.kind
    assert "\n" not in text


def test_quantities_are_kept_as_people_write_them() -> None:
    assert json.loads(journal.encode_run(run("r")))["policy"]["bandwidth"] == "400Mbit/s"


SEEN: dict[str, Any] = {"kind": "seen", "guest": "g", "state": "pre-copy", "because": "b"}
DAMAGED = {
    "cut off": '{"kind":"seen"',
    "empty": "",
    "of no kind": json.dumps({k: v for k, v in SEEN.items() if k != "kind"}),
    "of a later kind": json.dumps(SEEN | {"kind": "restored"}),
    "of a later state": json.dumps(SEEN | {"state": "teleporting"}),
    "with a later field": json.dumps(SEEN | {"novelty": 1}),
    "with a later field inside": json.dumps(SEEN | {"source": {"power": "running", "novelty": 1}}),
    "without a field": json.dumps({"kind": "seen", "guest": "g", "state": "pre-copy"}),
    "of another type": json.dumps(SEEN | {"guest": 5}),
    "number as a text": json.dumps({"kind": "closed", "exit_code": "0"}),
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED.keys())
def test_what_is_not_understood_whole_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        journal.decode_entry(text)


@pytest.mark.parametrize(
    ("text", "decode"),
    [
        (journal.encode_run(run("r")), journal.decode_run),
        (journal.encode_sample(SAMPLE), journal.decode_sample),
        (journal.encode_holder(holder()), journal.decode_holder),
    ],
)
def test_the_same_for_the_other_records(text: str, decode: Callable[[str], object]) -> None:
    decode(text)
    with pytest.raises(ValueError):
        decode(json.dumps(json.loads(text) | {"novelty": 1}))


def test_costs_are_whole_numbers() -> None:
    with pytest.raises(ValueError):
        journal.decode_costs('{"host:kvm01.live": "1"}')
