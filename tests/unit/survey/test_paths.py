"""Tokens and paths: the scripts are run here with a plain shell, on directories with the worst of names."""

import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.model.facts import PathAnswer, Unknown
from orchestrator.model.hardware import CharDevice, Hardware, Kept, Tpm
from orchestrator.model.host import HostName
from orchestrator.ports import CommandResult
from orchestrator.survey import paths
from tests.unit.survey.builders import disk, guest

A = HostName("kvm01")
TOKEN = ".ferry-0123456789abcdef"


def run(script: str) -> CommandResult:
    done = subprocess.run(["sh"], input=script, capture_output=True, text=True, check=False, timeout=10)
    assert not done.stderr, done.stderr
    return CommandResult(status=done.returncode, stdout=done.stdout, stderr=done.stderr)


def look(places: tuple[str, ...], wanted: tuple[str, ...], written: CommandResult | None) -> tuple[PathAnswer, ...]:
    wrote = written or Unknown(why="not asked")
    answers = paths.answers(run(paths.look_script(TOKEN, places, wanted)), places, wanted, wrote)
    assert isinstance(answers, tuple)
    return answers


@pytest.fixture(params=["plain", "with space", "a'b$(touch pwned);\"c", "-rf", "grün"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    made: Path = tmp_path / request.param
    made.mkdir()
    return made


def test_a_directory_both_see_is_shared(place: Path) -> None:
    (place / "disk.img").touch()
    written = run(paths.write_script(TOKEN, (str(place),)))
    assert (place / TOKEN).read_text() == TOKEN
    (answer,) = look((str(place),), (f"{place}/disk.img",), written)
    assert answer.exists and answer.shared is True and answer.filesystem
    assert [file.name for file in place.iterdir()] == ["disk.img"], "the destination took the token away"


def test_a_directory_only_the_source_sees_is_not(place: Path) -> None:
    elsewhere = place.with_name("elsewhere")
    elsewhere.mkdir()
    written = run(paths.write_script(TOKEN, (str(place),)))
    place.rename(place.with_name("hidden"))
    elsewhere.rename(place)
    (place / "disk.img").touch()
    (answer,) = look((str(place),), (f"{place}/disk.img",), written)
    assert answer.exists and answer.shared is False


def test_a_path_that_is_not_there(place: Path) -> None:
    (answer,) = look((), (f"{place}/none.iso",), None)
    assert answer.free_bytes
    assert replace(answer, free_bytes=None) == PathAnswer(path=f"{place}/none.iso", exists=False)


def test_a_path_whose_directory_is_not_there(place: Path) -> None:
    (answer,) = look((), (f"{place}/a/b/console.log",), None)
    assert not answer.exists and not answer.parent_exists
    assert answer.free_bytes, "of the file system it would lie in"


def test_a_token_that_could_not_be_written_proves_nothing(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    written = run(paths.write_script(TOKEN, (missing,)))
    assert paths.written(written, (missing,)) == frozenset()
    (answer,) = look((missing,), (f"{missing}/x",), written)
    assert answer.shared is None


def test_anothers_token_proves_nothing(place: Path) -> None:
    written = run(paths.write_script(TOKEN, (str(place),)))
    (place / TOKEN).write_text("another")
    (answer,) = look((str(place),), (f"{place}/x",), written)
    assert answer.shared is False


def test_what_the_destination_left_is_removed_by_the_source(place: Path) -> None:
    run(paths.write_script(TOKEN, (str(place),)))
    run(paths.remove_script(TOKEN, (str(place),)))
    assert not list(place.iterdir())


def test_tokens_vanish_by_themselves_should_ferry_die(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "_FORGOTTEN_AFTER", 1)
    run(paths.write_script(TOKEN, (str(place),)))
    for _ in range(80):
        if not list(place.iterdir()):
            return
        time.sleep(0.05)
    raise AssertionError("the token is still there")


@pytest.mark.parametrize(
    ("output", "left"),
    [
        ("seen 0 removed\nseen 1 removed\n", ()),
        ("seen 0 removed\nseen 1 left\n", ("/b",)),
        ("unseen 0\n", ("/a", "/b")),
    ],
)
def test_which_tokens_are_left(output: str, left: tuple[str, ...]) -> None:
    said = CommandResult(status=0, stdout=output, stderr="")
    assert paths.left_over(said, ("/a", "/b"), ("/a", "/b")) == left


def test_silence_leaves_all_of_them() -> None:
    assert paths.left_over(Unknown(why="no"), ("/a",), ("/a", "/b")) == ("/a",)


def test_an_answer_that_breaks_off_is_unknown() -> None:
    said = CommandResult(status=1, stdout="path 0 yes ext4\n", stderr="sh: killed\n")
    found = paths.answers(said, (), ("/a", "/b"), said)
    assert found == Unknown(why="sh: killed", code="host.shell")


def as_ferry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sudo: str) -> Path:
    """Scripts run as if by another account; `sudo` is what sudo does. Answers the list of what it was asked."""
    commands = tmp_path / "commands"
    commands.mkdir()
    asked = tmp_path / "asked"
    bodies = {"id": "echo 1000", "sudo": f'echo "$*" >>{asked}; shift; {sudo}'}
    for name, body in bodies.items():
        (commands / name).write_text(f"#!/bin/sh\n{body}\n")
        (commands / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}:/usr/bin:/bin")
    return asked


def test_another_account_writes_and_reads_tokens_through_sudo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "disks"
    place.mkdir()
    (place / "disk.img").touch()
    asked = as_ferry(tmp_path, monkeypatch, 'exec "$@"')
    written = run(paths.write_script(TOKEN, (str(place),)))
    (answer,) = look((str(place),), (f"{place}/disk.img",), written)
    assert answer.exists and answer.shared is True
    run(paths.remove_script(TOKEN, (str(place),)))
    token = f"{place}/{TOKEN}"
    assert asked.read_text().splitlines()[:3] == [f"-n tee -- {token}", f"-n cat -- {token}", f"-n rm -f -- {token}"]


@pytest.mark.parametrize(
    "refusal",
    [
        "echo 'sudo: a password is required' >&2; exit 1",
        "echo 'Sorry, user ferry is not allowed to execute that as root on kvm01.' >&2; exit 1",
        "echo 'ferry is not in the sudoers file.' >&2; exit 1",
    ],
)
def test_what_sudo_refuses_is_unknown_on_either_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: str
) -> None:
    place = str(tmp_path)
    as_ferry(tmp_path, monkeypatch, refusal)
    written = run(paths.write_script(TOKEN, (place,)))
    assert written.stdout == "refused 0\n"
    found = paths.refused(written, A)
    assert found is not None and "sudoers" in found.why and found.leg == "controller to kvm01, ssh"
    assert paths.refused(run(paths.look_script(TOKEN, (place,), (place,))), A) == found, "the token was not looked for"
    missing = run(paths.look_script(TOKEN, (), (f"{place}/secret/x",)))
    assert paths.refused(missing, A) == found, "what an account cannot see may be there"
    assert paths.refused(run(paths.look_script(TOKEN, (), (place,))), A) is None, "this it sees by itself"


def test_which_files_matter() -> None:
    one = guest(
        "g",
        disk("/srv/a.qcow2", backing=("/base/b.qcow2", "nbd://x/y")),
        disk("/srv/a.qcow2"),
        disk("/iso/x.iso", read_only=True),
        disk("/dev/vg/lv", kind="block"),
        disk("rbd:pool/x", kind="network"),
        disk(None),
        boot_files=("/boot/vmlinuz",),
        hardware=Hardware(
            loader="/usr/share/OVMF/CODE.fd",
            nvram="/nvram/g.fd",
            char_devices=(
                CharDevice(element="serial", kind="file", path="/var/log/g.log"),
                CharDevice(element="serial", kind="pty", path="/dev/pts/1"),
            ),
        ),
    )
    disks = ("/srv/a.qcow2", "/base/b.qcow2", "/iso/x.iso", "/dev/vg/lv")
    others = ("/boot/vmlinuz", "/usr/share/OVMF/CODE.fd", "/nvram/g.fd", "/var/log/g.log")
    assert paths.files(one) == (*disks, *others)
    assert paths.directories(one) == ("/srv", "/base"), "only of images the guest writes to, and those below them"


def test_the_state_of_a_tpm_is_looked_for_where_libvirt_keeps_it() -> None:
    one = guest("g", hardware=Hardware(tpm=Tpm(backend="emulator")))
    assert paths.files(one) == (f"/var/lib/libvirt/swtpm/{one.uuid}",)
    assert paths.directories(one) == ("/var/lib/libvirt/swtpm",)
    assert paths.files(guest("g", hardware=Hardware(tpm=Tpm(backend="passthrough")))) == ()


def test_volumes_and_media_of_the_next_start_are_asked_for_too() -> None:
    one = guest(
        "g",
        disk("images/a", kind="volume", path="/srv/images/a"),
        disk("images/b", kind="volume", path="/dev/vg0/b"),
        disk("rbd/c", kind="volume", path="rbd/c"),
        disk("images/d", kind="volume"),
        kept=Kept(next_start_media=("/iso/next.iso",)),
    )
    assert paths.files(one) == ("/srv/images/a", "/dev/vg0/b", "/iso/next.iso")
    assert paths.directories(one) == ("/srv/images",), "no token among devices"


def test_both_hosts_say_what_is_there(place: Path) -> None:
    image = place / "disk.img"
    image.write_text("abc")
    wanted = (str(image), f"{place}/none.img")
    written = run(paths.write_script(TOKEN, (), wanted))
    there, missing = look((), wanted, written)
    assert there.here == there.there is not None and there.here.size_bytes == 3
    assert there.here.inode == image.stat().st_ino and there.shared is None
    assert missing.here is None and missing.there is None


def test_a_source_that_does_not_answer_has_no_sight(tmp_path: Path) -> None:
    (answer,) = look((), (str(tmp_path),), None)
    assert answer.here is None and answer.there is not None
