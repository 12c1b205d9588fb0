"""Where and as what an MQTT broker is reached, in one address."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from runtime.errors import UsageError

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_FILES = ("cafile", "certfile", "keyfile")
_EXAMPLE = "mqtt://user:password@host:1883/topic"
_ESCAPES = "write / ? # @ [ ] of a password or topic as %2F %3F %23 %40 %5B %5D"
_FORM = f"expected {_EXAMPLE}, or mqtts:// with ?cafile=FILE&certfile=FILE&keyfile=FILE"


@dataclass(frozen=True)
class MqttAddress:
    """A broker and a topic. As text it has no credentials.

    cafile: certificates that the broker's is checked by; None: the system's. certfile, keyfile: the client's own.
    discovery: whether Home Assistant is told of the topic.
    """

    host: str
    port: int
    topic: str
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    is_tls: bool = False
    cafile: str | None = None
    certfile: str | None = None
    keyfile: str | None = None
    discovery: bool = True

    def __post_init__(self) -> None:
        _require(bool(re.fullmatch(r"[\w.:%-]+", self.host)), f"no broker's name in it; {_FORM}")
        _require(_can_be_looked_up(self.host), f"{self}: no name of a host; see its dots, and parts of 1 to 63 letters")
        _require(0 < self.port < 65536, f"{self}: port {self.port}, expected 1 to 65535")
        _require(bool(self.topic), f"{self}: no topic; for example mqtt://{self.host}/shed/camera")
        _require(
            not set(self.topic) & set("+#") and self.topic.isprintable() and len(self.topic.encode()) < 60_000,
            f"{self}: a topic holds no + and #, which are for those who listen",
        )
        _require(self.keyfile is None or self.certfile is not None, f"{self}: keyfile without certfile; give both")
        for name in _FILES:
            path = getattr(self, name)
            _require(path is None or self.is_tls, f"{self}: {name} is for mqtts://, not mqtt://")
            _require(path is None or Path(path).is_file(), f"{self}: {name} {path}: no such file")

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.is_tls else 'mqtt'}://{host}:{self.port}/{self.topic}"

    @classmethod
    def parse(cls, text: str) -> MqttAddress:
        """Raises UsageError, without the credentials in the text."""
        parts, port = _split(text)
        _require(parts.scheme in _PORTS, f"{_EXAMPLE.partition(':')[0]}:// or mqtts:// is missing; {_FORM}")
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        unknown = set(options) - {*_FILES, "discovery"}
        _require(not unknown, f"what is {', '.join(sorted(unknown))}? Expected {', '.join(_FILES)} or discovery=off")
        discovery = options.pop("discovery", "on")
        _require(discovery in ("on", "off"), "discovery: expected on or off")
        return cls(
            host=parts.hostname or "",
            port=_PORTS[parts.scheme] if port is None else port,
            topic=unquote(parts.path).strip("/"),
            user=None if parts.username is None else unquote(parts.username),
            password=None if parts.password is None else unquote(parts.password),
            is_tls=parts.scheme == "mqtts",
            discovery=discovery == "on",
            **options,
        )


def _split(text: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(text)
        _require("#" not in text, f"a # in it; {_ESCAPES}")
        return parts, parts.port
    except ValueError:  # its text may show a part of the password
        raise UsageError(f"--mqtt: the port is no number from 1 to 65535; {_ESCAPES}") from None


def _can_be_looked_up(host: str) -> bool:
    """As socket.getaddrinfo is going to take it, which raises UnicodeError in paho's thread and ends it."""
    try:
        return bool(host.encode("idna"))
    except UnicodeError:
        return False


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise UsageError(f"--mqtt: {message}")
