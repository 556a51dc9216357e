"""Repairs are written down before they are done, done once each, and told as the host answered."""

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from orchestrator.model.command import EjectMedium, MakeDirectory, RemoveToken, Repair, SetAside, StartPool
from orchestrator.model.effect import Done, Refused, Unclear
from orchestrator.model.entry import Closed, Mended, Mending
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Finding, Remedy, Severity
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.operations.history import report
from orchestrator.operations.repair import repair
from orchestrator.ports import CommandResult, HostShell, Hypervisor, Store
from tests.scenarios.simulated import WHO, Bench

A, B = HostName("alpha"), HostName("beta")
POOL = Remedy(host=B, repair=StartPool(pool="images"))
ISO = Remedy(host=A, repair=EjectMedium(guest=GuestId("g"), drive="sda", medium="/iso/a.iso"))
DIRECTORY = Remedy(host=B, repair=MakeDirectory(path="/srv/it's here"))


def finding(remedy: Remedy | None, check: str = "odd") -> Finding:
    """A blocker that comes with this remedy."""
    return Finding(
        check=check, severity=Severity.BLOCKER, guest="web", source=A, destination=B, saw="s", fix="f", remedy=remedy
    )


class Hosts:
    """Doors that note what reaches them; each looks at the journal first."""

    def __init__(self, bench: Bench, answer: Any) -> None:
        self.bench, self.answer = bench, answer
        self.asked: list[tuple[HostName, Any]] = []
        self.written: list[int] = []

    def doors(self):
        """The doors of a process whose hosts are these."""
        made = self.bench.doors()
        self.store = made.store()
        return replace(
            made,
            hypervisor=lambda host: cast(Hypervisor, _Host(self, host)),
            shell=lambda host: cast(HostShell, _Host(self, host)),
        )

    def called(self, host: HostName, what: Any) -> Any:
        """Note it, with how many entries had been written before."""
        self.asked.append((host, what))
        self.written.append(len(self.entries()))
        return self.answer

    def entries(self) -> list[Any]:
        """What the journal of the only run holds."""
        (run,) = self.store.runs()
        return [recorded.entry for recorded in self.store.entries(run.id)]


class _Host:
    def __init__(self, hosts: Hosts, host: HostName) -> None:
        self.hosts, self.host = hosts, host

    def mend(self, wanted: Any, *, within: float) -> Any:
        return self.hosts.called(self.host, wanted)

    def run(self, script: str, *, within: float) -> Any:
        return self.hosts.called(self.host, script)


def test_each_remedy_once_written_before_it_is_done() -> None:
    hosts = Hosts(Bench(), Done())
    done = repair(hosts.doors(), [finding(POOL), finding(ISO), finding(POOL, "again"), finding(None)], WHO)
    assert [(one.check, one.effect) for one in done] == [("odd", Done()), ("odd", Done())]
    assert hosts.asked == [(B, POOL.repair), (A, ISO.repair)]
    assert hosts.written == [1, 3]
    kinds = [type(entry) for entry in hosts.entries()]
    assert kinds == [Mending, Mended, Mending, Mended, Closed]
    assert hosts.entries()[-1] == Closed(exit_code=0)


def test_what_a_host_refused_is_told_and_the_run_is_not_called_done() -> None:
    hosts = Hosts(Bench(), Refused(why="the tray is locked"))
    (one,) = repair(hosts.doors(), [finding(ISO)], WHO)
    assert one.effect == Refused(why="the tray is locked")
    assert hosts.entries()[-1] == Closed(exit_code=1)


def test_a_directory_is_made_over_ssh_whatever_it_is_called() -> None:
    hosts = Hosts(Bench(), CommandResult(status=0, stdout="", stderr=""))
    (one,) = repair(hosts.doors(), [finding(DIRECTORY)], WHO)
    assert one.effect == Done()
    assert "'/srv/it'\"'\"'s here'" in hosts.asked[0][1]


def test_a_directory_that_could_not_be_made_is_refused_and_a_lost_answer_is_unclear() -> None:
    failed = Hosts(Bench(), CommandResult(status=1, stdout="", stderr="mkdir: Read-only file system\n"))
    (one,) = repair(failed.doors(), [finding(DIRECTORY)], WHO)
    assert one.effect == Refused(why="mkdir: Read-only file system")
    lost = Hosts(Bench(), Unknown(why="no answer", leg="ssh"))
    (other,) = repair(lost.doors(), [finding(DIRECTORY)], WHO)
    assert other.effect == Unclear(why="ssh: no answer")


class Here:
    """Every host is this machine, where whoever asks is root."""

    def __init__(self) -> None:
        self.scripts: list[str] = []

    def run(self, script: str, *, within: float) -> CommandResult:
        """Run it with a plain shell."""
        self.scripts.append(script)
        done = subprocess.run(
            ["sh", "-u"],
            input=script.replace("sudo -n ", ""),
            capture_output=True,
            text=True,
            check=False,
            timeout=within,
        )
        return CommandResult(status=done.returncode, stdout=done.stdout, stderr=done.stderr)


def carried_out(wanted: Repair, here: Here | None = None) -> Any:
    """The effect of one repair on this machine."""
    here = here or Here()
    doors = replace(Bench().doors(), shell=lambda _host: cast(HostShell, here))
    (one,) = repair(doors, [finding(Remedy(host=A, repair=wanted))], WHO)
    return one.effect


TOKEN = ".ferry-0123456789abcdef01234567"


def test_a_token_is_removed_and_one_that_is_gone_is_no_failure(tmp_path: Path) -> None:
    token = tmp_path / "it's here" / TOKEN
    token.parent.mkdir()
    token.touch()
    for _ in range(2):
        assert carried_out(RemoveToken(path=str(token))) == Done()
        assert not token.exists()


@pytest.mark.parametrize(
    "name",
    ["web.img", f"{TOKEN}0", f"{TOKEN}/web.img", TOKEN.upper(), f"{TOKEN}/../web.img", f"{TOKEN}\n", f"a/../{TOKEN}"],
)
def test_nothing_but_a_token_is_ever_removed(tmp_path: Path, name: str) -> None:
    here = Here()
    effect = carried_out(RemoveToken(path=f"{tmp_path}/{name}"), here)
    assert isinstance(effect, Refused) and not here.scripts, "it does not even reach the host"
    assert isinstance(carried_out(RemoveToken(path=TOKEN), here), Refused)


def test_a_directory_is_set_aside_with_all_that_is_in_it(tmp_path: Path) -> None:
    path, to = tmp_path / "it's", tmp_path / "it's.aside"
    (path / "tpm2").mkdir(parents=True)
    (path / "tpm2/keys").write_text("secret")
    assert carried_out(SetAside(path=str(path), to=str(to))) == Done()
    assert (to / "tpm2/keys").read_text() == "secret" and not path.exists()
    again = carried_out(SetAside(path=str(path), to=str(to)))
    assert isinstance(again, Refused) and "not there any more" in again.why


def test_nothing_is_set_aside_over_something_else(tmp_path: Path) -> None:
    for name in ("path", "to"):
        (tmp_path / name).mkdir()
    effect = carried_out(SetAside(path=f"{tmp_path}/path", to=f"{tmp_path}/to"))
    assert isinstance(effect, Refused) and "new name" in effect.why
    assert (tmp_path / "path").exists()


def test_what_a_program_was_told_of_is_in_use(tmp_path: Path) -> None:
    (tmp_path / "path").mkdir()
    program = subprocess.Popen(
        ["sh", "-c", "read -r line", f"dir={tmp_path}/path/tpm2,mode=0600"], stdin=subprocess.PIPE
    )
    try:
        effect = carried_out(SetAside(path=f"{tmp_path}/path", to=f"{tmp_path}/to"))
    finally:
        program.kill()
        program.wait()
    assert isinstance(effect, Refused) and f"/proc/{program.pid}/cmdline" in effect.why
    assert (tmp_path / "path").exists()


@pytest.mark.parametrize("to", ["/elsewhere/path.aside", "path.aside", "{}/deeper/path.aside", "{}/../path.aside"])
def test_nothing_is_set_aside_anywhere_else(tmp_path: Path, to: str) -> None:
    (tmp_path / "path").mkdir()
    here = Here()
    effect = carried_out(SetAside(path=f"{tmp_path}/path", to=to.format(tmp_path)), here)
    assert isinstance(effect, Refused) and not here.scripts


@pytest.mark.parametrize("path", ["/srv/../etc/x", "/srv/./x", "srv/x", "/", "/srv//x", "/srv/x/", ""])
def test_no_directory_is_made_whose_path_does_not_say_plainly_where(path: str) -> None:
    hosts = Hosts(Bench(), CommandResult(status=0, stdout="", stderr=""))
    (one,) = repair(hosts.doors(), [finding(Remedy(host=B, repair=MakeDirectory(path=path)))], WHO)
    assert isinstance(one.effect, Refused) and hosts.asked == []


def test_the_history_tells_what_was_repaired_and_what_has_no_answer() -> None:
    hosts = Hosts(Bench(), Done())
    repair(hosts.doors(), [finding(POOL), finding(ISO)], WHO)
    (run,) = hosts.store.runs()
    told = report(hosts.store, run)
    assert [(one.remedy, one.effect) for one in told.repairs] == [(POOL, Done()), (ISO, Done())]

    class Cut:
        """The store of a process that died before it could write the second answer."""

        def entries(self, run_id):
            return [e for e in hosts.store.entries(run_id) if not (isinstance(e.entry, Mended) and e.entry.host == A)]

        def lease(self, name):
            return None

    cut = report(cast(Store, Cut()), run)
    assert [type(one.effect) for one in cut.repairs] == [Done, Unclear]
