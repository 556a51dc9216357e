"""Known, changed, unknown, revoked."""

from pathlib import Path

import paramiko
import pytest

from orchestrator.ssh.host_keys import KnownHosts, UntrustedHostError

OURS, OTHER = paramiko.ECDSAKey.generate(), paramiko.ECDSAKey.generate()


def line(name: str, key: paramiko.PKey, marker: str = "") -> str:
    return f"{marker} {name} {key.get_name()} {key.get_base64()}\n".lstrip()


def known(tmp_path: Path, *lines: str, name: str = "10.0.0.1") -> KnownHosts:
    file = tmp_path / "known_hosts"
    file.write_text("# a comment\n\ngarbage\n" + "".join(lines))
    return KnownHosts((tmp_path / "missing", file), name)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("kvm01,10.0.0.1", "10.0.0.1"),
        ("[10.0.0.1]:2200", "[10.0.0.1]:2200"),
        (paramiko.HostKeys.hash_host("10.0.0.1"), "10.0.0.1"),
    ],
    ids=["plain", "one of several", "other port", "hashed"],
)
def test_known(tmp_path: Path, written: str, name: str) -> None:
    hosts = known(tmp_path, line(written, OURS), name=name)
    hosts.check(OURS)
    assert hosts.kinds() == (OURS.get_name(),)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ((), "is not known"),
        ((line("10.0.0.2", OURS),), "is not known"),
        ((line("[10.0.0.1]:2200", OURS),), "is not known"),
        ((line("10.0.0.1", OTHER),), "is not the known one"),
        ((line("10.0.0.1", OURS), line("10.0.0.1", OURS, "@revoked")), "was revoked"),
        ((line("10.0.0.1", OURS, "@cert-authority"),), "is not known"),
    ],
)
def test_not_trusted(tmp_path: Path, lines: tuple[str, ...], why: str) -> None:
    with pytest.raises(UntrustedHostError, match=why):
        known(tmp_path, *lines).check(OURS)


def test_one_of_two_keys_is_enough(tmp_path: Path) -> None:
    known(tmp_path, line("10.0.0.1", OTHER), line("10.0.0.1", OURS)).check(OURS)


def test_nothing_is_written(tmp_path: Path) -> None:
    hosts = known(tmp_path)
    before = (tmp_path / "known_hosts").read_bytes()
    with pytest.raises(UntrustedHostError, match="SHA256:"):
        hosts.check(OURS)
    assert (tmp_path / "known_hosts").read_bytes() == before
