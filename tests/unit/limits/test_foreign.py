"""Migrations that ferry did not start."""

from orchestrator.limits.foreign import Foreign, foreign
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.policy import Limits
from orchestrator.model.traffic import Migrating, Traffic
from orchestrator.model.unknown import Unknown
from tests.unit.limits.tickets import held, ledger, ticket

A, B, C = HostName("A"), HostName("B"), HostName("C")


def shows(*seen: tuple[str, str], storage: bool = False) -> Traffic:
    return Traffic(
        migrations=tuple(
            Migrating(guest=GuestId(name), name=name, direction="out" if way == "out" else "in", storage=storage)
            for name, way in seen
        )
    )


def ends(found: tuple[Foreign, ...]) -> list[tuple[str, str | None, str | None]]:
    return [(f.name, f.source, f.destination) for f in found]


def test_both_ends_are_one_migration_and_cost_as_much_as_one_of_ours() -> None:
    found = foreign(ledger(), {A: shows(("db", "out")), B: shows(("db", "in"))}, Limits(), "migration")
    assert ends(found) == [("db", A, B)]
    assert found[0].costs == dict(ticket("db", "A>B").costs)


def test_ours_are_not_counted_twice() -> None:
    seen = {A: shows(("db", "out")), B: shows(("db", "in"))}
    assert foreign(ledger(held("db", "A>B")), seen, Limits()) == ()
    assert ends(foreign(ledger(ticket("db", "A>B")), seen, Limits())) == [("db", A, B)]


def test_a_guest_of_ours_at_a_host_that_is_none_of_its_ends() -> None:
    found = foreign(ledger(held("db", "A>B")), {C: shows(("db", "out"))}, Limits())
    assert ends(found) == [("db", C, None)]


def test_an_end_that_was_released_and_still_moves_is_counted_again() -> None:
    released = held("db", "A>B", released={B: "it burnt"})
    found = foreign(ledger(released), {A: shows(("db", "out")), B: shows(("db", "in"))}, Limits())
    assert ends(found) == [("db", None, B)]
    assert "host:A.live" not in found[0].costs


def test_a_host_that_does_not_answer_shows_nothing() -> None:
    found = foreign(ledger(), {A: shows(("db", "out")), B: Unknown(why="it is silent")}, Limits())
    assert ends(found) == [("db", A, None)]


def test_disks_that_are_copied_along_cost_a_storage_slot() -> None:
    (found,) = foreign(ledger(), {A: shows(("db", "out"), storage=True)}, Limits())
    assert found.costs["host:A.storage"] == 1


def test_several_in_the_order_of_their_names() -> None:
    found = foreign(ledger(), {B: shows(("b", "in"), ("a", "out")), A: shows(("b", "out"), ("c", "in"))}, Limits())
    assert ends(found) == [("a", B, None), ("b", A, B), ("c", None, A)]
