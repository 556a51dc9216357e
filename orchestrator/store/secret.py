"""The password of the store, read from where the configuration says, each time a connection is made."""

import os
import stat
from pathlib import Path

from orchestrator.errors import OrchestratorError
from orchestrator.model.settings import Secret

_LONGEST = 4096


def read(where: Secret | None) -> str | None:
    """The password; None: libpq has ways of its own. Raises store.password, with the place and never the text."""
    if where is None:
        return None
    if where.env is not None:
        text = os.environ.get(where.env, "")
        saw = f"the environment variable {where.env} is not set, or empty"
        fix = f"Set it, or name a file: store_password: {{file: /etc/ferry/store.password}}, instead of {where.env}"
    else:
        assert where.file is not None
        text = _of_file(Path(where.file))
        saw, fix = f"{where.file} is empty", "Write the password into its first line."
    if not text:
        raise OrchestratorError.of("store.password", saw, fix=fix)
    return text


def _of_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise OrchestratorError.of("store.password", f"{path} is no file")
            if mode & stat.S_IRWXO:
                saw = f"{path} is open to every user of this machine (mode {stat.S_IMODE(mode):04o})"
                raise OrchestratorError.of("store.password", saw, fix=f"chmod o= {path}; and change the password")
            content = file.read(_LONGEST)
    except OSError as error:
        raise OrchestratorError.of(
            "store.password", f"{path}: {error.strerror}", fix=f"Look at it: ls -l {path}"
        ) from error
    try:
        return content.decode().partition("\n")[0].rstrip("\r")
    except UnicodeDecodeError:
        raise OrchestratorError.of("store.password", f"{path} is no text in UTF-8") from None
