"""What may stand in ferry.yaml: its settings, and the check of each value by itself."""

import difflib
import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Annotated, Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator

from orchestrator.model.network import Role
from orchestrator.model.settings import Secret
from orchestrator.model.units import BytesPerSecond, Milliseconds

DEFAULT_STORE = "sqlite:////var/lib/ferry/ferry.db"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_SSH = re.compile(
    r"(ssh://)?([A-Za-z0-9_][A-Za-z0-9_.%+-]*@)?([A-Za-z0-9_][A-Za-z0-9_.-]*|\[?[0-9A-Fa-f:.]+\]?)(:[0-9]{1,5})?"
)
_SCHEME = re.compile(r"qemu(\+(ssh|tls|tcp|unix|libssh|libssh2|ext))?")
_URI_FIX = "Write it as virsh -c takes it, for example qemu+ssh://root@kvm01/system"
_SERVER = "postgresql://ferry@db1/ferry?sslmode=verify-full"
# Those of libpq that say where the server is and who it is. What bounds a call in time is ferry's own.
_PARAMETERS = {
    *("host", "passfile", "port", "sslcert", "sslcrl", "sslkey", "sslmode", "sslrootcert", "target_session_attrs"),
}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WITHOUT = "Remove it: ferry takes no password; use an SSH key or a certificate."


class RefusedError(ValueError):
    """A value that is not taken, and what to write instead."""

    def __init__(self, saw: str, fix: str) -> None:
        super().__init__(saw)
        self.saw = saw
        self.fix = fix


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise RefusedError(
            f"{text!r} is no name", "Use letters, digits, dot, dash and underscore; begin with a letter or digit."
        )
    return text


def _uri(text: str) -> str:
    try:
        uri = urlsplit(text)
        _ = uri.port
    except ValueError:
        raise RefusedError("this is no libvirt URI", _URI_FIX) from None
    if uri.password is not None:
        raise RefusedError("the URI holds a password", _WITHOUT)
    if not _SCHEME.fullmatch(uri.scheme) or uri.path not in ("/system", "/session") or uri.fragment:
        raise RefusedError(f"{text!r} is no libvirt URI of a QEMU host", _URI_FIX)
    # A name that begins with a dash would reach ssh as an option.
    if (uri.username and not _USER.fullmatch(uri.username)) or not _is_address_or_name(uri.hostname):
        raise RefusedError(f"{text!r} has no valid user or host in it", _URI_FIX)
    query = parse_qs(uri.query, keep_blank_values=True)
    if "no_verify" in query or query.get("known_hosts_verify", ["normal"]) != ["normal"]:
        raise RefusedError(f"{text!r} switches the check of the host's identity off", "Remove that parameter.")
    return text


def _is_address_or_name(host: str | None) -> bool:
    if host is None or _NAME.fullmatch(host):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _ssh(text: str) -> str:
    if not _SSH.fullmatch(text):
        raise RefusedError(f"{text!r} is no destination for ssh", "Give user@host, or a Host of the ssh_config.")
    return text


def _cidr(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        pass
    try:
        fix = f"Write {ipaddress.ip_network(text, strict=False)}"
    except ValueError:
        fix = "Give a network such as 10.77.2.0/24"
    raise RefusedError(f"{text!r} is no network in CIDR notation", fix)


def _role(text: str) -> Role:
    if text in list(Role):
        return Role(text)
    meant = difflib.get_close_matches(text, list(Role), n=1)
    raise RefusedError(
        f"{text!r} is no role of a network", f"Did you mean {meant[0]}?" if meant else f"Use {', '.join(Role)}."
    )


def _share(percent: int) -> int:
    if not 1 <= percent <= 100:
        raise RefusedError(f"a share of {percent} is no part of a network", "Give percent, from 1 to 100.")
    return percent


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise RefusedError(f"{text!r} is no IP address", "Give an address such as 10.77.2.11") from None


def _pattern(text: str) -> str:
    if not text:
        raise RefusedError("an empty name is no guest's", 'Name a guest, or several: "db-*"')
    return text


def _path(text: str) -> str:
    if not text.startswith("/") or ".." in PurePosixPath(text).parts:
        raise RefusedError(f"{text!r} is no absolute path", "Give the whole path, from / and without ..")
    return text


def _shared(text: str) -> str:
    if PurePosixPath(_path(text)) == PurePosixPath("/"):
        raise RefusedError("the root directory is never shared between hosts", "Name the directory that is.")
    return text


def _store(text: str) -> str:
    # Never quoted: what is refused here may hold a password.
    fix = f"store: {DEFAULT_STORE}"
    if text.startswith(("postgresql:", "postgres:", "postgresql+")):
        return _server(text)
    if not text.startswith("sqlite:"):
        raise RefusedError("ferry keeps its journal in SQLite or PostgreSQL", f"{fix}, or {_SERVER}")
    path = text.removeprefix("sqlite:///")
    if path == text or not path.startswith("/") or path.endswith("/") or "?" in path or "#" in path:
        raise RefusedError("the store is not sqlite:/// and the absolute path of a file", fix)
    return text


def _server(text: str) -> str:
    fix = f"store: {_SERVER}"
    try:
        url = urlsplit(text)
        _ = url.port
    except ValueError:
        raise RefusedError("this is no URL of a PostgreSQL database", fix) from None
    parameters = parse_qs(url.query, keep_blank_values=True)
    if url.password is not None or {"password", "sslpassword"} & parameters.keys():
        raise RefusedError(
            "the store holds a password", "Take it out: store_password: {file: /etc/ferry/store.password}"
        )
    if url.scheme != "postgresql" or not url.username or not url.path.strip("/") or url.fragment:
        raise RefusedError("the store names no user, or no database, of a PostgreSQL server", fix)
    unknown = sorted(parameters.keys() - _PARAMETERS)
    if unknown:
        raise RefusedError(f"a store does not take {unknown[0]}", f"It takes: {', '.join(sorted(_PARAMETERS))}")
    return text


def _secret(secret: Secret) -> Secret:
    if (secret.file is None) == (secret.env is None):
        raise RefusedError("a password is found in one place", "Give file: or env:, one of them.")
    if secret.file is not None:
        _path(secret.file)
    elif not _VARIABLE.fullmatch(secret.env or ""):
        raise RefusedError("this is no name of an environment variable", "Give a name such as FERRY_STORE_PASSWORD")
    return secret


Name = Annotated[str, AfterValidator(_name)]
RoleName = Annotated[str, AfterValidator(_role)]
Cidr = Annotated[str, AfterValidator(_cidr)]
LibvirtUri = Annotated[str, AfterValidator(_uri)]
_CLOSED: dict[str, Any] = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkForm:
    """One of `networks`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CLOSED

    cidr: Cidr
    routed: list[Cidr] = field(default_factory=list)
    roles: list[RoleName] = field(default_factory=list)
    priority: int = 0
    capacity: BytesPerSecond | None = None
    share: Annotated[int, AfterValidator(_share)] | None = None
    encryption: bool = False
    rdma: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class HostForm:
    """One of `hosts`. policy: what it settles differently, checked by itself."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CLOSED

    uri: LibvirtUri
    peer_uri: LibvirtUri | None = None
    ssh: Annotated[str, AfterValidator(_ssh)] | None = None
    addresses: dict[Name, Annotated[str, AfterValidator(_address)]] = field(default_factory=dict)
    group: Name = ""
    incoming: bool = True
    outgoing: bool = True
    policy: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideForm:
    """One of `groups` or `guests`. policy: what it settles differently, checked by itself."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CLOSED

    policy: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleForm:
    """One of `schedule`. Its times are read by themselves, and its options by what is to be done."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CLOSED

    name: Name
    do: str
    at: str
    hosts: list[str] = field(default_factory=list)
    window: str | None = None
    deadline: str | None = None
    splay: Milliseconds = Milliseconds(0)
    options: dict[str, bool | str | list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileForm:
    """The whole file; what has a name of its own is checked one by one, so that one mistake does not hide the next."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _CLOSED

    hosts: dict[Name, Any]
    networks: dict[Name, Any]
    migration_network: str | None = None
    store: Annotated[str, AfterValidator(_store)] = DEFAULT_STORE
    store_password: Annotated[Secret, AfterValidator(_secret)] | None = None
    policy: str = "default"
    groups: dict[Name, Any] = field(default_factory=dict)
    guests: dict[Annotated[str, AfterValidator(_pattern)], Any] = field(default_factory=dict)
    shared_filesystems: list[Annotated[str, AfterValidator(_shared)]] = field(default_factory=list)
    ssh_config: Annotated[str, AfterValidator(_path)] | None = None
    hooks: Annotated[str, AfterValidator(_path)] | None = None
    schedule: list[Any] = field(default_factory=list)
