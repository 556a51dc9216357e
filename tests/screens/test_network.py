"""The screens of `ferry network`: networks, the choice between two hosts, and advice; in text and as documents."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from orchestrator import wiring
from orchestrator.model.facts import Facts, Unknown
from orchestrator.model.units import BytesPerSecond
from orchestrator.survey.saved import SavedSurvey
from tests.unit.planning.wires import (
    FAST,
    FILTERED,
    MGMT,
    NOW,
    STORE,
    B,
    G,
    M,
    S,
    measured,
    network,
    site,
    ticket,
    world,
)

BOTH = network("both", M, S, capacity=BytesPerSecond.parse("25Gbit"), share=20, routed=("10.99.0.0/16",), rdma=False)
SITE = site(FAST, BOTH, STORE, network("mgmt", G, priority=-5))


@pytest.fixture
def looks(given, monkeypatch):
    """Let the commands work on these facts, with a store that knows of tests and moves."""

    def at(settings, facts: Facts, *tests, tickets=()):
        store = SimpleNamespace(
            network_tests=lambda: tests,
            keep_network_test=lambda _test, at: None,
            ledger=lambda: SimpleNamespace(tickets=tuple(tickets)),
        )
        doors = SimpleNamespace(
            settings=settings,
            survey=lambda: SavedSurvey(facts),
            store=lambda: store,
            clock=SimpleNamespace(now=lambda: NOW),
            pump=lambda: SimpleNamespace(measure=lambda *_ends, **_more: measured("fast", 9)[1]),
        )
        monkeypatch.setattr(wiring, "load_settings", lambda _config: settings)
        monkeypatch.setattr(wiring, "real", lambda _settings: doors)

    return at


@pytest.mark.parametrize("verb", ["", "show", "explain", "advise", "test"])
def test_help_of_network(ferry, screen, verb):
    assert str(ferry("network", *verb.split(), "--help")) == screen


def test_network_show(ferry, screen, looks):
    facts = world(SITE)
    looks(
        SITE,
        replace(facts, hosts={**facts.hosts, B: Unknown(why="no answer within 10 s")}),
        measured("fast", 9, days=3),
    )
    assert str(ferry("network", "show")) == screen


def test_network_show_with_the_factor_of_hyperv(ferry, screen, looks):
    limits = replace(SITE.policy.limits, smb_factor=2500)
    settings = replace(SITE, policy=replace(SITE.policy, limits=limits))
    looks(settings, world(settings))
    assert str(ferry("network", "show", "kvm01")) == screen


def test_network_show_of_a_host_that_is_none(ferry, screen, looks):
    looks(SITE, world(SITE))
    assert str(ferry("network", "show", "kvm1")) == screen


def test_network_explain(ferry, screen, looks):
    looks(SITE, world(SITE), measured("fast", 9, days=3), tickets=(ticket("fast"),))
    assert str(ferry("network", "explain", "kvm01", "kvm02")) == screen


def test_network_explain_where_the_first_choice_is_broken(ferry, screen, looks):
    looks(SITE, world(SITE, broken={"fast": FILTERED}))
    assert str(ferry("network", "explain", "kvm01", "kvm02")) == screen


def test_network_explain_where_none_is_usable(ferry, screen, looks):
    settings = site(FAST, MGMT)
    looks(settings, world(settings, broken={"fast": FILTERED}))
    assert str(ferry("network", "explain", "kvm01", "kvm02")) == screen


def test_network_explain_to_itself(ferry, screen, looks):
    looks(SITE, world(SITE))
    assert str(ferry("network", "explain", "kvm01", "kvm01")) == screen


def test_network_advise(ferry, screen, looks):
    settings = replace(
        site(
            FAST,
            network("both", M, S),
            network("slow", M, capacity=BytesPerSecond.parse("1Gbit")),
            order=("slow", "fast"),
        ),
        file="/etc/ferry/ferry.yaml",
    )
    looks(settings, world(settings))
    assert str(ferry("network", "advise")) == screen


def test_network_advise_where_all_is_well(ferry, screen, looks):
    settings = site(FAST)
    looks(settings, world(settings), measured("fast", 9), measured("fast", 9, back=True))
    assert str(ferry("network", "advise")) == screen


@pytest.mark.parametrize("command", [("show",), ("explain", "kvm01", "kvm02"), ("advise",)], ids=lambda c: c[0])
def test_network_documents(ferry, screen, looks, command):
    looks(SITE, world(SITE, broken={"fast": FILTERED}), measured("fast", 9, days=3))
    shown = ferry("network", *command, "-o", "json")
    assert json.loads(shown.out)["schema"].startswith("ferry.network")
    assert str(shown) == screen


def test_network_test(ferry, screen, looks):
    looks(SITE, world(SITE))
    assert str(ferry("network", "test", "kvm01", "kvm02")) == screen


def test_network_test_shows_what_was_kept(ferry, screen, looks):
    looks(SITE, world(SITE), measured("fast", 9, days=3), measured("both", 20, back=True))
    assert str(ferry("network", "test")) == screen


def test_network_test_of_one_host(ferry, screen, looks):
    looks(SITE, world(SITE))
    assert str(ferry("network", "test", "kvm01")) == screen
