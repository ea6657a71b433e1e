from ipaddress import ip_address

import pytest

from imgprint.discovery.urls.addresses import is_public, literal_address, parse_networks
from tests.support.servers.behaviours.redirects import CANARY_HOSTS, OTHER_HOSTS

PUBLIC = """
    1.1.1.1 8.8.8.8 93.184.216.34 172.15.255.255 172.32.0.1 100.63.0.1 100.128.0.1
    192.0.1.1 223.255.255.254 2606:4700::1111 2a00:1450:4001::200e 2620:4f:8000::1
    ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2002:808:808::1
"""
NOT_PUBLIC = """
    0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254
    168.63.129.16 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192
    192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1
    224.0.0.1 224.0.1.1 239.255.255.255 240.0.0.1 255.255.255.255
    :: ::1 ::7f00:1 ::8.8.8.8 ::ffff:0:7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1
    64:ff9b::127.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1 2001::1 2001:0:1:2::3
    2001:2::1 2001:10::1 2001:db8::1 2002:7f00:1:: 2002:a00:1::5
    2a00:1450::5efe:127.0.0.1 2a00:1450::200:5efe:10.0.0.1
    3fff::1 5f00::1 4000::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 febf::1
    fec0::1 ff02::1 ff0e::1
"""


@pytest.mark.parametrize("address", PUBLIC.split())
def test_public(address):
    assert is_public(address)
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC.split())
def test_not_public(address):
    assert not is_public(address)


def test_allowed_networks_add_to_what_is_public():
    allowed = parse_networks(["10.0.0.0/8", "fd00::/8"])
    assert is_public("10.1.2.3", allowed)
    assert is_public("::ffff:10.1.2.3", allowed)
    assert is_public("fd00::1", allowed)
    assert is_public("8.8.8.8", allowed)
    assert not is_public("127.0.0.1", allowed)
    assert not is_public("::ffff:127.0.0.1", allowed)


@pytest.mark.parametrize(
    "host",
    [
        *(h for n, h in CANARY_HOSTS.items() if n not in ("localhost", "trailing-dot")),
        *OTHER_HOSTS.values(),
        "127.0.0.1.",
        "017700000001.",
        "1.2.3.4.",
    ],
)
def test_every_notation_is_an_address(host):
    host = host.partition("@")[2] or host.partition("#")[0]
    address = literal_address(host)
    assert address
    assert not is_public(address) or host.startswith("1.2.3.4")


@pytest.mark.parametrize(
    "host",
    ["example.com", "localhost", "1.2.3.4.example", "", "a", "\xe9.com", "1.2.3.4.5"],
)
def test_names_are_none(host):
    assert literal_address(host) is None


def test_parse_networks():
    assert parse_networks([]) == parse_networks([""]) == ()
    assert [str(n) for n in parse_networks([" 127.0.0.1", "10.0.0.0/8"])] == [
        "127.0.0.1/32",
        "10.0.0.0/8",
    ]
    with pytest.raises(ValueError, match="nonsense"):
        parse_networks(["nonsense"])
    with pytest.raises(ValueError, match=r"10\.0\.0\.1/8"):
        parse_networks(["10.0.0.1/8"])
