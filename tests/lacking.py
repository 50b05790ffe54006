"""What a machine lacks: skipped with the reason, and a failure in CI, which has everything."""

import os
import pwd
from typing import NoReturn

import pytest

from astrolabe.domain.instances.process_user import ProcessUser


def lacks(why: str) -> NoReturn:
    """End a test that this machine cannot run, and say what it lacks."""
    if os.environ.get("CI"):
        pytest.fail(f"CI must have it: {why}")
    pytest.skip(why)


def another_user() -> ProcessUser:
    """Return a user of this host without any rights, whom only root can run something as."""
    if os.geteuid() != 0:
        lacks("only root runs something as another user")
    found = pwd.getpwnam("nobody")
    return ProcessUser(found.pw_name, found.pw_uid, found.pw_gid)
