"""Root's rights in scripts: had already, or through sudo -n with the shipped list of commands."""

from orchestrator.model.facts import Unknown

# What `root` answers where sudo itself refuses; no command in these scripts ends with it.
REFUSED_STATUS = 77

# stdout and stdin are those of the command; sudo's own refusals are told from the command's messages by their words,
# hence LC_ALL.
SHELL = f"""
export LC_ALL=C
uid=$(id -u)
root() {{
  if [ "$uid" -eq 0 ]; then "$@"; return; fi
  {{ said=$(sudo -n "$@" 2>&1 >&3 3>&-); status=$?; }} 3>&1
  [ $status -eq 0 ] && return 0
  printf '%s\\n' "$said" >&2
  case $said in
    *"sudo: not found"*|*"sudo:"*"is required"*|*"Sorry, user"*|*"may not run sudo"*|*"not in the sudoers"*)
      return {REFUSED_STATUS} ;;
  esac
  return $status
}}
"""

REFUSED = Unknown(
    why="it needs root, and sudo -n refuses: install the sudoers list of docs/how-to/non-root-access.md",
    code="host.shell",
)
