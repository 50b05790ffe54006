"""Hostile URLs: whatever form an address takes, no connection is opened to one that is denied."""

from ipaddress import ip_network
from typing import Any

import httpcore
import pytest

from tests.workers.recording import Names, Recorder, attempt

HOSTILE = [
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.0.1./",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.0.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://192.0.0.192/opc/v2/",
    "https://168.63.129.16/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[::1]/",
    "https://[::]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::a00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fec0::1]/",
    "https://[fd00:ec2::254]/",
    "https://[ff02::1]/",
    "https://[3fff::1]/",
    "https://localhost/",
    "https://localhost./",
    "https://localhost.localdomain/",
    "https://inside.example/",
    "https://mixed.example/",
    "https://metadata.example/",
    "https://nat64.example/",
    "https://nothing.example/",
    "https://user:secret@fine.example/",
    "https://fine.example@127.0.0.1/",
    "https://fine.example\\@127.0.0.1/",
    "https://127.0.0.1\\.fine.example/",
    "https://127.0.0.1%2f.fine.example/",
    "https://017700000001/",
    "https://0x7f.1/",
    "https://[::ffff:169.254.169.254]/",
    "https://[::ffff:0:7f00:1]/",
    "https://[2002:a9fe:a9fe::]/",
    "https://fine.example:22/",
    "https://fine.example:25/",
    "https://fine.example:6379/",
    "https://fine.example:99999/",
    "https://fine.example#@127.0.0.1/",
    "https:///127.0.0.1/",
    "http://fine.example/",
    "http://169.254.169.254/",
    "ftp://fine.example/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "https://b\u00fccher.example/",
    "https://xn--bcher-kva.example/",
    "https://\u2460\u2461\u2466.0.0.1/",
    "https://fine.example/\r\nHost: inside.example",
]


@pytest.mark.parametrize("url", HOSTILE)
async def test_a_hostile_url_opens_no_connection(url: str) -> None:
    """Nothing is opened, whatever form the address takes; the attempt says why."""
    network = Recorder()
    answer = await attempt(url, network)
    assert network.opened == []
    assert answer.status is None
    assert answer.response.endswith(".")


def test_there_are_enough_hostile_urls() -> None:
    """Forty forms and more, none of them twice."""
    assert len(set(HOSTILE)) == len(HOSTILE) >= 40


async def test_an_allow_list_opens_what_it_names_and_nothing_else() -> None:
    """An operator's network is reached, by plain http too; its neighbour, its disguises and mixed company are not."""
    allowed = (ip_network("192.168.1.0/24"),)
    for url, opened in (
        ("https://192.168.1.7/", [("192.168.1.7", 443)]),
        ("http://inside.example:8080/", [("192.168.1.1", 8080)]),
        ("https://192.168.2.7/", []),
        ("https://[::ffff:192.168.1.7]/", []),
        ("https://mixed.example/", []),
        ("http://fine.example/", []),
        ("http://inside.example:6379/", []),
    ):
        network = Recorder()
        answer = await attempt(url, network, allowed=allowed)
        assert (network.opened, answer.status == 200) == (opened, bool(opened)), url


async def test_a_name_is_resolved_once_and_that_address_connected_to() -> None:
    """The connection goes to the very address that was checked, under the name for SNI and Host."""
    network, names = Recorder(), Names()
    answer = await attempt("https://fine.example/hook", network, names)
    assert (answer.status, network.opened, names.asked) == (200, [("93.184.216.34", 443)], ["fine.example"])
    assert network.names == ["fine.example"]


async def test_a_host_whose_first_address_is_silent_is_reached_by_its_second() -> None:
    """All addresses were checked before the first was tried, and the name stays the one for SNI."""

    class Silent(Recorder):
        async def connect_tcp(self, host: str, port: int, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
            stream = await super().connect_tcp(host, port, *args, **options)
            if ":" in host:
                raise httpcore.ConnectTimeout
            return stream

    network = Silent()
    answer = await attempt("https://two.example/", network)
    assert (answer.status, network.names) == (200, ["two.example"])
    assert network.opened == [("2606:4700::1", 443), ("93.184.216.34", 443)]


async def test_a_name_that_leads_elsewhere_the_next_time_is_refused_then() -> None:
    """Rebinding between attempts gains nothing: each attempt resolves and checks anew."""
    network, names = Recorder(), Names()
    first, second = [await attempt("https://rebound.example/", network, names) for _ in range(2)]
    assert (first.status, second.status, network.opened) == (200, None, [("8.8.8.8", 443)])
    assert "127.0.0.1" in second.response


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(status: int) -> None:
    """A redirect is an answer as any other, and not a good one."""
    location = b"http://169.254.169.254/"
    network = Recorder(b"HTTP/1.1 %d Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, location))
    answer = await attempt("https://fine.example/", network)
    assert (answer.status, network.opened) == (status, [("93.184.216.34", 443)])


async def test_a_proxy_in_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable leads a delivery elsewhere."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:3128")
    network = Recorder()
    await attempt("https://fine.example/", network)
    assert network.opened == [("93.184.216.34", 443)]
