"""Several networks in ferry.yaml: what is understood, and what is told with its line and a way out."""

# ruff: noqa: E501 - one mistake a line reads as the table that it is

import pytest

from orchestrator.model.network import Network, Role
from orchestrator.model.policy import NetworkChoice
from orchestrator.model.units import BytesPerSecond
from tests.unit.config.conftest import Load, Problems

SEVERAL = """\
networks:
  fast: {cidr: 10.77.2.0/24, routed: [10.78.2.0/24], roles: [migration], priority: 5, capacity: 10Gbit, share: 50}
  six: {cidr: "fd00:77::/64", roles: [migration], encryption: true, rdma: false}
  store: {cidr: 10.77.3.0/24, roles: [storage]}
hosts:
  kvm01:
    uri: qemu+ssh://root@kvm01/system
    addresses: {fast: 10.77.2.11, six: "fd00:77::11", store: 10.77.3.11}
  kvm02:
    uri: qemu+ssh://root@kvm02/system
    addresses: {fast: 10.78.2.12}
  kvm03:
    uri: qemu+ssh://root@kvm03/system
    addresses: {six: "fd00:77::13"}
"""
OF_A_HOST = "    addresses: {fast: 10.78.2.12}\n    policy:\n      migration_networks: "


def test_every_setting_of_a_network_arrives(loaded: Load) -> None:
    settings = loaded(SEVERAL)
    assert settings.networks["fast"] == Network(
        name="fast",
        cidr="10.77.2.0/24",
        routed=("10.78.2.0/24",),
        roles=frozenset({Role.MIGRATION}),
        priority=5,
        capacity=BytesPerSecond.parse("10Gbit"),
        share=50,
    )
    assert settings.networks["six"].encryption and not settings.networks["six"].rdma
    assert settings.migration_networks == ("fast", "six")


def test_a_host_needs_one_of_them_and_may_be_behind_a_router(loaded: Load) -> None:
    hosts = loaded(SEVERAL).hosts
    assert [dict(entry.addresses).keys() >= {"six"} for entry in hosts.values()] == [True, False, True]


def test_a_name_for_all_is_a_role_and_leaves_the_others(loaded: Load) -> None:
    settings = loaded(f"migration_network: store\n{SEVERAL}")
    assert settings.migration_networks == ("fast", "six", "store")
    assert settings.networks["store"].roles == {Role.MIGRATION, Role.STORAGE}


def test_a_host_chooses_for_itself(loaded: Load) -> None:
    text = SEVERAL.replace("    addresses: {fast: 10.78.2.12}\n", OF_A_HOST + "{order: [store], exclude: [six]}\n")
    settings = loaded(text)
    chosen = settings.policy_for(host="kvm02").migration_networks  # type: ignore[arg-type]
    assert chosen == NetworkChoice(order=("store",), exclude=("six",))
    assert settings.networks_in_question == ("fast", "six", "store")


MISTAKES = {
    "unknown role": ("[storage]", "[storag]", (4, 39), "'storag' is no role", "storage?"),
    "a role unlike any other": ("[storage]", "[zzz]", (4, 39), "'zzz' is no role", "Use migration, storage"),
    "no share": ("share: 50", "share: 0", (2, 112), "share of 0", "1 to 100"),
    "a capacity without unit": ("capacity: 10Gbit", "capacity: 10", (2, 97), "is not a rate", "Mbit"),
    "host bits behind a router": ("10.78.2.0/24", "10.78.2.1/24", (2, 39), "no network", "10.78.2.0/24"),
    "none for migrations": ("roles: [migration]", "roles: [guest]", (1, 1), "none of role migration", "roles: [migration]"),
    "an address in no range": ("10.78.2.12", "10.79.2.12", (11, 23), "in 10.77.2.0/24 and 10.78.2.0/24", "routed:"),
    "an address on none for migrations": ("{fast: 10.78.2.12}", "{store: 10.77.3.12}", (11, 5), "no address on any migration network: fast, six", "fast:"),
    "an order of one that is none": ("    addresses: {fast: 10.78.2.12}\n", OF_A_HOST + "{order: [fsat]}\n", (13, 36), 'no network "fsat"', "fast?"),
    "an exclusion of one that is none": ("    addresses: {fast: 10.78.2.12}\n", OF_A_HOST + "{exclude: [x]}\n", (13, 38), 'no network "x"', "Name one of"),
    "all of them excluded": ("    addresses: {fast: 10.78.2.12}\n", OF_A_HOST + "{exclude: [fast, six]}\n", (13, 37), "every migration network", "order:"),
    "no management network": ("    addresses: {fast: 10.78.2.12}\n", OF_A_HOST + "{on_missing: management}\n", (13, 40), "no network is of role management", "on_missing: fail"),
    "another word for what is missing": ("    addresses: {fast: 10.78.2.12}\n", OF_A_HOST + "{on_missing: any}\n", (13, 40), "on_missing must be", "'next'"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "place", "saw", "fix"), MISTAKES.values(), ids=MISTAKES.keys())
def test_one_mistake_one_problem(
    problems: Problems, old: str, new: str, place: tuple[int, int], saw: str, fix: str
) -> None:
    assert old in SEVERAL
    [problem] = problems(SEVERAL.replace(old, new))
    assert problem.place is not None
    assert saw in problem.saw and fix in problem.fix
    assert (problem.place.line, problem.place.column) == place


def test_a_policy_of_its_own_file_names_networks_too(problems: Problems, tmp_path) -> None:
    (tmp_path / "mine.yaml").write_text("name: mine\nmigration_networks:\n  order: [fats]\n")
    [problem] = problems(f"policy: mine.yaml\n{SEVERAL}")
    assert problem.place is not None and problem.place.file.endswith("mine.yaml") and problem.place.line == 3
    assert problem.fix == "Did you mean fast?"
