"""The certificates of a host, for libvirt's TLS and QEMU's: only their public part is ever read."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from orchestrator.model.facts import Unknown
from orchestrator.model.services import Certificate
from orchestrator.survey.topics.section import Section, under

# (role, use, path): where libvirt and QEMU look unless told otherwise. The CA comes before what it has signed.
_PLACES = (
    ("ca", "libvirt", "/etc/pki/CA/cacert.pem"),
    ("server", "libvirt", "/etc/pki/libvirt/servercert.pem"),
    ("client", "libvirt", "/etc/pki/libvirt/clientcert.pem"),
    ("ca", "qemu", "/etc/pki/qemu/ca-cert.pem"),
    ("server", "qemu", "/etc/pki/qemu/server-cert.pem"),
    ("client", "qemu", "/etc/pki/qemu/client-cert.pem"),
)
# A key that lies in the same file stays on the host.
_SCRIPT = f"""
for file in {" ".join(path for _, _, path in _PLACES)}; do
  if said=$(cat "$file" 2>&1) || said=$(root cat "$file" 2>&1); then
    echo "file $file"
    printf '%s\\n' "$said" | sed -n '/-----BEGIN CERTIFICATE/,/-----END CERTIFICATE/s/^/pem /p'
    continue
  fi
  case $said in *"No such file"*|*"Not a directory"*) echo "missing $file" ;; *) echo refused ;; esac
done
"""


def _parse(lines: Sequence[str]) -> tuple[Certificate, ...] | Unknown:
    if not under(lines, "file") and not under(lines, "missing"):
        return Unknown(why="the certificates could not be looked for", code="host.shell")
    texts = _texts(lines)
    return tuple(_certificates({path: text for path, text in texts.items() if text.strip()}))


def _texts(lines: Sequence[str]) -> dict[str, str]:
    """File → the PEM text in it."""
    texts: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lines:
        key, _, rest = line.partition(" ")
        if key == "file":
            current = texts.setdefault(rest, [])
        elif key == "pem":
            current.append(rest + "\n")
    return {path: "".join(text) for path, text in texts.items()}


def _certificates(texts: dict[str, str]) -> Iterator[Certificate]:
    from orchestrator.survey import x509  # noqa: PLC0415  # a large library, loaded only where certificates are asked for

    authorities: dict[str, str] = {use: texts.get(path, "") for role, use, path in _PLACES if role == "ca"}
    for role, use, path in _PLACES:
        nothing = Certificate(role=role, use=use, path=path)
        if path in texts:
            yield x509.described(nothing, texts[path], authorities[use])
        else:
            yield replace(nothing, missing=True)


SECTION = Section(script=_SCRIPT, parse=_parse)
