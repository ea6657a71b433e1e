import asyncio

import pytest
from scrapy import Request

from imgprint.discovery.urls.addresses import parse_networks
from imgprint.fetch.gate import (
    PERMISSION,
    Gate,
    HostPermission,
    PermissionContext,
    not_public_text,
)


def test_without_a_permission_nothing_is_open():
    gate = Gate(parse_networks(["10.0.0.0/8"]))
    gate.check("10.0.0.1", 80)
    gate.check("93.184.216.34", 80)
    with pytest.raises(
        PermissionError, match=r"^not a public address: 127\.0\.0\.1:80"
    ):
        gate.check("127.0.0.1", 80)


@pytest.mark.parametrize("public", [False, True])
def test_only_the_first_addresses_of_a_listed_host_count(public):
    permission = HostPermission(listed=True)
    permission.learn(["10.0.0.1", "fe80::1%eth0"], public)
    permission.learn(["10.0.0.2"], public=False)
    assert permission.allows("10.0.0.1") is not public
    assert permission.allows("fe80::1") is not public
    assert not permission.allows("10.0.0.2")


def test_a_host_that_is_not_listed_learns_nothing():
    permission = HostPermission()
    permission.learn(["10.0.0.1"], public=False)
    assert not permission.allows("10.0.0.1")


def test_a_permission_counts_in_its_own_context_and_in_tasks_begun_there():
    gate = Gate(())
    permission = HostPermission(listed=True)

    async def connect():
        with PermissionContext(permission):
            await asyncio.create_task(check())
        with pytest.raises(PermissionError):
            gate.check("10.0.0.1", 80)

    async def check():
        gate.check("10.0.0.1", 80)

    asyncio.run(connect())
    assert permission.refused is None


def test_a_refusal_is_noted_for_whoever_asked():
    gate = Gate(())
    with (
        gate.opened_for(Request("http://a.example/")) as permission,
        pytest.raises(PermissionError),
    ):
        gate.check("::1", 8000)
    assert permission.refused == "not a public address: [::1]:8000"
    assert permission.refused == not_public_text("::1", 8000)


def test_the_permission_leaves_the_request():
    permission = HostPermission(listed=True)
    request = Request("http://a.example/", meta={PERMISSION: permission})
    with Gate(()).opened_for(request) as found:
        assert found is permission
    assert PERMISSION not in request.meta
