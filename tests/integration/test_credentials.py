"""A wrong or missing credential names the connection it failed on; nothing ever asks, nothing is trusted by itself."""

import subprocess
from pathlib import Path

import pytest

from tests.integration.moves import places, started
from tests.integration.test_refusals import nothing_changes, refused
from tests.lab.protocol import Lab

pytestmark = pytest.mark.lab


def configured(lab: Lab, tmp_path: Path, *, ssh: dict[str, str] | None = None, **ferry: str) -> str:
    """The lab's configuration with words replaced, in its ssh_config (`ssh`) and its ferry.yaml."""
    ssh_config = lab.ferry_config.with_name("ssh_config")
    mine = tmp_path / "ssh_config"
    text = ssh_config.read_text()
    for before, after in (ssh or {}).items():
        text = "\n".join(after if line.split()[:1] == [before] else line for line in text.splitlines())
    mine.write_text(f"{text}\n")
    config = lab.ferry_config.read_text().replace(str(ssh_config), str(mine))
    for before, after in ferry.items():
        assert before in config
        config = config.replace(before, after)
    path = tmp_path / "ferry.yaml"
    path.write_text(config)
    return str(path)


def test_a_wrong_key(lab: Lab, tmp_path: Path) -> None:
    started(lab, "stay", "kvm01")
    key = tmp_path / "stranger"
    lab_key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
    subprocess.run(lab_key, check=True)
    config = configured(lab, tmp_path, ssh={"IdentityFile": f"  IdentityFile {key}\n  IdentitiesOnly yes"})
    with nothing_changes(lab):
        result = lab.ferry("--config", config, "migrate", "stay", "--to", "kvm02", "--yes", timeout=40)
        refused(result, 6, "kvm01", "Permission denied")


def test_an_unknown_host_key(lab: Lab, tmp_path: Path) -> None:
    empty = tmp_path / "known_hosts"
    empty.write_text("")
    config = configured(lab, tmp_path, ssh={"UserKnownHostsFile": f"  UserKnownHostsFile {empty}"})
    result = lab.ferry("--config", config, "hosts", timeout=40)
    refused(result, 6, "kvm01", "ost key")
    assert empty.read_text() == "", "no key is ever added"


def test_a_host_that_answers_libvirt_but_not_ssh(lab: Lab, tmp_path: Path) -> None:
    started(lab, "stay", "kvm01", disk="shared")
    pki = lab.ferry_config.with_name("pki")
    config = Path(configured(lab, tmp_path))
    config.write_text(
        config.read_text().replace("qemu+ssh://root@kvm02/system", f"qemu+tls://kvm02/system?pkipath={pki}")
    )
    lab.stop_ssh("kvm02")
    try:
        hosts = lab.ferry("--config", str(config), "hosts", timeout=40)
        refused(hosts, 0, "kvm02")
        with nothing_changes(lab):
            said = lab.ferry("--config", str(config), "check", "stay", "--to", "kvm02", timeout=60)
            refused(said, 4, "ssh", "kvm02", "disk-shared")
    finally:
        lab.start_ssh("kvm02")
    assert places(lab, "stay") == {"kvm01": "running"}


def test_a_destination_the_sources_daemon_may_not_enter(lab: Lab) -> None:
    started(lab, "stay", "kvm01")
    certificate = "/etc/pki/libvirt/clientcert.pem"
    lab.run("kvm01", ["mv", certificate, f"{certificate}.away"]).checked()
    try:
        with nothing_changes(lab):
            refused(lab.ferry("check", "stay", "--to", "kvm02"), 4, "peer", "kvm01", "kvm02")
    finally:
        lab.run("kvm01", ["mv", f"{certificate}.away", certificate]).checked()
