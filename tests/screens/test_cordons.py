"""Hosts that take no guests: put, lifted, and shown wherever hosts and runs are."""

import json
from dataclasses import replace

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.cordon import Arriving, Cordon, Cordoning
from orchestrator.model.facts import Unknown
from orchestrator.model.run import RunId
from orchestrator.operations import cordons
from tests.screens import world

BY_HAND = Cordon(host=world.KVM02, by="anna on ctl1", at=world.BEGIN, because="a new mainboard")
OF_RUN = Cordon(
    host=world.KVM03, by="root on ctl1", at=world.BEGIN, because="is being emptied", run=RunId("1121-0405-7f")
)
ARRIVING = (
    Arriving(name="web-01", run=RunId("1121-0412-a4"), begun=True),
    Arriving(name=world.HOSTILE, run=RunId("1121-0412-a4"), begun=False),
)
PUT = Cordoning(host=world.KVM02, cordon=BY_HAND, before=None, arriving=ARRIVING, done=True)
CORDON = ("cordon", "kvm02", "--because", "a new mainboard")


@pytest.fixture
def put(given, monkeypatch):
    given.asked = []

    def cordon(_doors, host, because, _who, *, dry_run):
        given.asked.append((host, because))
        return given.answer(replace(PUT, done=not dry_run))

    def uncordon(_doors, _host, *, dry_run):
        return given.answer(Cordoning(host=world.KVM02, cordon=None, before=BY_HAND, done=not dry_run))

    monkeypatch.setattr(cordons, "cordon", cordon)
    monkeypatch.setattr(cordons, "uncordon", uncordon)
    return given


def test_cordon(ferry, put, screen):
    assert str(ferry(*CORDON)) == screen
    assert put.asked == [("kvm02", "a new mainboard")]


def test_cordon_shown_only(ferry, put, screen):
    assert str(ferry(*CORDON, "--dry-run")) == screen


@pytest.mark.parametrize("reason", [[], ["--because", " "]], ids=["none", "an empty one"])
def test_cordon_asks_for_a_reason(ferry, put, reason):
    assert ferry("cordon", "kvm02", *reason).code == 2
    assert put.asked == []


def test_uncordon(ferry, put, screen):
    assert str(ferry("uncordon", "kvm02")) == screen


def test_uncordon_shown_only(ferry, put, screen):
    assert str(ferry("uncordon", "kvm02", "--dry-run")) == screen


def test_uncordon_of_a_run_that_goes_on(ferry, put, screen):
    saw = f"{OF_RUN}. Process 4711 on ctl1 drives run 1121-0405-7f and relies on it"
    put.fails = OrchestratorError.of("host.cordon-held", saw, fix="ferry stop 1121-0405-7f; ferry status")
    assert str(ferry("uncordon", "kvm03")) == screen


def test_cordon_for_a_program(ferry, put):
    told = json.loads(ferry(*CORDON, "-o", "json").out)
    assert (told["schema"], told["cordoning"]["cordon"]["because"]) == ("ferry.cordon/1", "a new mainboard")
    assert [one["begun"] for one in told["cordoning"]["arriving"]] == [True, False]
    assert json.loads(ferry("uncordon", "kvm02", "-o", "json").out)["cordoning"]["cordon"] is None


def test_hosts_that_are_cordoned(ferry, given, screen):
    given.cordons = (BY_HAND, OF_RUN)
    assert str(ferry("hosts")) == screen


def test_hosts_where_the_store_does_not_say(ferry, given, screen):
    given.cordons = Unknown(why="the store is locked", code="store.unavailable")
    shown = ferry("hosts")
    assert str(shown) == screen
    assert json.loads(ferry("hosts", "-o", "json").out)["cordons"] is None


def test_status_names_them_too(ferry, given, screen):
    given.cordons = (BY_HAND, OF_RUN)
    assert str(ferry("status")) == screen
    told = json.loads(ferry("status", "-o", "json").out)
    assert [(one["host"], one["run"]) for one in told["cordons"]] == [("kvm02", None), ("kvm03", "1121-0405-7f")]
