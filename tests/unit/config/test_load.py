"""A right configuration: every setting, every default, and which file counts."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.config import discovery, load
from orchestrator.errors import OrchestratorError
from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.network import Network, Role
from orchestrator.model.settings import Settings

FULL = """\
ssh_config: {ssh_config}
store: sqlite:////srv/ferry/ferry.db
policy: lab
shared_filesystems: [/srv/shared, /mnt/iso]
networks:
  migration: {{cidr: 10.77.2.0/24}}
  v6: {{cidr: "fd00::/64"}}
migration_network: migration
hosts:
  kvm01:
    uri: qemu+ssh://root@kvm01/system
    peer_uri: qemu+tls://kvm01/system
    ssh: kvm01
    addresses: {{migration: 10.77.2.11, v6: "fd00::11"}}
"""


def test_every_setting_arrives(loaded: Callable[[str], Settings], tmp_path: Path) -> None:
    ssh_config = tmp_path / "ssh_config"
    ssh_config.touch()
    text = FULL.format(ssh_config=ssh_config)
    settings = loaded(text)
    assert settings.file == str(tmp_path / "ferry.yaml")
    assert settings.hosts == {
        "kvm01": HostEntry(
            name=HostName("kvm01"),
            uri="qemu+ssh://root@kvm01/system",
            peer_uri="qemu+tls://kvm01/system",
            ssh="kvm01",
            addresses={"migration": "10.77.2.11", "v6": "fd00::11"},
        )
    }
    assert settings.networks["migration"] == Network(
        name="migration", cidr="10.77.2.0/24", roles=frozenset({Role.MIGRATION})
    )
    assert (settings.migration_networks, settings.store) == (("migration",), "sqlite:////srv/ferry/ferry.db")
    assert settings.shared_filesystems == ("/srv/shared", "/mnt/iso")
    assert settings.ssh_config == str(ssh_config)
    assert settings.policy.name == "lab"
    assert settings.config_digest == hashlib.sha256(text.encode()).hexdigest()
    shipped = Path(__file__).parents[3] / "policies" / "lab.yaml"
    assert settings.policy_digest == hashlib.sha256(shipped.read_bytes()).hexdigest()


def test_what_is_left_out_has_its_default(loaded: Callable[[str], Settings], good: str) -> None:
    settings = loaded(good)
    entry = settings.hosts["kvm01"]  # type: ignore[index]
    assert (entry.peer_uri, entry.ssh) == (entry.uri, "root@kvm01")
    assert settings.store == "sqlite:////var/lib/ferry/ferry.db"
    assert (settings.migration_networks, settings.policy.name) == (("migration",), "default")
    assert (settings.shared_filesystems, settings.ssh_config) == ((), None)


@pytest.mark.parametrize(
    ("uri", "ssh"),
    [
        ("qemu+ssh://kvm01/system", "kvm01"),
        ("qemu+ssh://root@kvm01:2222/system", "ssh://root@kvm01:2222"),
        ("qemu+tls://kvm01:16514/system", "kvm01"),
        ("qemu+ssh://root@10.0.0.1/system?keyfile=/root/.ssh/id", "root@10.0.0.1"),
    ],
)
def test_ssh_goes_where_the_uri_goes(loaded: Callable[[str], Settings], good: str, uri: str, ssh: str) -> None:
    settings = loaded(good.replace("qemu+ssh://root@kvm01/system", uri))
    assert settings.hosts["kvm01"].ssh == ssh  # type: ignore[index]


@pytest.mark.parametrize("text", ["\ufeff{good}", "%YAML 1.2\n---\n{good}", "{crlf}"])
def test_forms_of_text_that_are_all_right(loaded: Callable[[str], Settings], good: str, text: str) -> None:
    written = text.format(good=good, crlf=good.replace("\n", "\r\n"))
    assert list(loaded(written).hosts) == ["kvm01", "kvm02"]


def test_an_alias_may_be_used_with_measure(loaded: Callable[[str], Settings], good: str) -> None:
    text = good.replace(
        "/system\n    addresses: {migration: 10.77.2.11}",
        "/system\n    ssh: &s kvm01\n    addresses: {migration: 10.77.2.11}",
    )
    assert loaded(f"{text}    ssh: *s\n").hosts["kvm02"].ssh == "kvm01"  # type: ignore[index]


class TestDiscovery:
    """--config, FERRY_CONFIG, the user's own file, the system's: the first that applies, and never another."""

    @pytest.fixture
    def places(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, good: str) -> dict[str, Path]:
        here = {
            "named": tmp_path / "named.yaml",
            "env": tmp_path / "env.yaml",
            "user": tmp_path / "xdg" / "ferry" / "ferry.yaml",
            "system": tmp_path / "etc" / "ferry.yaml",
            "cwd": tmp_path / "cwd" / "ferry.yaml",
        }
        for path in here.values():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(good)
        monkeypatch.setattr(discovery, "SYSTEM", here["system"])
        monkeypatch.chdir(tmp_path / "cwd")
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        return here

    def env(self, places: dict[str, Path]) -> dict[str, str]:
        return {"FERRY_CONFIG": str(places["env"]), "XDG_CONFIG_HOME": str(places["user"].parents[1])}

    def test_the_option_comes_first(self, places: dict[str, Path]) -> None:
        assert load(str(places["named"]), self.env(places)).file == str(places["named"])

    def test_then_the_environment(self, places: dict[str, Path]) -> None:
        assert load(None, self.env(places)).file == str(places["env"])

    def test_then_the_users_own(self, places: dict[str, Path]) -> None:
        env = self.env(places) | {"FERRY_CONFIG": ""}
        assert load(None, env).file == str(places["user"])

    def test_below_home_where_xdg_says_nothing(self, places: dict[str, Path], tmp_path: Path, good: str) -> None:
        own = tmp_path / ".config" / "ferry" / "ferry.yaml"
        own.parent.mkdir(parents=True)
        own.write_text(good)
        assert load(None, {"HOME": str(tmp_path)}).file == str(own)

    def test_root_has_none_of_its_own(self, places: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 0)
        env = self.env(places) | {"FERRY_CONFIG": ""}
        assert load(None, env).file == str(places["system"])

    def test_then_the_systems_and_never_the_working_directory(self, places: dict[str, Path]) -> None:
        assert load(None, {}).file == str(places["system"])
        places["system"].unlink()
        with pytest.raises(OrchestratorError) as caught:
            load(None, {})
        assert caught.value.problems[0].code == "config.missing"
        assert str(places["system"]) in caught.value.problems[0].saw

    @pytest.mark.parametrize("origin", ["--config", "FERRY_CONFIG"])
    def test_a_named_file_that_is_missing_is_never_replaced(self, places: dict[str, Path], origin: str) -> None:
        missing = "/nonexistent/ferry.yaml"
        with pytest.raises(OrchestratorError) as caught:
            load(missing if origin == "--config" else None, {"FERRY_CONFIG": missing})
        problem = caught.value.problems[0]
        assert (problem.code, caught.value.exit_code) == ("config.missing", 3)
        assert origin in problem.saw
        assert missing in problem.saw
