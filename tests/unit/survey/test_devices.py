"""What tells devices and files apart: the script runs with a plain shell on a system directory made up here."""

import subprocess
from pathlib import Path

import pytest

from orchestrator.model.facts import PathAnswer
from orchestrator.model.sharing import proven
from orchestrator.model.sight import Sight
from orchestrator.survey import devices, root

LUN = "naa.600140512345678901234567890abcde"
LV = "LVM-" + "a" * 32 + "b" * 32
NFS = "36 35 0:45 / {place} rw,relatime shared:1 - nfs4 {source} rw,vers=4.2,clientaddr=10.0.0.1,addr={address}"


class Machine:
    """A machine with its own directory of devices. Paths of block devices are answered by a `stat` made up here."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.system, self.patch = directory / "sys", monkeypatch
        (self.system / "dev/block").mkdir(parents=True)
        self.mounted = directory / "mountinfo"
        self.mounted.touch()
        self.stats: dict[str, str] = {}
        self.commands = directory / "commands"
        self.commands.mkdir()

    def disk(self, name: str, number: int, *below: str, within: str = "", **said: str) -> str:
        """A device with files below its directory in the system; answers its path."""
        place = self.system / "devices" / within / name
        (place / "slaves").mkdir(parents=True)
        for file, content in ({"size": "2048"} | said).items():
            where = place / file.replace("__", "/")
            where.parent.mkdir(exist_ok=True)
            where.write_text(f"{content}\n")
        for other in below:
            (place / "slaves" / other).symlink_to(self.system / "devices" / other)
        (self.system / f"dev/block/8:{number}").symlink_to(place)
        self.stats[f"/dev/{name}"] = f"61b0/8/{number:x}/1/0/0/6"
        return f"/dev/{name}"

    def see(self, path: str) -> Sight | None:
        """What ferry reads of it."""
        cases = "".join(f"{path}) echo {said} ;;\n" for path, said in self.stats.items())
        stat = self.commands / "stat"
        stat.write_text(f'#!/bin/sh\nfor last; do :; done\ncase $last in {cases}*) exec /usr/bin/stat "$@" ;; esac\n')
        stat.chmod(0o755)
        self.patch.setattr(devices, "_SYSTEM", str(self.system))
        self.patch.setattr(devices, "_MOUNTED", str(self.mounted))
        self.patch.setenv("PATH", f"{self.commands}:/usr/bin:/bin")
        script = root.SHELL + devices.script((path,))
        done = subprocess.run(["sh"], input=script, capture_output=True, text=True, check=False, timeout=10)
        assert not done.stderr, done.stderr
        return devices.sights(done.stdout, (path,)).get(path)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def device(*names: str, unique: bool = True) -> Sight:
    return Sight(block=True, size_bytes=2**20, names=frozenset(names), unique=unique)


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ({"device__wwid": LUN}, device(LUN)),
        ({"wwid": "uuid.1b4e28ba-2fa1-11d2-883f-0016d3cca427"}, device("uuid.1b4e28ba-2fa1-11d2-883f-0016d3cca427")),
        ({"device__wwid": "t10.ATA     QEMU HARDDISK"}, device("t10.ATA QEMU HARDDISK", unique=False)),
        ({"device__wwid": "naa.60000000000000000e00000000010001"}, None),
        ({"wwid": "eui.5254000000000001"}, None),
        ({"device__wwid": "naa.0000000000000000"}, None),
        ({"serial": "backup"}, device("backup", unique=False)),
        ({}, device(unique=False)),
    ],
    ids=["LUN", "NVMe", "QEMU's SATA", "tgt's", "QEMU's NVMe", "zeros", "serial", "nothing"],
)
def test_which_names_of_a_disk_are_unique(machine: Machine, said: dict[str, str], seen: Sight | None) -> None:
    assert machine.see(machine.disk("sda", 0, **said)) == (seen or device(*said.values(), unique=False))


def test_a_logical_volume_is_its_own_name_on_the_disks_below(machine: Machine) -> None:
    machine.disk("sda", 0, device__wwid=LUN)
    volume = machine.disk("dm-3", 3, "sda", dm__uuid=LV)
    assert machine.see(volume) == device(LV, LUN)


def test_a_volume_on_a_disk_without_a_worldwide_name_is_not_unique(machine: Machine) -> None:
    machine.disk("sda", 0, device__wwid=LUN)
    machine.disk("vdb", 1)
    assert machine.see(machine.disk("dm-3", 3, "sda", "vdb", dm__uuid=LV)) == device(LV, LUN, unique=False)


def test_a_partition_is_a_place_on_its_disk(machine: Machine) -> None:
    machine.disk("sda", 0, device__wwid=LUN)
    part = machine.disk("sda1", 1, within="sda", partition="1", start="2048")
    assert machine.see(part) == device("part 1@2048", LUN)


def test_a_lun_is_the_same_with_and_without_multipath(machine: Machine) -> None:
    machine.disk("sda", 0, device__wwid=LUN)
    plain = machine.see("/dev/sda")
    many = machine.see(machine.disk("dm-0", 1, "sda", dm__uuid=LUN.replace("naa.", "mpath-3")))
    assert plain == many == device(LUN)


@pytest.mark.parametrize("uuid", ["", "made-by-hand"])
def test_a_mapping_of_unknown_make_says_not_which_part_it_is(machine: Machine, uuid: str) -> None:
    machine.disk("sda", 0, device__wwid=LUN)
    seen = machine.see(machine.disk("dm-0", 1, "sda", dm__uuid=uuid))
    assert seen is not None and not seen.unique


def test_what_drbd_lies_on_is_each_hosts_own(machine: Machine) -> None:
    machine.disk("sda", 0, device__wwid=LUN)
    assert machine.see(machine.disk("drbd0", 1, "sda")) == device(unique=False)


def test_a_ceph_image_is_known_by_its_cluster(machine: Machine) -> None:
    place = machine.system / "bus/rbd/devices/7"
    place.mkdir(parents=True)
    for name, value in {"cluster_fsid": "f5", "pool_id": "3", "image_id": "10ab", "current_snap": "-"}.items():
        (place / name).write_text(f"{value}\n")
    assert machine.see(machine.disk("rbd7", 1)) == device("f5/3/10ab/-")
    assert machine.see(machine.disk("rbd8", 2)) == device(unique=False)


def test_what_is_not_there_is_not_seen(machine: Machine, tmp_path: Path) -> None:
    assert machine.see(f"{tmp_path}/none") is None


def nfs(machine: Machine, path: Path, source: str, address: str = "10.0.0.9") -> Sight:
    """The file as if it lay on that export; its own number is that of the made-up mount."""
    machine.mounted.write_text(NFS.format(place="/srv", source=source, address=address) + "\n")
    machine.stats[str(path)] = f"81a4/0/0/77/4096/1700000000/{0x2D}"
    seen = machine.see(str(path))
    assert seen is not None
    return seen


def test_a_file_on_nfs_is_known_by_its_server_and_number(machine: Machine, tmp_path: Path) -> None:
    seen = nfs(machine, tmp_path / "a.img", "nas:/export")
    assert seen == Sight(
        size_bytes=4096, modified=1_700_000_000, inode=77, exports=frozenset({"nas:/export", "10.0.0.9:/export"})
    )
    other = nfs(machine, tmp_path / "a.img", "10.0.0.9:/export/")
    assert proven(PathAnswer(path="/a", exists=True, here=seen, there=other)) is True


@pytest.mark.parametrize(("source", "address"), [("localhost:/export", "10.0.0.9"), ("nas:/export", "::1"), ("x", "y")])
def test_a_server_of_each_host_says_nothing(machine: Machine, tmp_path: Path, source: str, address: str) -> None:
    assert nfs(machine, tmp_path / "a.img", source, address).exports == frozenset()


def test_a_plain_file_is_on_no_export(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "a.img").write_text("abc")
    seen = machine.see(f"{tmp_path}/a.img")
    assert seen is not None and seen.size_bytes == 3 and seen.inode and seen.exports == frozenset()


def test_a_symbolic_link_is_told_from_what_it_leads_to(machine: Machine, tmp_path: Path) -> None:
    (tmp_path / "image").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "image")
    image, link = (machine.see(str(tmp_path / name)) for name in ("image", "link"))
    assert image is not None and link is not None
    assert (image.link, link.link) == (False, True)
    assert image.inode == link.inode
