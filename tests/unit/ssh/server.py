"""A small SSH server on the loopback that runs what it is sent: the room is tested against the protocol itself."""

import socket
import subprocess
import threading
from pathlib import Path

import paramiko


class Server(paramiko.ServerInterface):
    """Lets one key in and runs commands with the local shell."""

    def __init__(self, accepted: paramiko.PKey) -> None:
        self.host_key = paramiko.ECDSAKey.generate()
        self.accepted = accepted
        self.connections = 0
        self.transports: list[paramiko.Transport] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            transport = paramiko.Transport(link)
            transport.add_server_key(self.host_key)
            self.transports.append(transport)
            try:
                transport.start_server(server=self)
            except (paramiko.SSHException, EOFError, OSError):
                continue

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return paramiko.AUTH_SUCCESSFUL if key == self.accepted else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        threading.Thread(target=self._run, args=(channel, command), daemon=True).start()
        return True

    def _run(self, channel: paramiko.Channel, command: bytes) -> None:
        script = b"".join(iter(lambda: channel.recv(65536), b""))
        done = subprocess.run(["sh", "-c", command], input=script, capture_output=True, check=False)
        channel.sendall(done.stdout)
        channel.sendall_stderr(done.stderr)
        channel.send_exit_status(done.returncode)
        channel.close()

    def close(self) -> None:
        self.listener.close()
        for transport in self.transports:
            transport.close()


def write_key(file: Path, key: paramiko.PKey, password: str | None = None) -> Path:
    """Write a private key as ssh-keygen would."""
    key.write_private_key_file(str(file), password=password)
    return file
