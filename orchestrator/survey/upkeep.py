"""The Upkeep of one machine, by scripts: commands leave a mark there before they begin, and are begun once."""

import shlex

from orchestrator.model.effect import Done, Effect, Refused, Unclear
from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostName
from orchestrator.model.upkeep import CommandSeen, CommandState, MachineSeen
from orchestrator.ports import CommandResult, HostShell

# Where marks lie: it outlives a restart of the machine (/run and often /tmp do not).
DIRECTORY = "/var/tmp/ferry-commands"  # noqa: S108 - the script makes it its own and refuses one that is not
# A guest is a program with the name of a QEMU, or one that was started as libvirt starts any emulator (-name, -uuid).
# No guest is one that libvirt only asks for its features (-machine none), or that has ended and was not waited for:
# that one has no command line. grep and sh do not find themselves: what they are given are no such names.
_LOOK = r"""
export LC_ALL=C
boot=$(cat {proc}/sys/kernel/random/boot_id) || exit 3
cat {proc}/1/cmdline >/dev/null 2>&1 || {{ echo hidden; exit 0; }}
words() {{ tr '\0' '\n' <"$cmdline" 2>/dev/null; }}
candidates() {{
  grep -lsazxE -e '(.*/)?(qemu-system-.*|qemu-kvm|kvm)' {proc}/[0-9]*/cmdline
  grep -lsazxF -e -uuid {proc}/[0-9]*/cmdline
}}
guests() {{
  for cmdline in $(candidates | sort -u); do
    case $(words | head -n 1) in
      qemu-system-* | */qemu-system-* | qemu-kvm | */qemu-kvm | kvm | */kvm) ;;
      *) words | grep -qxF -e -name && words | grep -qxF -e -uuid || continue ;;
    esac
    words | grep -x -A 1 -e -machine -e -M | grep -qxE -e '(type=)?none(,.*)?' && continue
    process=${{cmdline%/cmdline}}
    echo "${{process##*/}}"
  done
}}
"""
_MACHINE = _LOOK + 'echo "boot $boot"; echo "guests" $(guests); echo end\n'
# The mark is made by mkdir, which only the first one can. Whoever finds it there begins nothing. On a disk that is full
# or read-only it cannot be made, or not all that lies in it: what was cut short is not run, and never will be.
_BEGIN = (
    _LOOK
    + r"""
umask 077
mkdir -p {directory} && [ -O {directory} ] && [ ! -L {directory} ] || {{ echo "failed {directory}"; exit 0; }}
{guard}
mkdir {mark} 2>/dev/null || {{ [ -d {mark} ] && echo known || echo "unwritten"; exit 0; }}
wanted={command}
printf '%s\n' "$boot" >{mark}/boot
printf '%s\n' "$wanted" >{mark}/command
[ "$(cat {mark}/boot)" = "$boot" ] && [ "$(cat {mark}/command)" = "$(printf '%s' "$wanted")" ] || {{
  rm -f {mark}/boot {mark}/command
  true >{mark}/forbidden || rmdir {mark}
  echo "unwritten"; exit 0; }}
FERRY_HOST={host} FERRY_COMMAND={name} setsid sh -c '
  echo $$ >{mark}/pid; sh {mark}/command >{mark}/output 2>&1; echo $? >{mark}/status.new
  mv {mark}/status.new {mark}/status' </dev/null >/dev/null 2>&1 &
echo begun
"""
)
_GUARD = 'here=$(guests); [ -z "$here" ] || { echo "guests" $here; exit 0; }'
_FORBID = r"""
umask 077
mkdir -p {directory} && [ -O {directory} ] && [ ! -L {directory} ] || {{ echo "failed {directory}"; exit 0; }}
mkdir {mark} 2>/dev/null && {{
  if true >{mark}/forbidden; then echo forbidden; else rmdir {mark}; echo unwritten; fi
  exit 0; }}
if [ -e {mark}/forbidden ]; then echo forbidden; elif [ -d {mark} ]; then echo known; else echo unwritten; fi
"""
_SEEN = r"""
export LC_ALL=C
echo "boot $(cat {proc}/sys/kernel/random/boot_id)"
if [ ! -d {mark} ] || [ -e {mark}/forbidden ]; then echo "state never"
elif [ -s {mark}/status ]; then echo "state ended $(cat {mark}/status)"
elif [ "$(cat {mark}/boot 2>/dev/null)" = "$(cat {proc}/sys/kernel/random/boot_id)" ] &&
  {{ [ ! -s {mark}/pid ] || kill -0 "$(cat {mark}/pid)" 2>/dev/null; }}; then echo "state running"
elif [ -s {mark}/status ]; then echo "state ended $(cat {mark}/status)"
else echo "state broke"
fi
[ ! -f {mark}/output ] || tail -n 5 {mark}/output | cut -c 1-300 | sed 's/^/output /'
echo end
"""
_STATES: dict[str, CommandState] = {
    "never": "never begun", "running": "running", "ended": "ended", "broke": "broke off",
}  # fmt: skip


class ShellUpkeep:
    """Implements `ports.Upkeep` over a shell. beside_guests: guests of this machine do not keep a command from it."""

    def __init__(
        self, shell: HostShell, *, beside_guests: bool = False, proc: str = "/proc", directory: str = DIRECTORY
    ) -> None:
        self._shell = shell
        self._beside_guests = beside_guests
        self._proc = proc
        self._directory = directory

    def machine(self, *, within: float) -> MachineSeen | Unknown:
        """Say which boot this is and which QEMUs there are."""
        said = self._shell.run(_MACHINE.format(proc=self._proc), within=within)
        if isinstance(said, Unknown):
            return said
        found = _words(said)
        if "end" not in found:
            return _unreadable(said)
        return MachineSeen(boot_id=" ".join(found["boot"]), guests=tuple(int(pid) for pid in found["guests"]))

    def begin(self, name: str, command: str, *, about: HostName, within: float) -> Effect:
        """Begin the command once, if the kernel has no guest at this second."""
        script = _BEGIN.format(
            proc=self._proc,
            directory=shlex.quote(self._directory),
            guard=":" if self._beside_guests else _GUARD,
            mark=self._mark(name),
            name=shlex.quote(name),
            command=shlex.quote(command),
            host=shlex.quote(about),
        )
        said = self._shell.run(script, within=within)
        if isinstance(said, Unknown):
            return Unclear(why=said.why)
        found = _words(said)
        if "begun" in found:
            return Done()
        if "guests" in found:
            return Refused(why=f"there are QEMU processes: {', '.join(found['guests'])}")
        if "known" in found:
            return Refused(why=f"{name} was begun there before")
        if "hidden" in found:
            return Refused(why="the processes of other accounts are hidden there (hidepid)")
        if "failed" in found:
            return Refused(why=f"{self._directory} cannot be made, or belongs to another account")
        if "unwritten" in found:
            return Refused(why=self._full)
        return Unclear(why=_unreadable(said).why)

    def forbid(self, name: str, *, within: float) -> Effect:
        """Leave the mark, with nothing behind it."""
        script = _FORBID.format(directory=shlex.quote(self._directory), mark=self._mark(name))
        said = self._shell.run(script, within=within)
        if isinstance(said, Unknown):
            return Unclear(why=said.why)
        found = _words(said)
        if "forbidden" in found:
            return Done()
        if "unwritten" in found or "failed" in found:
            return Unclear(why=self._full)
        return Refused(why=f"{name} was begun there before") if "known" in found else Unclear(why=_unreadable(said).why)

    def seen(self, name: str, *, within: float) -> CommandSeen | Unknown:
        """Say what became of the command of that name."""
        said = self._shell.run(_SEEN.format(proc=self._proc, mark=self._mark(name)), within=within)
        if isinstance(said, Unknown):
            return said
        found = _words(said)
        if "end" not in found:
            return _unreadable(said)
        state, *status = found["state"]
        output = [line.removeprefix("output ") for line in said.stdout.splitlines() if line.startswith("output ")]
        return CommandSeen(
            state=_STATES[state],
            boot_id=" ".join(found["boot"]),
            status=int(status[0]) if status else None,
            output="\n".join(output),
        )

    @property
    def _full(self) -> str:
        return f"{self._directory} cannot be written: is the disk full, or read-only?"

    def _mark(self, name: str) -> str:
        return shlex.quote(f"{self._directory}/{name}")


def _words(said: CommandResult) -> dict[str, list[str]]:
    """First word of each line → the others."""
    lines = [line.split() for line in said.stdout.splitlines() if line.strip()]
    return {first: rest for first, *rest in lines}


def _unreadable(said: CommandResult) -> Unknown:
    if "hidden" in _words(said):
        return Unknown(why="the processes of other accounts are hidden there (hidepid)", code="host.shell")
    why = (said.stderr.strip().splitlines() or [f"it broke off (status {said.status})"])[-1]
    return Unknown(why=why, code="host.shell")
