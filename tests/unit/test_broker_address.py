"""Which addresses of a broker are taken, what is said of others, and how TLS is verified."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from pipeline import broker_address
from pipeline.broker import configuration
from pipeline.settings import Settings
from stores.errors import InputError

SECRET = "s3cr3tword"
GOOD = (
    "redis://host",
    "redis:///0",
    f"redis://:{SECRET}@host:6380/15",
    f"redis://user:{SECRET}@[::1]:6380/0",
    "redis+socket:///run/redis.sock?virtual_host=0",
    f"rediss://:{SECRET}@host/0?ssl_cert_reqs=none",
    f"amqp://user:{SECRET}@host:5672//",
    f"amqps://user:{SECRET}@host/vhost?ssl_check_hostname=false",
    "redis://one;redis://two",
)
WRONG = {
    "localhost:6379": "scheme",
    "sqs://": "sqs://",
    f"http://:{SECRET}@host": "http://",
    "redis://host:99999/0": "port",
    f"redis://:{SECRET}/x@host/0": "%2F",
    f"redis://:{SECRET}#x@host/0": "%23",
    f"redis://:12?{SECRET}@host": "%3F",
    f"redis://:12{SECRET}": "port",
    "redis://[::1": "taken apart",
    "redis://host/abc": "number of a database",
    "redis://host/0?visibility=1": "'visibility'",
    "redis://host?ssl_cert_reqs=none": "rediss://",
    "rediss://host?ssl_cert_reqs=maybe": "required, optional, none",
    f"redis://:{SECRET}@host\n": "blank",
    "redis+socket://": "names no socket",
    f"redis://host;{SECRET}@other": "scheme",
}


@pytest.mark.parametrize("url", GOOD)
def test_addresses_that_are_taken(url: str) -> None:
    broker_address.check(url)
    assert SECRET not in broker_address.without_password(url)
    assert "ssl_" not in broker_address.bare(url)
    assert len(broker_address.addresses_of(url)) == url.count(";") + 1


@pytest.mark.parametrize("url", WRONG)
def test_addresses_that_are_refused(url: str) -> None:
    with pytest.raises(InputError) as refused:
        broker_address.check(url)
    assert refused.value.code == "bad_broker_url"
    assert WRONG[url] in refused.value.message
    assert "INGOT_BROKER_URL" in refused.value.message
    assert SECRET not in refused.value.message


def test_certificates_are_verified_unless_the_address_says_otherwise(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.touch()
    assert broker_address.tls("redis://host") is None
    assert broker_address.tls("rediss://host/0") == {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": True}
    assert broker_address.tls("amqps://host//") == {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": None}
    named = broker_address.tls(f"rediss://host?ssl_ca_certs={authority}&ssl_check_hostname=false")
    assert named == {
        "ssl_ca_certs": str(authority),
        "ssl_cert_reqs": ssl.CERT_REQUIRED,
        "ssl_check_hostname": False,
    }
    unsafe = "rediss://host?ssl_cert_reqs=none"
    assert broker_address.tls(unsafe) == {"ssl_cert_reqs": ssl.CERT_NONE, "ssl_check_hostname": False}
    assert "not verified" in broker_address.remark(unsafe)
    assert broker_address.remark("rediss://host") == broker_address.remark("redis://host") == ""
    with pytest.raises(InputError, match=r"/nowhere/ca\.pem"):
        broker_address.tls("rediss://host?ssl_ca_certs=/nowhere/ca.pem")


def test_celery_is_told_to_verify() -> None:
    told = configuration(Settings(broker_url=f"rediss://:{SECRET}@host/0"))
    assert told["broker_use_ssl"]["ssl_cert_reqs"] == ssl.CERT_REQUIRED
    assert told["broker_url"] == f"rediss://:{SECRET}@host/0"
    assert not configuration(Settings(broker_url="redis://host"))["broker_use_ssl"]
