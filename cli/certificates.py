"""The certificates that a client needs: none for plain HTTP, and reading the machine's takes longer than an answer."""

import ssl


def certificates_for(url: str) -> ssl.SSLContext | bool:
    """Return what httpx verifies a server by: the machine's certificates, or none, so that it would trust nobody."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if url.startswith("http://") else True
