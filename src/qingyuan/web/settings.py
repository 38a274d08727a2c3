"""What can be set about serving; everything has a default that is safe on one machine."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

_MIB = 1 << 20


class ServeSettings(msgspec.Struct, frozen=True):
    """How the office is served.

    Attributes:
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        public_url: How browsers reach it, e.g. ``"https://office.example"``; ``""`` for host and port. Cookies are
            marked ``Secure`` when it is ``https``.
        idle_minutes: A session ends after so long without a request.
        absolute_hours: A session ends after so long in any case.
        max_body_bytes: Largest form; files go by chunks of their own.
        max_chunk_bytes: Largest chunk of an upload.
        max_upload_bytes: Largest single file of an upload.
        max_verify_bytes: Largest package that the public page of verification takes; what is larger verifies offline.
        verify_at_once: Packages that are taken in or verified at the same time.
        verify_seconds: A package has to be here after so long.
        portal_per_hour: Clues, replies and verifications that one address may send in an hour.
        api_per_minute: Requests that one token may send in a minute; more than a machine of two processors answers, so that
            it holds off what has run away and no honest program.
        job_workers: Processes that scan.
        capture_allowed: Address and port of hosts inside that may be captured although they are private.
        upload_days: An upload that nothing was added to for so long is removed, unless its intake waits or runs.
        upload_batches: Batches of one person that may wait to be taken in.
        upload_files: Files of one person, announced and not taken in, in all batches.
        upload_waiting_bytes: Their bytes, as announced.
        package_days: A package made in the browser is removed after so long; it can be made again.
        jobs: Whether this process works on jobs; others may.
        warm: Whether the scanner is loaded, in a process of its own, once the server answers.
        private_hooks: Let webhooks go to private networks and this machine, without TLS too.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    idle_minutes: int = 60
    absolute_hours: int = 12
    max_body_bytes: int = 64 * _MIB
    max_chunk_bytes: int = 8 * _MIB
    max_upload_bytes: int = 64 << 30
    max_verify_bytes: int = 256 * _MIB
    verify_at_once: int = 4
    verify_seconds: int = 1800
    portal_per_hour: int = 60
    api_per_minute: int = 60_000
    job_workers: int = 1
    capture_allowed: frozenset[tuple[str, int]] = frozenset()
    upload_days: int = 7
    upload_batches: int = 200
    upload_files: int = 50_000
    upload_waiting_bytes: int = 256 << 30
    package_days: int = 30
    jobs: bool = True
    warm: bool = False
    private_hooks: bool = False

    @property
    def origin(self) -> str:
        """Return scheme, host and port as browsers name them."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = "localhost" if self.host in {"127.0.0.1", "::1", "0.0.0.0"} else self.host  # noqa: S104 - a name for it, not a socket
        return f"http://{host}:{self.port}"

    @property
    def passkeys(self) -> bool:
        """Return whether browsers offer passkeys at this address: https, or this machine by its name (WebAuthn, 5.1.3)."""
        host = urlsplit(self.origin).hostname or ""
        return host == "localhost" or (
            self.secure and not host.replace(".", "").isdigit() and ":" not in host
        )

    @property
    def proxied(self) -> bool:
        """Return whether a proxy stands before it, whose word on who asks is taken; named by ``public_url``."""
        return bool(self.public_url)

    @property
    def secure(self) -> bool:
        """Return whether browsers come by TLS."""
        return self.origin.startswith("https:")
