import pytest

from imgprint.errors import OnionRefused, TorError
from imgprint.fetch.tor.socks_replies import REPLIES, socks_error


@pytest.mark.parametrize("code", REPLIES)
def test_a_reply_is_permanent_or_worth_another_try(code):
    reply, error = REPLIES[code], socks_error(code)
    assert type(error) is (OnionRefused if reply.permanent else TorError)
    assert error.name == reply.name
    assert str(error) == f"{reply.text} (SOCKS 0x{code:02X})"
    if isinstance(error, TorError):
        assert (error.code, error.host_unreachable) == (code, reply.host)


def test_the_detail_of_an_unknown_code_is_told():
    error = socks_error(0x99, "5 s")
    assert isinstance(error, TorError)
    assert str(error) == "unknown SOCKS reply (5 s, SOCKS 0x99)"
    assert (error.name, error.code, error.host_unreachable) == ("unknown", 0x99, False)
