"""The only door to paramiko: one authenticated connection to a host, and shell scripts run over it.

paramiko loads `invoke` (and with it asyncio and unittest.mock, a third of its own loading time) for `Match exec` in its
own parser of ssh_config. ferry lets OpenSSH read that file, so paramiko is loaded as if `invoke` were not installed.
"""

import sys

_stand_in = "invoke" not in sys.modules
if _stand_in:
    sys.modules["invoke"] = None  # type: ignore[assignment]  # what the import system takes for "not installed"
import paramiko as _paramiko  # noqa: E402, F401

if _stand_in:
    del sys.modules["invoke"]
