"""A guest that was away for a moment is noticed, and one that moves is not taken for it."""

from tests.integration.lives import Seen, lost

HOSTS = ("kvm01", "kvm02")


def looks(**said: str) -> list[Seen]:
    """Host → its answers, one a second: 1 it has the guest, 0 it has not, - its daemon is away."""
    guests = {"1": frozenset({"g"}), "0": frozenset[str](), "-": frozenset({""})}
    return [
        Seen(second + shift, second + shift + 0.1, host, guests[answer])
        for shift, (host, answers) in zip((0.0, 0.5), said.items(), strict=True)
        for second, answer in enumerate(answers)
    ]


def test_one_that_stays_or_moves_was_never_away() -> None:
    assert lost(looks(kvm01="11111", kvm02="00000"), HOSTS, "g") == []
    assert lost(looks(kvm01="11000", kvm02="01111"), HOSTS, "g") == []
    assert lost(looks(kvm01="11000", kvm02="00111"), HOSTS, "g") == [], "missed once, on its way"


def test_one_that_was_away_is_noticed() -> None:
    assert len(lost(looks(kvm01="1100011", kvm02="0000000"), HOSTS, "g")) == 1
    assert len(lost(looks(kvm01="1100000", kvm02="0000011"), HOSTS, "g")) == 1
    assert len(lost(looks(kvm01="11000", kvm02="00000"), HOSTS, "g")) == 1, "it did not come back"
    assert lost(looks(kvm01="000", kvm02="000"), HOSTS, "g") == ["always"]


def test_one_on_a_host_whose_daemon_is_away_is_nowhere() -> None:
    assert len(lost(looks(kvm01="1---11", kvm02="000000"), HOSTS, "g")) == 1
    assert lost(looks(kvm01="1---00", kvm02="111111"), HOSTS, "g") == []
