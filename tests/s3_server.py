"""An S3 server on loopback that ends with the test run: moto's, spoken to over HTTP."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator, Mapping

import s3fs
from moto.server import ThreadedMotoServer

_numbers = itertools.count(1)


@contextlib.contextmanager
def s3_server() -> Iterator[str]:
    """The server's address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def environment(endpoint: str) -> Mapping[str, str]:
    """The variables with which a client reaches a server."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def client(endpoint: str) -> s3fs.S3FileSystem:
    """A client beside the one under test, for what another host does."""
    return s3fs.S3FileSystem(
        key="testing", secret="testing", endpoint_url=endpoint, skip_instance_cache=True, use_listings_cache=False
    )


def new_bucket(endpoint: str) -> str:
    """Make a bucket of one's own and return its name."""
    name = f"ingot-{next(_numbers):03}"
    client(endpoint).mkdir(name)
    return name
