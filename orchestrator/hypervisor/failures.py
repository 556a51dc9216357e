"""What an error of libvirt means: an answer, a refusal, a credential that is missing, or nothing certain.

Decided by libvirt's numbers, which are the same in every language; daemons translate their texts. Only what ssh and
GnuTLS say (never translated on this path) is read as text.
"""

import re
from typing import Final
from urllib.parse import urlsplit

import libvirt

from orchestrator.model.effect import Effect, Refused, Unclear
from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostEntry

NO_DOMAIN: Final = libvirt.VIR_ERR_NO_DOMAIN
OPERATION_INVALID: Final = libvirt.VIR_ERR_OPERATION_INVALID
OPERATION_UNSUPPORTED: Final = libvirt.VIR_ERR_OPERATION_UNSUPPORTED
CPU_INCOMPATIBLE: Final = libvirt.VIR_ERR_CPU_INCOMPATIBLE

WIRE: Final = (libvirt.VIR_FROM_RPC, libvirt.VIR_FROM_REMOTE)  # errors of the connection, not answers of a daemon

# Answers of a daemon that has looked at the order and not begun it. Others (9 operation failed, 38 and 1 of the RPC
# layer, 68 time-out of a lock) may come from any phase of a migration.
_REFUSALS: Final = frozenset(
    {
        libvirt.VIR_ERR_NO_SUPPORT,
        libvirt.VIR_ERR_INVALID_ARG,
        libvirt.VIR_ERR_NO_NETWORK,
        libvirt.VIR_ERR_NO_STORAGE_POOL,  # in which the destination would make the image that is to be filled
        OPERATION_INVALID,
        libvirt.VIR_ERR_CONFIG_UNSUPPORTED,
        libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED,
        libvirt.VIR_ERR_MIGRATE_UNSAFE,
        OPERATION_UNSUPPORTED,
        libvirt.VIR_ERR_OPERATION_DENIED,
        libvirt.VIR_ERR_ACCESS_DENIED,
        CPU_INCOMPATIBLE,
    }
)
# Refusals of what has to be settled before a copy begins, on either side: QEMU's, which libvirt reports as internal
# errors, and the kernel's, of memory that is to be locked (zero copy).
_NOT_BEGUN = re.compile(
    r"unable to execute QEMU command '(?:object-add|migrate-set-capabilities|migrate-set-parameters|migrate-incoming)'"
    r"|unable to execute QEMU command 'migrate-start-postcopy'"  # the copy has not come so far yet
    r"|cannot limit locked memory of process"
)
# What a host cannot do, whatever it was asked for politely: parameters and flags that libvirt does not know (code 74),
# compression that it does not know (8), capabilities that its QEMU lacks.
_LACKING = re.compile(
    r"unsupported compression method|'(?:migrate-set-capabilities|migrate-set-parameters|object-add)'|RDMA ERROR"
    r"|cannot limit locked memory",
    re.IGNORECASE,
)
# The destination's own bookkeeping, checked before anything is started there (virDomainObjListAdd).
_TAKEN = re.compile(r"domain '.*' (?:already exists|is already defined|is already active)")

_AUTH_CODES: Final = frozenset(
    {
        libvirt.VIR_ERR_AUTH_FAILED,
        libvirt.VIR_ERR_AUTH_CANCELLED,
        libvirt.VIR_ERR_AUTH_UNAVAILABLE,
    }
)
_CREDENTIALS = re.compile(
    r"permission denied|host key verification failed|authentication failed|too many authentication failures"
    r"|certificate|no such identity|remote host identification has changed|cannot read ca",
    re.IGNORECASE,
)
_WRAPPING = re.compile(
    r"^(?:internal error: |operation failed: |authentication failed: |cannot recv data: "
    r"|end of file while reading data: )+",
    re.IGNORECASE,
)
# What an ssh says when the one that should make the jump for it has ended; that one has said why. It has no peer of
# its own then, and says so in numbers that nobody knows.
_AFTERMATH = re.compile(r"kex_exchange_identification: |Connection .*\bUNKNOWN port \d+")
_NAMELESS = re.compile(r" (?:by|to) UNKNOWN port \d+")
_TAIL = re.compile(r"(?:\r|\n|: (?:connection reset by peer|input/output error))+$", re.IGNORECASE)


def lowest(text: str) -> str:
    """Cut libvirt's layers off a message, so that what is left is what ssh, TLS or the kernel said."""
    inner = _TAIL.sub("", _WRAPPING.sub("", text.strip()))
    lines = [line.strip() for line in inner.replace("\r", "\n").split("\n")]
    causes = [line for line in lines if line and _AFTERMATH.match(line) is None]
    # The cause comes last: a changed host key, for instance, is announced by a dozen lines of warning.
    said = "; ".join((causes or [line for line in lines if line])[-2:]) or text.strip()
    return _NAMELESS.sub("", said)


def leg(entry: HostEntry) -> str:
    """Name the connection from ferry to the host's libvirt."""
    transport = urlsplit(entry.uri).scheme.partition("+")[2]
    return f"controller to {entry.name}, libvirt" + (f" over {transport}" if transport else "")


def unknown(error: libvirt.libvirtError, entry: HostEntry) -> Unknown:
    """Say why a host's libvirt could not be asked, or did not answer."""
    text = str(error)
    credentials = error.get_error_code() in _AUTH_CODES or _CREDENTIALS.search(text) is not None
    return Unknown(why=lowest(text), code="host.credentials" if credentials else "host.unreachable", leg=leg(entry))


def declined(error: libvirt.libvirtError, entry: HostEntry) -> Unknown:
    """Say why a daemon that does answer cannot say this."""
    return Unknown(why=lowest(str(error)), code="host.libvirt", leg=leg(entry))


def silent(entry: HostEntry, within: float) -> Unknown:
    """Say that a host let the time pass."""
    return Unknown(why=f"libvirt did not answer within {round(within, 1):g} s", code="host.unreachable", leg=leg(entry))


def effect(error: libvirt.libvirtError) -> Effect:
    """Say what a command did that ended with an error."""
    text, code = lowest(str(error)), error.get_error_code()
    if code in _REFUSALS | {NO_DOMAIN} or _TAKEN.search(text) or _NOT_BEGUN.search(text):
        unsupported = code == libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED or _LACKING.search(text) is not None
        return Refused(why=text, unsupported=unsupported)
    return Unclear(why=text)
