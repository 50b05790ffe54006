"""Surroundings: variables of a login, a shell or a supervisor, by which no gateway is set."""

import re
from collections.abc import Collection
from typing import Final

_NAMES: Final = (
    "PATH|HOME|USER|LOGNAME|USERNAME|SHELL|SHLVL|PWD|OLDPWD|_|MAIL|HOSTNAME|HOSTTYPE|TMPDIR|TEMP|TMP"
    "|LANG|LANGUAGE|TERM|COLORTERM|COLUMNS|LINES|COLOR|FORCE_COLOR|NO_COLOR|LS_COLORS|DISPLAY|XAUTHORITY"
    "|EDITOR|VISUAL|PAGER|LESS|LESSOPEN|LESSCLOSE|MANPATH|INFOPATH|PS1|PROMPT_COMMAND|DEBIAN_FRONTEND|container"
    "|NODE|INIT_CWD|PNPM_HOME|BUN_INSTALL|NVM_DIR|NVM_BIN|NVM_INC|NVM_CD_FLAGS|VIRTUAL_ENV|PYTHONPATH|PYTHONHOME|PYTHONUNBUFFERED"
    "|INVOCATION_ID|JOURNAL_STREAM|NOTIFY_SOCKET|WATCHDOG_PID|WATCHDOG_USEC|MANAGERPID|MAINPID|SYSTEMD_EXEC_PID"
    "|RUNTIME_DIRECTORY|STATE_DIRECTORY|CACHE_DIRECTORY|LOGS_DIRECTORY|CONFIGURATION_DIRECTORY"
    "|TMUX|TMUX_PANE|STY|WINDOWID|DBUS_SESSION_BUS_ADDRESS|SESSION_MANAGER|DESKTOP_SESSION|NODE_APP_INSTANCE"
)
_FAMILIES: Final = (
    "LC_|XDG_|SSH_|SUDO_|TERM_|HIST|LISTEN_|MEMORY_PRESSURE_|VSCODE_|GNOME_|GTK_|KDE_|QT_|WSL|SUPERVISOR_|PM2_"
    "|NODE_CHANNEL_|FNM_|VOLTA_|ASDF_|MISE_|PYENV_|CONDA_|HOMEBREW_|ASTROLABE_|npm_|NPM_CONFIG_"
)
_SURROUNDINGS: Final = re.compile(rf"({_NAMES})$|({_FAMILIES})")

_PM2: Final = "pm_id"
"""The variable by which one knows pm2, which gives a process its whole list entry as variables of small letters."""

_PROXIES: Final = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"})
_NO_PROXY: Final = "NO_PROXY"


def without_surroundings(names: Collection[str]) -> list[str]:
    """Return those of a process's variables by which its program may have been set, in order."""
    in_pm2, proxied = _PM2 in names, any(name.upper() in _PROXIES for name in names)
    return sorted(
        name
        for name in names
        if not _SURROUNDINGS.match(name)
        and not (in_pm2 and not name[:1].isupper())
        and (proxied or name.upper() != _NO_PROXY)  # it says something only beside a proxy
    )
