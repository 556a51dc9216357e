"""The Announcer of one host: tells a guest's neighbours which MAC has its address, and the switches where it is."""

import ipaddress
import shlex

from orchestrator.model.effect import Done, Effect, Refused, Unclear
from orchestrator.model.facts import Unknown
from orchestrator.model.move import Move
from orchestrator.ports import HostShell
from orchestrator.survey import root
from orchestrator.survey.program import Program

_TIMES = 3  # a tenth of a second apart: one may be lost
_CODE = "host.shell"

# Both forms of a gratuitous ARP, because neighbours differ in which one they heed (RFC 5227, section 3). Sent by the
# bridge itself, which passes it on to every port but learns nothing from it: the guest's own port keeps the MAC.
_SEND = Program(
    perl=r"""
use Socket;
my ($index, $mac, $address, $times) = @ARGV;
my ($own, $ip, $all) = (pack('H12', $mac =~ s/://gr), inet_aton($address), "\xff" x 6);
socket(my $wire, 17, SOCK_RAW, unpack('S', pack('n', 0x0806))) or die "$!\n";
my $place = pack('S n i S C C a8', 17, 0x0806, $index, 1, 0, 6, $all);
for my $round (1 .. $times) {
  for my $operation (1, 2) {
    my $arp = pack('n n C C n', 1, 0x0800, 6, 4, $operation) . $own . $ip . ($operation == 2 ? $all : "\0" x 6) . $ip;
    defined send($wire, $all . $own . pack('n', 0x0806) . $arp . "\0" x 18, 0, $place) or die "$!\n";
  }
  select undef, undef, undef, 0.1 if $round < $times;
}
print "sent\n";
""",
    python=r"""
import socket, struct, sys, time
index, mac, address, times = sys.argv[1:]
own, ip, all_ = bytes.fromhex(mac.replace(":", "")), socket.inet_aton(address), b"\xff" * 6
try:
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
    wire.bind((socket.if_indextoname(int(index)), 0x0806))
    for round_ in range(int(times)):
        for operation in (1, 2):
            there = all_ if operation == 2 else bytes(6)
            arp = struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation) + own + ip + there + ip
            wire.send(all_ + own + struct.pack("!H", 0x0806) + arp + bytes(18))
        if round_ + 1 < int(times): time.sleep(0.1)
except OSError as error: sys.exit(error.strerror)
print("sent")
""",
)
# `domiflist` prints interface, type, source, model and MAC; the bridge is the one the interface is plugged into.
_SCRIPT = """
{root}
listed=$(LC_ALL=C timeout 4 virsh -q -c qemu:///system domiflist {guest} 2>&1) || {{
  echo "refused $(printf '%s' "$listed" | tr '\\n' ' ')"; exit 0; }}
set -- $(printf '%s\\n' "$listed" | awk 'NF >= 5 {{ print $1 "/" $NF }}')
[ $# -eq 1 ] || {{
  echo "refused it has $# network interfaces there, and which of them has {address} is not known"; exit 0; }}
tap=${{1%%/*}} mac=${{1##*/}}
master=$(readlink -f "{net}/$tap/master") && bridge=${{master##*/}}
[ -d "{net}/$bridge/bridge" ] || {{ echo "refused its interface $tap is not plugged into a Linux bridge"; exit 0; }}
index=$(cat "{net}/$bridge/ifindex")
{send}
case $? in 0) ;; {no_root}) echo "refused {needs_root}" ;; *) echo failed ;; esac
"""


class ShellAnnouncer:
    """Implements `ports.Announcer` over the shell of the destination. Needs root there, or a sudo that allows all."""

    def __init__(self, shell: HostShell) -> None:
        self._shell = shell

    def announce(self, move: Move, *, within: float) -> Effect:
        """Sends six frames. Refused also where the guest has several interfaces: a wrong pair of address and MAC would
        cut the guest off."""
        if move.probe_address is None:
            return Refused(why=f"the address of {move.name} is not known", code=_CODE)
        try:
            address = ipaddress.IPv4Address(move.probe_address)
        except ValueError:
            return Refused(why=f"{move.probe_address} is no IPv4 address, and ARP knows no other", code=_CODE)
        said = self._shell.run(_script(move, str(address)), within=within)
        if isinstance(said, Unknown):
            return Unclear(why=said.why)
        word, _, rest = (said.stdout.strip().splitlines() or [""])[-1].partition(" ")
        if word == "sent":
            return Done()
        if word == "refused":
            return Refused(why=rest.strip(), code=_CODE)
        lines = said.stderr.strip().splitlines()
        return Unclear(why=lines[-1] if lines else f"the script said nothing (status {said.status})")


def _script(move: Move, address: str, net: str = "/sys/class/net") -> str:
    send = _SEND.script(['"$index"', '"$mac"', address, str(_TIMES)], prefix="root")
    return _SCRIPT.format(
        root=root.SHELL, guest=shlex.quote(move.guest), address=address, net=net, send=send,
        no_root=root.REFUSED_STATUS, needs_root="only root can send it, and sudo -n refuses to run perl or python3",
    )  # fmt: skip
