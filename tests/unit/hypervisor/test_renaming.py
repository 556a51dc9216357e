"""A guest's cards get the destination's names; everything else of the definition stays as it is."""

from orchestrator.hypervisor.documents import parse
from orchestrator.hypervisor.renaming import renamed

XML = """<domain type='kvm'><name>web</name><devices>
  <interface type='bridge'><source bridge='br0'/><mac address='52:54:00:00:00:01'/></interface>
  <interface type='network'><source network='lan' portid='p' bridge='virbr1'/></interface>
  <interface type='direct'><source dev='eth1' mode='bridge'/></interface>
  <interface type='bridge'><source bridge='br9'/></interface>
  <graphics type='vnc' passwd='secret'/>
</devices></domain>"""
NAMES = {"br0": "br-blue", "lan": "campus", "eth1": "eno2"}


def test_only_what_is_named_is_renamed() -> None:
    sources = [dict(source.attrib) for source in parse(renamed(XML, NAMES)).iterfind("devices/interface/source")]
    assert sources[:2] == [{"bridge": "br-blue"}, {"network": "campus"}]
    assert sources[2:] == [{"dev": "eno2", "mode": "bridge"}, {"bridge": "br9"}]


def test_the_rest_stays_as_it_is() -> None:
    after = parse(renamed(XML, NAMES))
    assert after.findtext("name") == "web"
    assert after.find("devices/interface/mac").get("address") == "52:54:00:00:00:01"
    assert after.find("devices/graphics").get("passwd") == "secret"


def test_names_that_nobody_uses_change_nothing() -> None:
    assert parse(renamed(XML, {"br7": "br8"})).find("devices/interface/source").get("bridge") == "br0"
