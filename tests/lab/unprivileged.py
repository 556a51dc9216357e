"""A host that ferry enters as somebody who is not root: the account, and the shipped files that give it its rights."""

import shutil
from pathlib import Path

from tests.lab import roots
from tests.lab.place import CHECKOUT
from tests.lab.topology import Host

SUDOERS = "etc/sudoers.d/ferry"
RULE = "etc/polkit-1/rules.d/50-ferry.rules"
# What is added to libvirtd.conf: whoever comes through the socket is asked for by polkit, as on any Debian host.
AUTHENTICATION = 'auth_unix_ro = "polkit"\nauth_unix_rw = "polkit"\n'
_SHIPPED = CHECKOUT / "docs/how-to/files"
_ACTIONS = Path(__file__).with_name("host") / "org.libvirt.unix.policy"
_NUMBER = 1000


def furnish(host: Host, authorized_keys: str, upper: Path) -> None:
    """Writes into the upper directory of the host's overlay."""
    etc = upper / "etc"
    etc.mkdir(parents=True, exist_ok=True)
    entries = {
        "passwd": f"{host.user}:x:{_NUMBER}:{_NUMBER}:ferry:/home/{host.user}:/bin/sh\n",
        "group": f"{host.user}:x:{_NUMBER}:\n",
        "shadow": f"{host.user}:*:19000:0:99999:7:::\n",
    }
    for name, entry in entries.items():
        original = roots.root_of(host.suite) / "etc" / name
        shutil.copy(original, etc / name)
        with (etc / name).open("a") as file:
            file.write(entry)
    keys = upper / "home" / host.user / ".ssh/authorized_keys"
    keys.parent.mkdir(parents=True)
    keys.write_text(authorized_keys)
    for path in (keys.parents[1], keys.parent, keys):
        shutil.chown(path, _NUMBER, _NUMBER)
    _install(_SHIPPED / "ferry.sudoers", upper / SUDOERS, 0o440)
    _install(_SHIPPED / "50-ferry.rules", upper / RULE, 0o644)
    _install(_ACTIONS, upper / "usr/share/polkit-1/actions/org.libvirt.unix.policy", 0o644)


def _install(source: Path, target: Path, mode: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(mode)
