"""A BlackoutProbe that pings the guest from where ferry runs."""

import select
import threading
import time

from orchestrator.model.facts import Unknown
from orchestrator.model.move import Blackout
from orchestrator.ports import Watch
from orchestrator.probe.echo import EchoSocket
from orchestrator.probe.silence import Silence

_MS = 10**6
_FRESH = 250 * _MS


class PingProbe:
    """Watch guests by ICMP echo, one request every `interval` seconds."""

    def __init__(self, *, interval: float = 0.025) -> None:
        self._interval = interval

    def watch(self, address: str) -> Watch:
        """Begin; the answer is asked for when the move is over."""
        try:
            return _PingWatch(EchoSocket(address), address, self._interval)
        except PermissionError:
            why = "no permission to send ICMP echo requests (run as root, or widen net.ipv4.ping_group_range)"
            return _NoWatch(Unknown(why=why, leg=f"controller to guest at {address}"))
        except (OSError, ValueError) as error:
            return _NoWatch(Unknown(why=str(error), leg=f"controller to guest at {address}"))


class _NoWatch:
    def __init__(self, why: Unknown) -> None:
        self._why = why

    def answering(self) -> bool:
        return False

    def stop(self) -> Unknown:
        return self._why


class _PingWatch:
    def __init__(self, echo: EchoSocket, address: str, interval: float) -> None:
        self._echo = echo
        self._address = address
        self._interval_ns = int(interval * 1000 * _MS)
        self._lock = threading.Lock()
        self._silence = Silence()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"probe-{address}", daemon=True)
        self._thread.start()

    def answering(self) -> bool:
        with self._lock:
            return self._silence.answering(time.monotonic_ns(), within=_FRESH)

    def stop(self) -> Blackout | Unknown:
        self._stopping.set()
        self._thread.join(1.0)
        with self._lock:
            said = self._silence
            if said.answered == 0:
                why = f"did not answer before the move: {said.sent} echo requests, no reply"
                return Unknown(why=why, leg=f"controller to guest at {self._address}")
            longest_ms = said.end(time.monotonic_ns()) // _MS
            return Blackout(longest_ms=longest_ms, sent=said.sent, answered=said.answered)

    def _run(self) -> None:
        number, due = 0, time.monotonic_ns()
        while not self._stopping.is_set():
            now = time.monotonic_ns()
            if now >= due:
                self._hear()  # first what has come while this thread slept, then the next question
                with self._lock:
                    self._silence.asked(time.monotonic_ns())
                self._echo.send(number)
                number += 1
                due = max(due + self._interval_ns, now)
            select.select([self._echo.socket], [], [], max(0, due - time.monotonic_ns()) / 10**9)
            self._hear()
        self._echo.close()

    def _hear(self) -> None:
        while (answer := self._echo.receive()) is not None:
            at = time.monotonic_ns()
            if answer.arrived_ns is not None:
                # The kernel stamps arrivals with the wall clock; the difference is the time spent in its queue.
                at -= min(max(0, time.time_ns() - answer.arrived_ns), 10 * 10**9)
            with self._lock:
                self._silence.heard(at)
