"""Where the process that sends may connect: to what webhooks may be sent to, whatever library asks for it.

Apprise's services bring their own clients, so each connection is looked at where Python makes it, by an audit hook,
which nothing in the process can take off. What it is asked for is an address already; a name that leads elsewhere a
moment later gains nothing.
"""

import sys
from ipaddress import ip_address

from astrolabe.domain.webhooks.web_address import Network, is_denied
from astrolabe.store.settings import variable

CONNECTING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
STARTING = frozenset(
    {"os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "pty.spawn", "subprocess.Popen"}
)


class ConnectionGuard:
    """What is refused in this process from `begin` on; `refused` is the last of it in words."""

    def __init__(self, allowed: tuple[Network, ...]) -> None:
        self._allowed: tuple[Network, ...] = allowed
        self.refused: str | None = None

    def begin(self) -> None:
        """Look at every connection and every start of a program from here on."""
        sys.addaudithook(self._look)

    def _look(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in CONNECTING and (why := self.why_not(arguments[1])):
            self._refuse(why)
        elif event in STARTING:
            self._refuse("The service would start a program on this host.")

    def _refuse(self, why: str) -> None:
        self.refused = why
        raise PermissionError(why)

    def why_not(self, address: object) -> str | None:
        """Return why an address as sockets have it may not be connected to; None where it may."""
        if address is None:
            # A datagram to whom the socket is connected to already.
            return None
        if not isinstance(address, tuple):
            return "The service would connect to something on this host."
        ip = ip_address(str(address[0]).partition("%")[0])
        if any(ip.version == each.version and ip in each for each in self._allowed) or not is_denied(ip):
            return None
        return f"The service leads to {ip}, which is not public; {variable('webhook_allow')} may allow it."
