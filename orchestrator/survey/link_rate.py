"""How much a link carries now: a host listens, another sends in one stream or several, and who receives counts."""

import math
import shlex

from orchestrator.model.facts import Unknown
from orchestrator.ports import CommandResult
from orchestrator.survey import root
from orchestrator.survey.program import Program

_SKIP, _COUNT = 0.2, 0.6  # seconds: a new connection is slow at first, which is not counted
_LIVES = 4.2  # seconds beyond the counted ones after which either end is gone, whatever became of the other and of ssh
_TRIED = 7  # ports beyond one for each stream, from the end of the range down

# The listener goes into the background once it listens, and answers over the connection: so that the sender connects
# to nobody else, and nothing has to be kept or removed. POSIX::times counts hundredths of a second; Time::HiRes is not
# in perl-base. SO_REUSEADDR: a connection that lingers afterwards keeps no QEMU from the port.
_LISTEN = Program(
    perl=r"""
use Socket; use POSIX ();
my ($address, $token, $skip, $count, $lives, $last, $first) = @ARGV;
my $family = $address =~ /:/ ? AF_INET6 : AF_INET;
my $packed = Socket::inet_pton($family, $address) or die "no address: $address\n";
my $ticks = POSIX::sysconf(&POSIX::_SC_CLK_TCK);
sub now { (POSIX::times())[0] / $ticks }
my ($door, $port);
for (my $try = $last; $try >= $first; $try--) {
  socket($door, $family, SOCK_STREAM, 0) or die "socket: $!\n";
  setsockopt($door, SOL_SOCKET, SO_REUSEADDR, 1);
  my $place = $family == AF_INET ? pack_sockaddr_in($try, $packed) : Socket::pack_sockaddr_in6($try, $packed);
  if (bind($door, $place) && listen($door, 4)) { $port = $try; last }
  die "$address: $!\n" unless $! == POSIX::EADDRINUSE();
}
die "ports $first to $last are all in use\n" unless $port;
defined(my $child = fork) or die "fork: $!\n";
if ($child) { print "port $port\n"; exit 0 }
alarm $lives; $SIG{PIPE} = 'IGNORE';
open $_->[0], $_->[1], '/dev/null' for [\*STDIN, '<'], [\*STDOUT, '>'], [\*STDERR, '>'];
while (accept(my $peer, $door)) {
  my $said = '';
  while (length $said < length $token) { sysread($peer, $said, length($token) - length($said), length $said) or last }
  next unless $said eq $token;
  my ($begun, $from, $end, $bytes) = (now(), undef, 0, 0);
  while (my $got = sysread($peer, my $data, 262144)) {
    $end = now();
    if (defined $from) { $bytes += $got; last if $end - $from >= $count }
    elsif ($end - $begun >= $skip) { $from = $end }
  }
  syswrite($peer, sprintf("%d %d\n", $bytes, ($end - ($from // $end)) * 1000));
  1 while sysread($peer, my $rest, 262144);
  exit 0;
}
""",
    python=r"""
import errno, os, signal, socket, sys, time
address, token, skip, count, lives, last, first = sys.argv[1:]
skip, count, token = float(skip), float(count), token.encode()
family = socket.AF_INET6 if ":" in address else socket.AF_INET
for port in range(int(last), int(first) - 1, -1):
    door = socket.socket(family)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((address, port)); door.listen(4); break
    except OSError as error:
        if error.errno != errno.EADDRINUSE: sys.exit("%s: %s" % (address, error.strerror))
else: sys.exit("ports %s to %s are all in use" % (first, last))
if os.fork():
    print("port", port); sys.stdout.flush(); os._exit(0)
signal.alarm(int(lives))
for number in (0, 1, 2): os.dup2(os.open("/dev/null", os.O_RDWR), number)
while True:
    peer = door.accept()[0]
    said = b""
    while len(said) < len(token):
        more = peer.recv(len(token) - len(said))
        if not more: break
        said += more
    if said != token:
        peer.close()
        continue
    begun, start, end, total = time.monotonic(), None, 0, 0
    while True:
        got = len(peer.recv(262144))
        if not got: break
        end = time.monotonic()
        if start is not None:
            total += got
            if end - start >= count: break
        elif end - begun >= skip: start = end
    peer.sendall(b"%d %d\n" % (total, (end - (start or end)) * 1000))
    while peer.recv(262144): pass
    break
""",
)
_SEND = Program(
    perl=r"""
use Socket; use POSIX ();
my ($address, $token, $lives, $port) = @ARGV;
my $family = $address =~ /:/ ? AF_INET6 : AF_INET;
my $packed = Socket::inet_pton($family, $address) or die "no address: $address\n";
$SIG{ALRM} = sub { die "no answer from $address port $port within $lives s\n" }; $SIG{PIPE} = 'IGNORE'; alarm $lives;
socket(my $peer, $family, SOCK_STREAM, 0) or die "socket: $!\n";
my $place = $family == AF_INET ? pack_sockaddr_in($port, $packed) : Socket::pack_sockaddr_in6($port, $packed);
connect($peer, $place) or die "$address port $port: $!\n";
my $data = join '', map { pack 'N', rand 2**32 } 1 .. 65536;
send($peer, $token, 0);
my $answer = '';
until ($answer =~ /\n/) {
  my ($in, $out) = ('', '');
  vec($in, fileno $peer, 1) = vec($out, fileno $peer, 1) = 1;
  select($in, $out, undef, undef);
  if (vec($in, fileno $peer, 1)) { sysread($peer, $answer, 64, length $answer) or die "$address broke off\n" }
  else { defined send($peer, $data, MSG_DONTWAIT) or $! == POSIX::EAGAIN() or die "$address: $!\n" }
}
setsockopt($peer, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0);
print "received $answer";
""",
    python=r"""
import os, select, signal, socket, struct, sys
address, token, lives, port = sys.argv[1:]
def late(*_): sys.exit("no answer from %s port %s within %s s" % (address, port, lives))
signal.signal(signal.SIGALRM, late); signal.alarm(int(lives))
try:
    peer = socket.create_connection((address, int(port)))
    data, answer = os.urandom(262144), b""
    peer.sendall(token.encode())
    while not answer.endswith(b"\n"):
        if select.select([peer], [peer], [])[0]:
            more = peer.recv(64)
            if not more: sys.exit("%s broke off" % address)
            answer += more
        else:
            try: peer.send(data, socket.MSG_DONTWAIT)
            except BlockingIOError: pass
except OSError as error: sys.exit("%s port %s: %s" % (address, port, error.strerror))
peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
print("received", answer.decode(), end="")
""",
)
# libvirt gives out the lowest free port of this range and tries itself whether one is free; so we take the last.
RANGE = r"""
configured=$(root cat /etc/libvirt/qemu.conf 2>/dev/null)
setting() { printf '%s\n' "$configured" | sed -n "s/^ *$1 *= *\([0-9][0-9]*\).*/\1/p" | tail -n 1; }
last=$(setting migration_port_max); last=${last:-49215}
first=$(setting migration_port_min); first=${first:-49152}
[ $((last - tried)) -le "$first" ] || first=$((last - tried + 1))
"""


def listen_script(address: str, token: str, *, streams: int = 1, seconds: float | None = None) -> str:
    """For the destination: wait at its address for as many senders who know the token, each at a port of its own.

    seconds: that are counted; none given: 0.6. After 4.2 s more they are gone, whatever happened.
    """
    counted = _COUNT if seconds is None else seconds
    words = [shlex.quote(address), token, f"{_SKIP}", f"{counted:g}", _lives(counted), '"$last"', '"$first"']
    numbers = " ".join(str(number) for number in range(streams))
    each = f"for number in {numbers}; do\n{_LISTEN.script(words)}\n[ $? -eq 0 ] || exit 1\ndone\n"
    return f"{root.SHELL}tried={_TRIED + streams}{RANGE}" + each


def send_script(address: str, token: str, *ports: int, seconds: float | None = None) -> str:
    """For the source: send to all these ports at once until the other end has counted enough."""
    lives = _lives(_COUNT if seconds is None else seconds)
    program = _SEND.script([shlex.quote(address), token, lives, '"$port"'])
    return f"for port in {' '.join(str(port) for port in ports)}; do\n{{ {program} }} &\ndone\nwait\n"


def _lives(counted: float) -> str:
    return str(math.ceil(counted + _LIVES))


def ports(said: CommandResult | Unknown, leg: str, *, streams: int = 1) -> tuple[int, ...] | Unknown:
    """Read where the destination listens."""
    if isinstance(said, Unknown):
        return said
    lines = [line.split() for line in said.stdout.splitlines()]
    found = tuple(int(words[1]) for words in lines if words[:1] == ["port"] and len(words) == 2)
    return found if len(found) == streams else _silence(said, leg)


def rate(said: CommandResult | Unknown, leg: str, *, streams: int = 1) -> int | Unknown:
    """Read bytes per second, of all streams together: each has counted for itself, at the same time."""
    if isinstance(said, Unknown):
        return said
    lines = [line.split() for line in said.stdout.splitlines()]
    counted = [(int(words[1]), int(words[2])) for words in lines if words[:1] == ["received"] and len(words) == 3]
    if len(counted) != streams:
        return _silence(said, leg)
    if all(received and milliseconds for received, milliseconds in counted):
        return sum(received * 1000 // milliseconds for received, milliseconds in counted)
    return Unknown(why="the destination received too little to tell a rate", code="host.shell", leg=leg)


def _silence(said: CommandResult, leg: str) -> Unknown:
    lines = said.stderr.strip().splitlines()
    return Unknown(why=lines[-1] if lines else f"no answer (status {said.status})", code="host.shell", leg=leg)
