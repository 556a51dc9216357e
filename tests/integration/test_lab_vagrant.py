"""The Vagrantfile is right as far as it can be told without starting a machine, and it describes the same lab."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.lab import topology
from tests.lab.place import CHECKOUT

pytestmark = pytest.mark.lab

_DIRECTORY = CHECKOUT / "vagrant"
# Stands in for Vagrant's configuration objects: writes down what the Vagrantfile says of each machine.
_RECORDER = """
require "json"
class Anything
  def method_missing(name, *arguments, **more)
    yield Anything.new if block_given?
    @said ||= {}
    arguments.empty? && more.empty? ? (@said[name] ||= Anything.new) : (@said[name.to_s.chomp("=")] = arguments.first)
  end
  def said = @said || {}
end
class Machine < Anything
  attr_reader :networks, :own
  def initialize = (@networks = []; @own = Anything.new)
  def vm = self
  def network(kind, **more) = @networks << more.merge(kind: kind)
  def provider(_) = yield(@own)
end
class Config < Anything
  attr_reader :machines
  def initialize = @machines = {}
  def vm = self
  def define(name) = yield(@machines[name] = Machine.new)
end
module Vagrant
  def self.configure(_)
    yield config = Config.new
    found = config.machines.map do |name, machine|
      [name, { box: machine.said["box"], networks: machine.networks, own: machine.own.said }]
    end
    puts JSON.generate(found.to_h)
  end
end
load ARGV.first
"""


def vagrant(tmp_path: Path, *arguments: str, directory: Path = _DIRECTORY) -> "subprocess.CompletedProcess[str]":
    """Vagrant with all it writes in a directory of the test's own, and no machine or provider anywhere."""
    own = {"VAGRANT_HOME": str(tmp_path / "home"), "VAGRANT_DOTFILE_PATH": str(tmp_path / "machines")}
    environment = {**os.environ, **own, "VAGRANT_CWD": str(directory)}
    return subprocess.run(
        ["vagrant", *arguments], env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def test_vagrant_accepts_the_file(tmp_path: Path) -> None:
    done = vagrant(tmp_path, "validate")
    assert done.returncode == 0, done.stderr


def test_vagrant_would_notice_a_setting_that_does_not_exist(tmp_path: Path) -> None:
    broken = tmp_path / "vagrant"
    broken.mkdir()
    (tmp_path / "tests/lab").mkdir(parents=True)
    (tmp_path / "tests/lab/topology.yaml").write_text(topology.FILE.read_text())
    (broken / "provision.sh").write_text("")
    text = (_DIRECTORY / "Vagrantfile").read_text()
    (broken / "Vagrantfile").write_text(text.replace("libvirt.memory =", "libvirt.memoryy ="))
    done = vagrant(tmp_path, "validate", directory=broken)
    assert done.returncode != 0
    assert "memoryy" in done.stdout + done.stderr


def test_vagrant_sees_the_hosts_of_the_topology(tmp_path: Path) -> None:
    done = vagrant(tmp_path, "status", "--machine-readable")
    rows = [line.split(",") for line in done.stdout.splitlines()]
    assert [row[1] for row in rows if row[2] == "state"] == list(topology.read().hosts), done.stderr


def test_both_labs_describe_the_same_hosts() -> None:
    command = ["ruby", "-e", _RECORDER, str(_DIRECTORY / "Vagrantfile")]
    described = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    expected = topology.read()
    assert list(described) == list(expected.hosts)
    for name, host in expected.hosts.items():
        machine = described[name]
        assert host.suite in machine["box"]
        assert (machine["own"]["memory"], machine["own"]["cpus"]) == (host.memory_mib, host.cpus)
        addresses = [network["ip"] for network in machine["networks"]]
        assert addresses == [expected.address(name, network) for network in expected.networks]


def test_the_provisioner_is_a_script_that_can_be_read() -> None:
    subprocess.run(["bash", "-n", str(_DIRECTORY / "provision.sh")], check=True)
