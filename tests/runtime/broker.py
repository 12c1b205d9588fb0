"""A real MQTT broker for tests: with certificates, stopped, frozen and started again; and one who listens to it."""

from __future__ import annotations

import contextlib
import select
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.runtime.results import wait_until


def find_mosquitto() -> str | None:
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Broker:
    """mosquitto on a port of 127.0.0.1, with more lines of configuration if need be."""

    def __init__(self, folder: Path, *configuration: str) -> None:
        self.port = free_port()
        self._configuration = folder / "mosquitto.conf"
        kept = "persistence true", f"persistence_location {folder}/"
        lines = (f"listener {self.port} 127.0.0.1", "allow_anonymous true", "user root", *kept, *configuration)
        self._configuration.write_text("\n".join(lines))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Broker:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def start(self) -> None:
        command = [str(find_mosquitto()), "-c", str(self._configuration)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._answers)

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            self._process.wait()

    def freeze(self, is_frozen: bool = True) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP if is_frozen else signal.SIGCONT)

    def _answers(self) -> bool:
        with socket.socket() as tried:
            return tried.connect_ex(("127.0.0.1", self.port)) == 0


class Listener:
    """Keeps what is published: topic, text, and whether the broker had retained it.

    With a name, the broker keeps for it what comes while it does not listen, as when the broker starts again.
    """

    def __init__(self, port: int, topic: str = "#", certificates: Certificates | None = None, name: str = "") -> None:
        self.heard: list[tuple[str, str, bool]] = []
        self._has_subscribed = False
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, clean_session=not name)
        self._client.on_message = self._keep
        self._client.on_connect = lambda *_: self._client.subscribe(topic, qos=1)
        self._client.on_subscribe = self._subscribed
        if certificates is not None:
            self._client.tls_set(certificates.ca, certificates.client, certificates.client_key)
        self._client.connect("127.0.0.1" if certificates is None else "localhost", port)

    def __enter__(self) -> Listener:
        self._client.loop_start()
        wait_until(lambda: self._has_subscribed)
        return self

    def __exit__(self, *exception: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def texts(self, topic: str) -> list[str]:
        return [text for heard, text, _ in self.heard if heard == topic]

    def _keep(self, client: Any, userdata: Any, message: Any) -> None:
        self.heard.append((message.topic, message.payload.decode(), message.retain))

    def _subscribed(self, *_: Any) -> None:
        self._has_subscribed = True


class SlowWay:
    """A port that leads to another one of 127.0.0.1, after so many seconds; for one connection."""

    def __init__(self, port: int, seconds: float) -> None:
        self._port = port
        self._seconds = seconds
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(15)
        self._thread = threading.Thread(target=self._lead)

    def __enter__(self) -> int:
        self._thread.start()
        return int(self._server.getsockname()[1])

    def __exit__(self, *exception: object) -> None:
        self._thread.join()
        self._server.close()

    def _lead(self) -> None:
        near, _ = self._server.accept()
        time.sleep(self._seconds)
        with contextlib.suppress(OSError), near, socket.create_connection(("127.0.0.1", self._port)) as far:
            other = {near: far, far: near}
            while True:
                for ready in select.select([near, far], [], [])[0]:
                    received = ready.recv(4096)
                    if not received:
                        return
                    other[ready].sendall(received)


class Certificates:
    """Made by openssl in a folder: an authority, a server's for localhost, a client's; and a stranger authority."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.ca, self._ca_key = self._authority("ca")
        self.stranger, _ = self._authority("stranger")
        self.server, self.server_key = self._signed("server", "subjectAltName=DNS:localhost")
        self.client, self.client_key = self._signed("client", "extendedKeyUsage=clientAuth")

    def _authority(self, name: str) -> tuple[str, str]:
        key, certificate = (str(self._folder / f"{name}.{suffix}") for suffix in ("key", "crt"))
        _openssl("req", "-x509", *_new_key(key), "-out", certificate, "-subj", f"/CN={name}", "-days", "2")
        return certificate, key

    def _signed(self, name: str, extension: str) -> tuple[str, str]:
        key, certificate, request = (str(self._folder / f"{name}.{suffix}") for suffix in ("key", "crt", "csr"))
        extensions = self._folder / f"{name}.ext"
        extensions.write_text(extension)
        _openssl("req", *_new_key(key), "-out", request, "-subj", f"/CN={name}")
        signing = ("-CA", self.ca, "-CAkey", self._ca_key, "-CAcreateserial", "-days", "2")
        _openssl("x509", "-req", "-in", request, "-out", certificate, "-extfile", str(extensions), *signing)
        return certificate, key


def _new_key(path: str) -> tuple[str, ...]:
    return "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
