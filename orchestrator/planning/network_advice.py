"""What the policy should say of networks, from what hosts and tests say of them: a difference, each with its reason."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from orchestrator.migration.features import without_rdma_over
from orchestrator.model.host import HostName
from orchestrator.model.network import Network, Role
from orchestrator.model.policy import Policy
from orchestrator.model.settings import Settings
from orchestrator.planning.network import Between, Selection
from orchestrator.planning.network_score import rate, share

# Microsoft's threshold: from this share of a network on RDMA is worth it.
_RDMA_FROM = 5 * 10**9 // 8
# What a cluster of Hyper-V leaves to migrations on a network that it needs itself.
_SHARED_PERCENT = 25
_STREAMS_GAIN = 1.3
# A network is put before another one of the configuration's order only if it is better by as much.
_BETTER = 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """One line of the difference. place: `policy`, or `networks` of ferry.yaml. now: None where nothing stands."""

    place: str
    key: str
    now: str | None
    then: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """changes: what to write otherwise; none: it is right as it is. untested: ways of which nobody has measured what
    they carry; the advice goes by what interfaces report of them. unusable: source, destination → why none is."""

    changes: tuple[Proposed, ...]
    untested: tuple[tuple[HostName, HostName, str], ...]
    unusable: tuple[tuple[HostName, HostName, tuple[str, ...]], ...]


def advise(policy: Policy, settings: Settings, ways: Sequence[tuple[Between, Selection]]) -> Advice:
    """Work it out for all ways between hosts that answered."""
    return Advice(
        changes=(*_order(policy, settings, ways), *_shares(policy, settings), *_transport(policy, ways)),
        untested=tuple(_untested(ways)),
        unusable=tuple((s.source, s.destination, s.refused) for _, s in ways if s.chosen is None),
    )


def _order(policy: Policy, settings: Settings, ways: Sequence[tuple[Between, Selection]]) -> Iterator[Proposed]:
    """By the median of the scores over all ways; a network that no way can use is left out of it."""
    scores: dict[str, list[float]] = defaultdict(list)
    for _, selection in ways:
        for one in selection.candidates:
            if one.usable and not one.stands_in:
                scores[one.network].append(one.score)
    now = list(settings.networks_for(policy.migration_networks))
    middle = {name: median(found) for name, found in scores.items()}
    best = sorted(middle, key=lambda name: (_storage(settings.networks[name]), -middle[name], now.index(name)))
    before = [name for name in policy.migration_networks.order if name in best]
    if len(best) < 2 or not _overtaken(policy, best, middle, settings):
        return
    said = ", ".join(f"{name} {middle[name]:.0f}" for name in best)
    yield Proposed(
        place="policy",
        key="migration_networks.order",
        now=f"[{', '.join(before)}]" if before else None,
        then=f"[{', '.join(best)}]",
        because=f"Mbit/s that one more move may expect, median of all ways: {said}",
    )


def _overtaken(policy: Policy, best: Sequence[str], middle: Mapping[str, float], settings: Settings) -> bool:
    """Whether the order that is written puts a network before one that is clearly better; none is written: scores
    decide for each way, and no order can do that better."""
    order = [name for name in policy.migration_networks.order if name in middle]
    pairs = ((a, b) for number, a in enumerate(order) for b in best if b not in order[: number + 1])
    return any(
        middle[b] > _BETTER * middle[a] and not (_storage(settings.networks[b]) and not _storage(settings.networks[a]))
        for a, b in pairs
    )


def _shares(policy: Policy, settings: Settings) -> Iterator[Proposed]:
    for name in settings.networks_for(policy.migration_networks):
        network = settings.networks[name]
        others = sorted(network.roles - {Role.MIGRATION})
        if others and share(network, policy) == 100:
            yield Proposed(
                place="networks",
                key=f"{name}.share",
                now=None if network.share is None else str(network.share),
                then=str(_SHARED_PERCENT),
                because=f"{name} is of role {' and '.join(others)} too, and moves may take all of it",
            )


def _transport(policy: Policy, ways: Sequence[tuple[Between, Selection]]) -> Iterator[Proposed]:
    chosen = [(way, selection.chosen.network) for way, selection in ways if selection.chosen is not None]
    if not chosen:
        return
    lacking = [why for way, name in chosen if (why := _without_rdma(way, name)) is not None]
    if policy.transport == "rdma" and lacking:
        yield _of_transport(
            policy, "auto", f"RDMA cannot be used on {len(lacking)} of {len(chosen)} ways: {lacking[0]}"
        )
    elif policy.transport == "auto" and not lacking and policy.encryption != "required":
        least = min(_share_of(way, name) for way, name in chosen)
        if least >= _RDMA_FROM:
            yield _of_transport(
                policy,
                "rdma",
                f"both ends of every way have RDMA, and moves have {least * 8 / 10**9:.1f} Gbit/s or more",
            )
    elif policy.transport == "tcp":
        gains = [gain for way, name in chosen if (gain := _gain(way, name)) is not None]
        if gains and min(gains) >= _STREAMS_GAIN:
            yield _of_transport(
                policy,
                "auto",
                f"several streams carry {min(gains):.1f} times as much as one on every way that was tested",
            )


def _of_transport(policy: Policy, then: str, because: str) -> Proposed:
    return Proposed(place="policy", key="transport", now=policy.transport, then=then, because=because)


def _without_rdma(way: Between, name: str) -> str | None:
    if way.settings.networks[name].encryption:
        return f"{name} demands encryption, and RDMA has none"
    return without_rdma_over(name, way.source, way.destination, way.settings)


def _share_of(way: Between, name: str) -> int:
    network = way.settings.networks[name]
    whole = rate(network, way.source, way.destination, way.settings, way.known).bytes_per_second
    return whole * share(network, way.policy) // 100


def _gain(way: Between, name: str) -> float | None:
    """How many times as much several streams carried as a single one."""
    tested = way.known.tested(way.source.name, way.destination.name, name)
    if tested is None or 1 not in tested[1].bytes_per_second or len(tested[1].bytes_per_second) == 1:
        return None
    return max(tested[1].bytes_per_second.values()) / max(tested[1].bytes_per_second[1], 1)


def _untested(ways: Sequence[tuple[Between, Selection]]) -> Iterator[tuple[HostName, HostName, str]]:
    for way, selection in ways:
        for one in selection.candidates:
            if one.usable and way.known.tested(selection.source, selection.destination, one.network) is None:
                yield selection.source, selection.destination, one.network


def _storage(network: Network) -> bool:
    return Role.STORAGE in network.roles
