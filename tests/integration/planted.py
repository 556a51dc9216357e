"""The pieces of which faults are made: each takes a lab and bends it until mend()."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.lab.protocol import Lab

Act = Callable[[Lab], object]
Edit = Callable[[str], str]
SECRET = "33333333-3333-4333-8333-333333333333"
_VIRSH = "virsh -q -c qemu:///system"


def nothing(_lab: Lab) -> None:
    """Bend nothing."""


def shell(host: str, script: str, undo: str) -> Act:
    """Run a script on a host, and its opposite afterwards."""
    return lambda lab: lab.shell(host, script, undo=f"{{ {undo}; }} >/dev/null 2>&1 || true").checked()


def append(host: str, path: str, text: str) -> Act:
    """One more line at the end of a file."""

    def act(lab: Lab) -> None:
        before = lab.run(host, ["cat", path]).checked().stdout
        lab.plant(host, path, f"{before}{text}\n")

    return act


def pretend_manager(host: str, process: str) -> Act:
    """A process of that name, which sleeps."""
    script = f"ln -sf /bin/sleep /run/{process}; /run/{process} 300 >/dev/null 2>&1 </dev/null & echo $! > /run/odd.pid"
    return shell(host, script, f"kill $(cat /run/odd.pid); rm -f /run/{process} /run/odd.pid")


def certificate_that_ended(host: str) -> Act:
    """libvirt's server certificate, replaced by one that holds no more."""

    def act(lab: Lab) -> None:
        key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        made = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
            .not_valid_after(datetime(2020, 1, 2, tzinfo=UTC))
            .sign(key, hashes.SHA256())
        )
        text = made.public_bytes(serialization.Encoding.PEM).decode()
        lab.plant(host, "/etc/pki/libvirt/servercert.pem", text)

    return act


# definitions on hosts


def define_network(host: str, *, active: bool = True, autostart: bool = True) -> Act:
    """libvirt's network `inner`, which is the guests' bridge by another name."""
    xml = "<network><name>inner</name><forward mode='bridge'/><bridge name='br-guest'/></network>"
    more = ["net-start inner"] * active + ["net-autostart inner"] * autostart
    script = " && ".join([f'echo "{xml}" | {_VIRSH} net-define /dev/stdin', *(f"{_VIRSH} {one}" for one in more)])
    return shell(host, script, f"{_VIRSH} net-destroy inner; {_VIRSH} net-undefine inner")


def define_pool(host: str, *, active: bool = True) -> Act:
    """The pool `images`, a directory of shared storage with one image."""
    script = f"mkdir -p /srv/shared/images && {_VIRSH} pool-define-as images dir --target /srv/shared/images"
    if active:
        script += f" && qemu-img create -q -f qcow2 /srv/shared/images/odd.qcow2 1M && {_VIRSH} pool-start images"
    script += f" && {_VIRSH} pool-autostart images"
    undo = f"{_VIRSH} pool-destroy images; {_VIRSH} pool-undefine images; rm -rf /srv/shared/images"
    return shell(host, script, undo)


def encrypted_image(host: str) -> Act:
    """An image of shared storage that opens with a secret of that host's libvirt."""
    xml = f"<secret ephemeral='no' private='yes'><uuid>{SECRET}</uuid></secret>"
    made = "qemu-img create -q -f luks --object secret,id=key,data=word -o key-secret=key,iter-time=10"
    script = (
        f'echo "{xml}" | {_VIRSH} secret-define /dev/stdin && '
        f"{_VIRSH} secret-set-value {SECRET} $(printf word | base64) && {made} /srv/shared/top.luks 1M"
    )
    return shell(host, script, f"{_VIRSH} secret-undefine {SECRET}; rm -f /srv/shared/top.luks")


def twin(host: str) -> Act:
    """Another guest with the name of the ordinary one, shut off."""
    xml = "<domain type='qemu'><name>plain</name><memory>65536</memory><os><type>hvm</type></os></domain>"
    return shell(host, f'echo "{xml}" | {_VIRSH} define /dev/stdin', f"{_VIRSH} undefine plain")


def stale_definition(host: str) -> Act:
    """An old definition of the ordinary guest, with more virtual CPUs."""

    def act(lab: Lab) -> None:
        now = lab.run("kvm01", ["virsh", "dumpxml", "--inactive", "plain"]).checked().stdout
        lab.shell(host, "true", undo=f"{_VIRSH} undefine plain")
        lab.run(host, ["virsh", "define", "/dev/stdin"], stdin=now.replace(">1</vcpu>", ">2</vcpu>")).checked()

    return act


def redefine(name: str, before: str, after: str) -> Act:
    """Change a running guest's persistent definition."""

    def act(lab: Lab) -> None:
        text = lab.run("kvm01", ["virsh", "dumpxml", "--inactive", name]).checked().stdout
        changed = text.replace(before, after).replace("<vcpu placement='static'>1<", "<vcpu placement='static'>2<")
        assert changed != text
        lab.run("kvm01", ["virsh", "define", "/dev/stdin"], stdin=changed).checked()

    return act


# what a guest has beyond an ordinary one


def instead(before: str, after: str) -> Edit:
    """Another piece of the definition."""

    def edit(text: str) -> str:
        assert before in text
        return text.replace(before, after) if before else text

    return edit


def device(xml: str) -> Edit:
    """One more device."""
    return instead("</devices>", f"{xml}</devices>")


def disk_made(path: str, kind: str = "qcow2") -> Edit:
    """One more disk, an image that exists."""
    return device(
        f"<disk type='file' device='disk'><driver name='qemu' type='{kind}' cache='none'/><source file='{path}'/>"
        "<target dev='vdb' bus='virtio'/></disk>"
    )


def both(*edits: Edit) -> Edit:
    """One after the other."""

    def edit(text: str) -> str:
        for one in edits:
            text = one(text)
        return text

    return edit


# ferry.yaml


def config(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Another value at the top of ferry.yaml."""
    return lambda document: document.update({key: value})


def hosts_entry(host: str, **values: Any) -> Callable[[dict[str, Any]], None]:
    """Other values for one host in ferry.yaml."""
    return lambda document: document["hosts"][host].update(values)
