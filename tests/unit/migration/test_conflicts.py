"""The table of what cannot go together, the transports that are built from a policy, and what of it is left out."""

from dataclasses import replace
from itertools import product

import pytest

from orchestrator.migration.conflicts import CONFLICTS, Conflict, Trait, conflicts, traits
from orchestrator.migration.demands import demanding, unmet
from orchestrator.migration.features import Versions
from orchestrator.migration.ways import built, cache_bytes, channels, fitting, obstacle, without
from orchestrator.model.offer import Feature, Offers
from orchestrator.model.policy import Convergence, Policy
from orchestrator.model.transport import Compression, Method, Mode, Throttle, Transport
from orchestrator.model.units import BytesPerSecond
from tests.unit.migration import transport_page
from tests.unit.migration.scenes import TRANSPORT

MIB, GIB = 2**20, 2**30
OLD = Versions(9_000_000, 9_000_000, 7_002_022, 7_002_022)
NEW = Versions(11_003_000, 11_003_000, 10_000_013, 10_000_013)
MIXED = Versions(9_000_000, 11_003_000, 7_002_022, 10_000_013)
ALL = Offers(source_cpus=8, destination_cpus=8)


def way(method: Method, *, base: Transport = TRANSPORT, offers: Offers = ALL, memory: int = GIB, **policy) -> Transport:
    return built(base, method, Policy(name="p", **policy), offers, memory_bytes=memory)


def test_no_pair_has_two_rows_and_no_row_twice_the_same() -> None:
    pairs = [frozenset((row.one, row.other)) for row in CONFLICTS]
    assert all(len(pair) == 2 for pair in pairs)
    assert len(pairs) == len(set(pairs))


def test_a_row_says_since_when_it_is_refused() -> None:
    (row,) = conflicts(replace(TRANSPORT, method=Method.PARALLEL, postcopy=True))
    assert [row.enforced(versions) for versions in (OLD, MIXED, NEW)] == [False, True, True]
    assert conflicts(replace(TRANSPORT, method=Method.PARALLEL, encrypted=True)) == ()
    made = Conflict(one=Trait.TLS, other=Trait.RDMA, why="", libvirt=9_004_000)
    assert made.enforced(OLD._replace(source_libvirt=9_004_000))
    assert not made.enforced(OLD._replace(source_libvirt=9_003_999))
    assert replace(made, libvirt=None, qemu=7_002_022).enforced(OLD)
    assert not replace(made, libvirt=None, qemu=None).enforced(NEW)


def test_a_hand_made_transport_is_caught_on_every_version() -> None:
    wrong = replace(TRANSPORT, method=Method.PARALLEL, postcopy=True, zerocopy=True, encrypted=True)
    assert {(row.one, row.other) for row in conflicts(wrong)} == {
        (Trait.PARALLEL, Trait.POSTCOPY),
        (Trait.TLS, Trait.ZEROCOPY),
    }


@pytest.mark.parametrize(
    ("changed", "trait"),
    [
        ({"method": Method.COMPRESSED}, Trait.PARALLEL),
        ({"method": Method.COMPRESSED}, Trait.COMPRESSION),
        ({"channels": 2}, Trait.PARALLEL),
        ({"compression": Compression(algorithm="zlib", level=1)}, Trait.COMPRESSION),
        ({"xbzrle_cache_bytes": 1}, Trait.XBZRLE),
        ({"method": Method.RDMA}, Trait.RDMA),
        ({"pin_all": True}, Trait.PIN_ALL),
        ({"method": Method.TUNNELLED}, Trait.TUNNELLED),
        ({"throttle": Throttle(initial=1, increment=1)}, Trait.THROTTLE),
        ({"control": "direct"}, Trait.DIRECT),
        ({"held": True}, Trait.HELD),
        ({"mode": Mode.PAUSE}, Trait.STILL),
        ({"mode": Mode.OFFLINE}, Trait.OFFLINE),
        ({"mode": Mode.COLD}, Trait.OFFLINE),
        ({"disks": ("vda",)}, Trait.DISK_COPY),
    ],
)
def test_traits_are_seen(changed, trait: Trait) -> None:
    assert trait not in traits(TRANSPORT)
    assert trait in traits(replace(TRANSPORT, **changed))


def test_whatever_is_built_breaks_no_row_and_names_what_it_left_out() -> None:
    for method, mode, control, start, encryption, postcopy, zerocopy, throttle in product(
        Method, Mode, ("p2p", "direct"), ("at-once", "verified"), ("required", "preferred", "off"), *[(False, True)] * 3
    ):
        policy = Policy(
            name="p",
            control=control,
            start_at_destination=start,
            encryption=encryption,
            postcopy=postcopy,
            zerocopy=zerocopy,
            convergence=Convergence(throttle="on" if throttle else "off"),
        )
        if obstacle(method, policy, ALL) is not None:
            continue
        memory = mode in (Mode.LIVE, Mode.PAUSE)
        base = replace(TRANSPORT, mode=mode, control=control, held=start == "verified" and memory)
        made = built(base, method, policy, ALL, memory_bytes=GIB)
        assert conflicts(made) == ()
        if not memory:
            continue
        left_out = {sentence.partition(":")[0] for sentence in made.forgone}
        assert made.zerocopy or not zerocopy or "zerocopy" in left_out
        assert made.postcopy or not postcopy or mode is Mode.PAUSE or "postcopy" in left_out
        assert made.encrypted or encryption != "preferred" or method is Method.TUNNELLED or "encryption" in left_out
        assert made.encrypted or encryption != "required" or method is Method.TUNNELLED


def test_a_method_is_built_anew_from_any_other() -> None:
    policy = Policy(name="p", postcopy=True, zerocopy=True, encryption="preferred")
    for first, then in product(Method, Method):
        before = built(TRANSPORT, first, policy, ALL, memory_bytes=GIB)
        assert built(before, then, policy, ALL, memory_bytes=GIB) == built(
            TRANSPORT, then, policy, ALL, memory_bytes=GIB
        )


def test_each_method_has_what_it_needs() -> None:
    assert way(Method.TCP).channels is None
    assert way(Method.PARALLEL).channels == 2
    assert way(Method.COMPRESSED).compression == Compression(algorithm="zstd", level=1)
    assert way(Method.COMPRESSED).channels == 8
    assert way(Method.XBZRLE).xbzrle_cache_bytes == GIB
    limited = replace(ALL, memory_limit_bytes=2 * GIB)
    assert (way(Method.RDMA, offers=limited).memory_limit_bytes, way(Method.RDMA, offers=limited).pin_all) == (
        2 * GIB,
        False,
    )
    assert way(Method.RDMA, offers=replace(limited, memory_locked=True)).pin_all


@pytest.mark.parametrize(
    ("asked", "level", "absent", "made"),
    [
        ("auto", None, (), ("zstd", 1)),
        ("auto", 12, (), ("zstd", 12)),
        ("auto", None, (Feature.ZSTD,), ("zlib", 1)),
        ("auto", 12, (Feature.ZSTD,), ("zlib", 9)),
        ("zlib", 6, (), ("zlib", 6)),
        ("zstd", None, (Feature.ZLIB,), ("zstd", 1)),
    ],
)
def test_the_algorithm(asked, level, absent, made) -> None:
    offers = without(ALL, dict.fromkeys(absent, "refused"))
    compression = way(Method.COMPRESSED, offers=offers, compression=asked, compression_level=level).compression
    assert compression == Compression(algorithm=made[0], level=made[1])


@pytest.mark.parametrize(
    ("method", "given", "asked", "number"),
    [
        (Method.PARALLEL, {}, None, 2),
        (Method.PARALLEL, {}, 5, 5),
        (Method.PARALLEL, {"link_bytes_per_second": 10**9 // 8}, None, 2),
        (Method.PARALLEL, {"link_bytes_per_second": 25 * 10**9 // 8}, None, 5),
        (Method.PARALLEL, {"link_bytes_per_second": 26 * 10**9 // 8}, None, 6),
        (Method.PARALLEL, {"link_bytes_per_second": 100 * 10**9 // 8}, None, 8),
        (Method.PARALLEL, {"link_bytes_per_second": 100 * 10**9 // 8, "source_cpus": 4}, None, 4),
        (Method.PARALLEL, {"link_bytes_per_second": 100 * 10**9 // 8, "source_cpus": 1}, None, 2),
        (Method.COMPRESSED, {"source_busy": 0.5}, None, 4),
        (Method.COMPRESSED, {"source_busy": 1.0}, None, 2),
        (Method.COMPRESSED, {"destination_cpus": 3}, None, 3),
        (Method.COMPRESSED, {"source_cpus": 64}, None, 8),
    ],
)
def test_the_number_of_streams(method, given, asked, number) -> None:
    assert channels(method, Policy(name="p", channels=asked), replace(ALL, **given)) == number


@pytest.mark.parametrize(
    ("memory", "free", "cache"),
    [
        (GIB, None, GIB),
        (GIB + 1, None, 2 * GIB),
        (192 * MIB, None, 256 * MIB),
        (16 * MIB, None, 64 * MIB),
        (4 * GIB, 3 * GIB, 2 * GIB),
        (4 * GIB, 4 * GIB, 4 * GIB),
        (4 * GIB, 0, 64 * MIB),
    ],
)
def test_the_cache_is_a_power_of_two_that_the_source_has(memory, free, cache) -> None:
    assert cache_bytes(memory, replace(ALL, source_free_bytes=free)) == cache


def test_post_copy_needs_consent_a_running_guest_and_a_way_back() -> None:
    assert not way(Method.TCP).postcopy
    allowed = way(Method.TCP, postcopy=True, postcopy_bandwidth=BytesPerSecond(10))
    assert (allowed.postcopy, allowed.postcopy_bandwidth_bytes_per_second) == (True, 10)
    paused = way(Method.TCP, base=replace(TRANSPORT, paused=True), postcopy=True)
    assert (paused.postcopy, paused.throttle, paused.forgone) == (False, None, ())
    crashing = without(ALL, {Feature.POSTCOPY_RECOVERY: "it crashes"})
    assert way(Method.TCP, offers=crashing, postcopy=True).forgone == ("postcopy: it crashes",)
    assert way(Method.TCP, offers=crashing, postcopy=True, postcopy_without_recovery="accept").postcopy
    assert way(Method.PARALLEL, postcopy=True).forgone == (
        "postcopy: parallel streams cannot be combined with post-copy: QEMU fetches no pages over parallel streams",
    )


@pytest.mark.parametrize(
    ("feature", "allowed", "key"),
    [
        (Feature.POSTCOPY, {"postcopy": True, "postcopy_without_recovery": "accept"}, "postcopy"),
        (Feature.TLS, {"encryption": "preferred"}, "encryption"),
        (Feature.ZEROCOPY, {"zerocopy": True, "convergence": Convergence(throttle="off")}, "zerocopy"),
        (Feature.THROTTLE, {}, "throttle"),
    ],
)
def test_a_wish_that_the_hosts_cannot_meet_is_left_out_with_their_reason(feature, allowed, key) -> None:
    method = Method.PARALLEL if key == "zerocopy" else Method.TCP
    assert way(method, **allowed).forgone == ()
    made = way(method, offers=without(ALL, {feature: "they have not got it"}), **allowed)
    assert made.forgone == (f"{key}: they have not got it",)
    assert traits(made) < traits(way(method, **allowed))


def test_a_chooser_can_do_without_what_the_policy_allows_but_not_with_what_it_forbids() -> None:
    policy = Policy(name="p", postcopy=True)
    made = built(TRANSPORT, Method.TCP, policy, ALL, memory_bytes=GIB, throttle=False, postcopy=False)
    assert (made.throttle, made.postcopy, made.forgone) == (None, False, ())
    strict = Policy(name="p", convergence=Convergence(throttle="off"))
    made = built(TRANSPORT, Method.TCP, strict, ALL, memory_bytes=GIB, throttle=True, postcopy=True)
    assert (made.throttle, made.postcopy) == (None, False)


def test_throttling_stays_below_what_the_policy_allows() -> None:
    mild = Convergence(throttle_initial=40, throttle_increment=5, max_throttle=30)
    assert way(Method.TCP, convergence=mild).throttle == Throttle(initial=30, increment=5)


def test_encryption_checks_the_name_of_the_certificate() -> None:
    named = replace(ALL, tls_name="kvm02.lan")
    made = way(Method.PARALLEL, offers=named, encryption="required", zerocopy=True)
    assert (made.encrypted, made.tls_name, made.zerocopy) == (True, "kvm02.lan", False)
    assert made.forgone == (
        "zerocopy: encryption by QEMU cannot be combined with zero-copy: a page that is encrypted is a copy",
    )
    assert "takes the destination's certificate for kvm02.lan only" in " ".join(made.way)


def test_the_tunnel_encrypts_only_if_the_daemons_do() -> None:
    required = Policy(name="p", encryption="required")
    assert obstacle(Method.TUNNELLED, required, ALL) == "one libvirt does not encrypt what it sends the other"
    assert obstacle(Method.TUNNELLED, required, replace(ALL, tunnel_encrypted=True)) is None
    assert not way(Method.TUNNELLED, offers=replace(ALL, tunnel_encrypted=True), encryption="preferred").forgone
    assert way(Method.TUNNELLED, encryption="preferred").forgone


def test_methods_to_choose_among() -> None:
    everything = tuple(method for method in Method if method is not Method.TUNNELLED)
    assert fitting(Policy(name="p"), ALL) == everything
    assert Method.RDMA not in fitting(Policy(name="p", encryption="required"), ALL)
    no_multifd = without(ALL, {Feature.PARALLEL: "old", Feature.RDMA: "no device"})
    assert fitting(Policy(name="p"), no_multifd) == (Method.TCP, Method.XBZRLE)
    bare = without(ALL, {Feature.ZLIB: "too old", Feature.ZSTD: "too old"})
    assert obstacle(Method.COMPRESSED, Policy(name="p"), bare) == "too old"
    assert fitting(Policy(name="p", encryption="required"), without(ALL, {Feature.TLS: "no certificate"})) == ()


def test_a_definition_travels_without_memory() -> None:
    made = way(Method.PARALLEL, base=replace(TRANSPORT, mode=Mode.OFFLINE), encryption="preferred", zerocopy=True)
    assert traits(made) == {Trait.OFFLINE}
    assert made.forgone == ()


def test_what_demands_nothing_is_not_looked_at() -> None:
    assert not demanding(Policy(name="p", postcopy=True))
    for policy in (
        Policy(name="p", transport="tcp"),
        Policy(name="p", encryption="preferred"),
        Policy(name="p", zerocopy=True),
        Policy(name="p", postcopy=True, start_at_destination="verified"),
    ):
        assert demanding(policy)
    nothing = Offers(absent=dict.fromkeys(Feature, "absent"))
    assert list(unmet(Policy(name="p", postcopy=True, control="direct"), nothing)) == []


def test_each_thing_unmet_names_its_key() -> None:
    nothing = Offers(absent=dict.fromkeys(Feature, "absent"))
    policy = Policy(name="p", transport="parallel", postcopy=True, start_at_destination="verified", zerocopy=True)
    assert [(one.key, one.demand) for one in unmet(policy, nothing)] == [
        ("transport", True),
        ("postcopy", True),
        ("postcopy", True),
        ("zerocopy", False),
    ]
    tunnelled = Policy(name="p", transport="tunnelled", encryption="preferred")
    assert not list(unmet(tunnelled, without(ALL, {Feature.TLS: "no certificate"})))
    assert [one.key for one in unmet(replace(tunnelled, transport="auto"), nothing)] == ["encryption"]


@pytest.mark.parametrize("table", [transport_page.gates, transport_page.conflicts, transport_page.accepted])
def test_the_page_shows_the_tables(table) -> None:
    assert table() in transport_page.PAGE.read_text(), "write it anew: python -m tests.unit.migration.transport_page"
