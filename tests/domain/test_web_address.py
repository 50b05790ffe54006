from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astrolabe.domain.webhooks.web_address import DENIED, Forbidden, check_addresses, is_denied, parse_url

PUBLIC = ("8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001:830::200e")
FINE = "https://hooks.example.com/astrolabe?team=a"


def test_a_plain_url_is_taken_apart() -> None:
    """Scheme, host, port and the rest are what the connection is made of."""
    address = parse_url("HTTPS://Hooks.Example.COM/a?b=c")
    assert (address.scheme, address.host, address.port, address.target) == ("https", "hooks.example.com", 443, "/a?b=c")
    assert parse_url("http://[2606:4700::1]:8080").host == "2606:4700::1"
    assert parse_url("http://203.0.113.7?x").target == "/?x"


@pytest.mark.parametrize("ip", PUBLIC)
def test_the_public_internet_is_not_denied(ip: str) -> None:
    """An ordinary address may be sent to by https, and not by http."""
    assert check_addresses(parse_url(FINE), [ip], ()) == (ip,)
    with pytest.raises(Forbidden, match="https"):
        check_addresses(parse_url("http://hooks.example.com/"), [ip], ())


@given(st.sampled_from(DENIED), st.data())
def test_nothing_within_a_special_network_is_reached(network, data) -> None:
    """No address of the table is reached, in whatever company, unless the operator allows just that."""
    nth = data.draw(st.integers(0, network.num_addresses - 1))
    ip = str(network[nth])
    with pytest.raises(Forbidden):
        check_addresses(parse_url(FINE), ["8.8.8.8", ip], ())
    assert check_addresses(parse_url(FINE), [ip], [ip_network(ip)]) == (ip,)


@given(st.ip_addresses(v=4), st.sampled_from(["::ffff:", "64:ff9b::", "::", "::ffff:0:"]))
def test_no_disguise_of_ipv4_is_reached(ip: IPv4Address, prefix: str) -> None:
    """IPv4 inside IPv6 is denied, whatever it is: a translator would reach what the table denies."""
    assert is_denied(IPv6Address(f"{prefix}{ip}"))


@given(st.ip_addresses(v=6))
def test_outside_the_global_block_everything_is_denied(ip: IPv6Address) -> None:
    """What IANA has given to nobody is reached by nobody."""
    assert is_denied(ip) or ip in ip_network("2000::/3")


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_a_url(text: str) -> None:
    """Whatever is sent as a URL is an address or a refusal."""
    try:
        address = parse_url("https://" + text)
    except Forbidden:
        return
    assert address.host.isascii()
    assert "@" not in address.host


def test_a_name_without_an_address_is_refused() -> None:
    """A name that leads nowhere is a refusal with a sentence."""
    with pytest.raises(Forbidden, match="no address"):
        check_addresses(parse_url(FINE), [], ())
