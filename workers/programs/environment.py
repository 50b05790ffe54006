"""What a started command inherits from the environment of the process that starts it."""

import os
import pwd
from collections.abc import Mapping
from typing import Final

from astrolabe.domain.instances.process_user import ProcessUser

INHERITED: Final = frozenset(
    {
        # who and where
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "TMPDIR",
        "TZ",
        "LANG",
        "LANGUAGE",
        # the way out through a company's network
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "no_proxy",
        "NODE_EXTRA_CA_CERTS",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        # the user's npm configuration, which names registries and holds their credentials
        "npm_config_userconfig",
        "NPM_CONFIG_USERCONFIG",
        "npm_config_globalconfig",
        "NPM_CONFIG_GLOBALCONFIG",
        "npm_config_cafile",
        "NPM_CONFIG_CAFILE",
        "npm_config_cache",
        "NPM_CONFIG_CACHE",
        # which container engine
        "DOCKER_HOST",
        "DOCKER_CONFIG",
        "DOCKER_CONTEXT",
        "DOCKER_TLS_VERIFY",
        "DOCKER_CERT_PATH",
        "XDG_RUNTIME_DIR",
    }
)
"""Names a started command may see; `LC_*` besides; everything else stays with the worker."""


OF_ANYBODY: Final = frozenset(
    {
        *("PATH", "TZ", "LANG", "LANGUAGE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR"),
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    }
)
"""Those of them that mean the same to another user than the worker's."""


def inherited(source: Mapping[str, str] = os.environ) -> dict[str, str]:  # noqa: TID251  for others
    """Return the part of an environment that a started command inherits."""
    return {name: value for name, value in source.items() if name in INHERITED or name.startswith("LC_")}


def inherited_by(user: ProcessUser) -> dict[str, str]:
    """Return what a command inherits as another user than the worker: that one's home, and nothing of ours."""
    try:
        home = pwd.getpwuid(user.uid).pw_dir
    except KeyError:
        home = "/"
    ours = {name: value for name, value in inherited().items() if name in OF_ANYBODY or name.startswith("LC_")}
    return {**ours, "HOME": home, "USER": user.name, "LOGNAME": user.name}
