"""RDMA devices: state, the interface they belong to, and the character devices that QEMU must open."""

from collections.abc import Sequence

from orchestrator.model.cabling import RdmaDevice
from orchestrator.model.facts import Unknown
from orchestrator.survey.topics.section import Section, under

# A software device (rxe, siw) names its interface in `parent`.
_SCRIPT = """
echo "looked yes"
[ -c /dev/infiniband/rdma_cm ] && echo "file * /dev/infiniband/rdma_cm"
for device in /sys/class/infiniband/*; do
  [ -d "$device" ] || continue
  name=${device##*/}
  interface=$(ls "$device/device/net" 2>/dev/null | head -n 1)
  [ -n "$interface" ] || interface=$(cat "$device/parent" 2>/dev/null)
  state=$(cat "$device/ports/1/state" 2>/dev/null)
  layer=$(cat "$device/ports/1/link_layer" 2>/dev/null)
  echo "device $name ${interface:--} ${layer:--} ${state##*: }"
done
for verbs in /sys/class/infiniband_verbs/uverbs*; do
  [ -r "$verbs/ibdev" ] && [ -c "/dev/infiniband/${verbs##*/}" ] &&
    echo "file $(cat "$verbs/ibdev") /dev/infiniband/${verbs##*/}"
done
"""


def _parse(lines: Sequence[str]) -> tuple[RdmaDevice, ...] | Unknown:
    if "looked yes" not in lines:
        return Unknown(why="the host's RDMA devices could not be listed", code="host.shell")
    files = [line.split() for line in under(lines, "file")]
    return tuple(
        RdmaDevice(
            name=name,
            interface="" if interface == "-" else interface,
            state=state,
            link_layer="" if layer == "-" else layer,
            files=tuple(path for owner, path in files if owner in ("*", name)),
        )
        for name, interface, layer, state in (line.split(maxsplit=3) for line in under(lines, "device"))
    )


SECTION = Section(script=_SCRIPT, parse=_parse)
