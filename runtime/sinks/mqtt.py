"""Results as MQTT messages."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from typing import Any

from runtime.errors import OutputError
from runtime.events import SourceEvent
from runtime.result import Result
from runtime.sinks.background import Background
from runtime.sinks.health import Health, Tell, tell_on_stderr
from runtime.sinks.home_assistant import discovery_messages
from runtime.sinks.json_form import event_fields, result_fields
from runtime.sinks.mqtt_address import MqttAddress
from runtime.sinks.sink import NotWrittenError

try:
    import paho.mqtt.client as paho
    from paho.mqtt.enums import CallbackAPIVersion
except ImportError as error:
    raise OutputError(
        f"--mqtt needs paho-mqtt, which is not installed ({error}); pip install 'edgeframe[mqtt]'"
    ) from None

_QOS = 1  # at least once
# Sent and not yet confirmed; the others wait where the oldest can be left out.
_WINDOW = 20
# A broker that is silent for one and a half of it is taken for gone.
KEEPALIVE_SECONDS = 15
_RECONNECT_SECONDS = (1, 30)
_GOODBYE_SECONDS = 0.5
# For a broker that takes its time: the only result of a photo waits for the connection.
_PATIENCE_SECONDS = 5.0


def open_mqtt(address: MqttAddress) -> Background:
    """Raises OutputError as Mqtt."""
    return Background(Mqtt(address), f"--mqtt {address}", patience=_PATIENCE_SECONDS)


class Mqtt:
    """Publishes to `topic` (JSON: label, score and the fields of a JSON line), `topic/event` and `topic/status`.

    The status is `online`, or `offline` by the broker itself when this program is no longer heard of. Results and
    status are retained: who comes later learns the last ones, as Home Assistant does when it starts again.

    A lost connection is told once and made again by itself. `write` waits while there is none, so run it by
    Background, whose bounded queue then holds what is not yet sent. Raises OutputError when the certificates
    cannot be read.
    """

    def __init__(self, address: MqttAddress, tell: Tell = tell_on_stderr, keepalive: int = KEEPALIVE_SECONDS) -> None:
        self._address = address
        self._status_topic = f"{address.topic}/status"
        self._health = Health(f"--mqtt {address}", tell)
        self._is_online = threading.Event()
        self._window = threading.Semaphore(_WINDOW)
        self._is_closed = False
        self._greeting: int | None = None
        self._outside_window: set[int] = set()
        self._client = self._make_client()
        self._client.connect_async(address.host, address.port, keepalive=keepalive)
        self._client.loop_start()

    def write(self, result: Result) -> None:
        fields = {"label": result.label, "score": round(result.score, 6), **result_fields(result)}
        self._publish(self._address.topic, json.dumps(fields), retain=True)

    def write_event(self, event: SourceEvent) -> None:
        self._publish(f"{self._address.topic}/event", json.dumps(event_fields(event)))

    def close(self) -> None:
        """Say goodbye to a broker that listens; ends a `write` that waits."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._is_online.is_set():
            goodbye = self._client.publish(self._status_topic, "offline", _QOS, retain=True)
            with contextlib.suppress(RuntimeError):  # the connection was lost at this moment
                goodbye.wait_for_publish(_GOODBYE_SECONDS)
        self._is_online.set()
        self._window.release()
        self._client.disconnect()
        self._client.loop_stop()

    def _publish(self, topic: str, text: str, retain: bool = False) -> None:
        self._is_online.wait()
        self._window.acquire()
        if self._is_closed:
            raise NotWrittenError
        self._client.publish(topic, text, _QOS, retain)

    def _make_client(self) -> Any:
        client = paho.Client(CallbackAPIVersion.VERSION2)
        address = self._address
        if address.user is not None:
            client.username_pw_set(address.user, address.password)
        if address.is_tls:
            try:
                client.tls_set(address.cafile, address.certfile, address.keyfile)
            except (OSError, ValueError) as error:
                raise OutputError(f"--mqtt {address}: its certificates cannot be used ({error})") from None
        client.will_set(self._status_topic, "offline", _QOS, retain=True)
        client.reconnect_delay_set(*_RECONNECT_SECONDS)
        client.max_inflight_messages_set(2 * _WINDOW)
        client.on_connect, client.on_connect_fail = self._connected, self._not_connected
        client.on_publish, client.on_disconnect = self._published, self._disconnected
        return client

    # What follows is called in paho's thread.

    def _connected(self, client: Any, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            self._health.failed(f"the broker refuses ({reason})")
            return
        if self._address.discovery:
            for topic, text in discovery_messages(self._address.topic, self._status_topic):
                self._publish_retained(topic, text)
        self._greeting = self._publish_retained(self._status_topic, "online")

    def _not_connected(self, client: Any, userdata: Any) -> None:
        # paho calls this while it handles the error, and does not pass it on.
        self._health.failed(f"no connection ({_reason(sys.exc_info()[1])}); the newest results wait for it")

    def _published(self, client: Any, userdata: Any, number: int, reason: Any, properties: Any) -> None:
        """The broker has confirmed a message."""
        if number == self._greeting:
            # Only now: messages of before the connection was lost, which paho sends again, are on their way.
            self._is_online.set()
            self._health.worked()
        if number in self._outside_window:
            self._outside_window.remove(number)
        else:
            self._window.release()

    def _publish_retained(self, topic: str, text: str) -> int:
        number = int(self._client.publish(topic, text, _QOS, retain=True).mid)
        self._outside_window.add(number)
        return number

    def _disconnected(self, client: Any, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        if not self._is_closed:
            self._is_online.clear()
            why = "" if str(reason) == "Unspecified error" else f" ({reason})"
            self._health.failed(f"the connection is lost{why}; the newest results wait for it")


def _reason(error: BaseException | None) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
