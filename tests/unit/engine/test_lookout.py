"""What was seen a moment ago, asked by steps that hold up nobody."""

from orchestrator.engine.lookout import FRESH, GIVEN_UP, OFTEN, SELDOM, Lookout
from orchestrator.engine.tools import Works
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.sighting import Sighting
from orchestrator.model.traffic import Migrating, Traffic
from orchestrator.model.unknown import Unknown
from orchestrator.simulator.clock import SimClock, SimLoop

A, B = HostName("kvm01"), HostName("kvm02")
G = GuestId("00000000-0000-4000-8000-000000000001")
BUSY = Traffic(migrations=(Migrating(guest=G, name="web-01", direction="out"),))


class Host:
    """Answers what the test says, and remembers when it was asked."""

    def __init__(self, clock, says):
        self.clock, self.says, self.asked = clock, says, []

    def traffic(self, *, within):
        self.asked.append(self.clock.ticks())
        return self.says

    def observe(self, guest, *, within):
        self.asked.append(self.clock.ticks())
        return Sighting(power=Power.RUNNING)


class Bench:
    def __init__(self, **says):
        self.clock = SimClock()
        self.loop = SimLoop(self.clock)
        self.hosts = {A: Host(self.clock, says.get("a", Traffic())), B: Host(self.clock, says.get("b", Traffic()))}
        self.news = []
        self.lookout = Lookout(
            "run r",
            Works(store=None, clock=self.clock, loop=self.loop),
            door=self.hosts.__getitem__,
            changed=lambda: self.news.append(self.clock.ticks()),
        )

    def until(self, seconds, watch):
        """Watch for so long, then close."""
        begun = self.clock.ticks()

        def step():
            if self.clock.ticks() - begun >= seconds:
                self.lookout.close()
                return None
            watch()
            return 0.1

        self.loop.add("watcher", step)
        self.loop.run()


def test_a_host_counts_as_seen_until_its_look_is_old() -> None:
    bench = Bench(a=BUSY)
    assert A not in bench.lookout.seen().known
    bench.until(1.0, lambda: bench.lookout.watch({A: OFTEN}, ()))
    assert A in bench.lookout.seen().known
    assert bench.lookout.seen().traffic == {A: BUSY}
    bench.clock.advance_to(bench.clock.ticks() + FRESH + 1)
    assert A not in bench.lookout.seen().known
    assert isinstance(bench.lookout.seen().traffic[A], Unknown)


def test_one_that_is_looked_at_seldom_is_known_until_its_next_look() -> None:
    bench = Bench(a=BUSY)
    bench.until(1.0, lambda: bench.lookout.watch({A: SELDOM}, ()))
    bench.clock.advance_to(bench.clock.ticks() + FRESH + 0.5)
    assert bench.lookout.seen().traffic == {A: BUSY}
    bench.clock.advance_to(bench.clock.ticks() + SELDOM)
    assert isinstance(bench.lookout.seen().traffic[A], Unknown)


def test_a_silent_host_is_not_waited_for_for_ever() -> None:
    bench, seen = Bench(a=Unknown(why="hangs")), []

    def watch() -> None:
        bench.lookout.watch({A: OFTEN}, ())
        seen.append((bench.clock.ticks(), A in bench.lookout.seen().known))

    bench.until(GIVEN_UP + 2, watch)
    assert {answer for at, answer in seen if at < GIVEN_UP - 0.2} == {False}
    assert {answer for at, answer in seen if at > GIVEN_UP + 0.2} == {True}
    assert isinstance(bench.lookout.seen().traffic[A], Unknown), "and nothing is made up about it"


def test_only_news_wakes_the_run() -> None:
    bench = Bench()
    bench.until(5.0, lambda: bench.lookout.watch({A: OFTEN}, ()))
    assert len(bench.hosts[A].asked) >= 9
    assert len(bench.news) == 1


def test_a_host_nobody_wants_to_know_of_is_left_alone() -> None:
    bench = Bench()
    bench.until(5.0, lambda: bench.lookout.watch({A: OFTEN} if bench.clock.ticks() < 1 else {}, ()))
    assert max(bench.hosts[A].asked) < 1.6
    assert not bench.hosts[B].asked


def test_single_guests_are_looked_at_where_they_are_asked_for() -> None:
    bench = Bench()
    bench.until(1.0, lambda: bench.lookout.watch({}, [(B, G)]))
    assert bench.lookout.sighting(B, G) == Sighting(power=Power.RUNNING)
    assert isinstance(bench.lookout.sighting(A, G), Unknown)
    assert bench.lookout.sighting(B, G, asked_from=bench.clock.ticks() - 0.6) == Sighting(power=Power.RUNNING)
    assert isinstance(bench.lookout.sighting(B, G, asked_from=bench.clock.ticks() + 0.1), Unknown)
    bench.clock.advance_to(bench.clock.ticks() + FRESH + 1)
    assert isinstance(bench.lookout.sighting(B, G), Unknown)


def test_a_guest_that_has_arrived_is_not_shown_by_those_who_were_asked_before() -> None:
    bench = Bench(a=BUSY)
    bench.until(1.0, lambda: bench.lookout.watch({A: OFTEN}, ()))
    bench.lookout.arrived(G)
    assert bench.lookout.seen().traffic == {A: Traffic()}


def test_one_that_moves_again_is_seen_again_but_not_by_an_answer_that_was_under_way() -> None:
    bench, seen = Bench(a=BUSY), []
    host = bench.hosts[A]
    ask = host.traffic

    def slow(*, within):
        said = ask(within=within)
        if len(host.asked) == 2:  # its end is proven while the host still thinks
            bench.lookout.arrived(G)
        return said

    host.traffic = slow

    def watch() -> None:
        bench.lookout.watch({A: OFTEN}, ())
        seen.append((len(host.asked), bench.lookout.seen().traffic.get(A)))

    bench.until(2.0, watch)
    assert (1, BUSY) in seen
    assert {said for asked, said in seen if asked == 2} == {Traffic()}
    assert seen[-1][1] == BUSY
