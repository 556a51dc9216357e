"""Nothing private of a definition is shown, and a change in it can still be seen."""

from orchestrator.hypervisor.documents import lines, parse
from orchestrator.hypervisor.private import hide

XML = """<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>web</name>
  <description>root password: hunter2</description>
  <metadata><app:x xmlns:app='urn:app' token='hunter2'>hunter2</app:x></metadata>
  <os><type>hvm</type><cmdline>console=ttyS0 pass=hunter2</cmdline></os>
  <sysinfo type='smbios'><oemStrings><entry>hunter2</entry></oemStrings></sysinfo>
  <vcpu>2</vcpu>
  <devices><graphics type='vnc' port='-1' passwd='hunter2'/><disk type='file'><source file='/srv/a'/></disk></devices>
  <qemu:commandline><qemu:arg value='secret,data=hunter2'/><qemu:env name='K' value='hunter2'/></qemu:commandline>
</domain>"""


def shown(xml: str) -> str:
    return lines(hide(parse(xml)))


def test_no_secret_is_left() -> None:
    assert "hunter2" not in shown(XML)


def test_the_rest_is_as_it_was() -> None:
    after = shown(XML)
    assert "<vcpu>2</vcpu>" in after and '<source file="/srv/a"/>' in after and "<name>web</name>" in after


def test_the_same_secret_is_no_difference_and_another_one_is() -> None:
    assert shown(XML) == shown(XML)
    for place in ("token='hunter2'", "pass=hunter2", "<entry>hunter2", "passwd='hunter2'", "data=hunter2", ": hunter2"):
        assert place in XML
        assert shown(XML.replace(place, place.replace("hunter2", "hunter3"))) != shown(XML), place
