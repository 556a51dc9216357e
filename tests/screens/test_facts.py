"""Saved facts: written for their owner alone, read again without any host, refused in words when they are no facts."""

import json
from types import SimpleNamespace

import pytest

from orchestrator import wiring
from orchestrator.model.facts import Facts
from orchestrator.operations import gather
from tests.screens import world
from tests.screens.world import BEGIN, KVM01, KVM02
from tests.unit.checks.builders import guest, host, link, pair, settings


@pytest.fixture
def saved(given, ferry, monkeypatch, tmp_path):
    """A file that `ferry facts --save` wrote of two hosts and a guest."""
    moving = guest("web-01")
    told = Facts(
        hosts={KVM01: host(KVM01, moving), KVM02: host(KVM02)},
        links={(KVM01, KVM02, "migration"): link(), (KVM02, KVM01, "migration"): link(KVM02, KVM01)},
        pairs={(moving.uuid, KVM02): pair(moving)},
    )
    monkeypatch.setattr(wiring, "load_settings", lambda _config: settings())
    clock = SimpleNamespace(now=lambda: BEGIN)
    monkeypatch.setattr(wiring, "real", lambda _settings: SimpleNamespace(settings=world.SETTINGS, clock=clock))
    monkeypatch.setattr(gather, "gather", lambda _doors, _request: told)
    monkeypatch.setattr(gather, "every_host", lambda _doors: told)
    file = tmp_path / "facts.json"
    assert ferry("facts", "web-01", "--save", str(file)).code == 0
    monkeypatch.undo()
    return file


def test_facts_are_for_their_owner_alone_and_say_their_schema(saved):
    assert saved.stat().st_mode & 0o777 == 0o600
    assert json.loads(saved.read_text())["schema"] == "ferry.facts/1"


def test_a_check_from_saved_facts_builds_no_door_to_a_host(saved, ferry, screen, monkeypatch):
    def never(_settings):
        raise AssertionError("a door to the real world was built")

    monkeypatch.setattr(wiring, "load_settings", lambda _config: settings())
    monkeypatch.setattr(wiring, "real", never)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TZ", "UTC")
    assert str(ferry("check", "web-01", "--facts", str(saved))) == screen


@pytest.mark.parametrize("options", [["--fix", "all"], ["--recheck"]])
def test_saved_facts_allow_no_change(saved, ferry, options):
    assert ferry("check", "web-01", "--facts", str(saved), *options).code == 2


def problem(shown):
    (only,) = json.loads(shown.out)["problems"]
    return only


def test_a_file_that_is_not_there_is_refused(ferry, tmp_path):
    shown = ferry("-o", "json", "check", "web-01", "--facts", str(tmp_path / "none.json"))
    told = problem(shown)
    assert (shown.code, told["code"], told["cause"]) == (2, "usage.facts", "There is no such file.")
    assert told["saw"] == f"{tmp_path}/none.json cannot be read: No such file or directory"
    assert told["fix"].endswith(f"ferry facts GUEST --save {tmp_path}/none.json")


def test_what_is_no_text_is_refused(ferry, tmp_path):
    (tmp_path / "image").write_bytes(b"\xff\xfe\x00")
    told = problem(ferry("-o", "json", "check", "web-01", "--facts", str(tmp_path / "image")))
    assert (told["code"], told["cause"]) == ("usage.facts", "It is another file.")


def test_facts_without_the_guest_say_so_and_how_to_save_them_with_it(saved, ferry, monkeypatch):
    """What `ferry facts --save` writes without a guest: the hosts and the ways between them."""
    whole = json.loads(saved.read_text())
    assert whole["pairs"]
    saved.write_text(json.dumps({**whole, "pairs": []}))
    monkeypatch.setattr(wiring, "load_settings", lambda _config: settings())
    said = " ".join(ferry("check", "web-01", "--facts", str(saved)).out.split())
    assert "the facts were saved without this guest and destination" in said
    assert "Save the facts anew, with every guest that is meant: ferry facts GUEST --save FILE" in said
