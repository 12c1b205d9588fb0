"""--mqtt: what an address may say, and that its password is never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.errors import UsageError
from runtime.sinks.mqtt_address import MqttAddress


def test_an_address_says_all_there_is_to_know() -> None:
    assert MqttAddress.parse("mqtt://broker.lan/shed/camera") == MqttAddress("broker.lan", 1883, "shed/camera")
    address = MqttAddress.parse("mqtt://ma%40x:p%2Fw@[::1]:1884/a%20b/?discovery=off")
    assert (address.host, address.port, address.topic, address.discovery) == ("::1", 1884, "a b", False)
    assert (address.user, address.password) == ("ma@x", "p/w")


def test_an_address_with_certificates_names_files_that_are_there(tmp_path: Path) -> None:
    for name in ("ca.crt", "my.crt", "my.key"):
        (tmp_path / name).write_text("")
    files = f"cafile={tmp_path}/ca.crt&certfile={tmp_path}/my.crt&keyfile={tmp_path}/my.key"
    address = MqttAddress.parse(f"mqtts://broker.lan/shed?{files}")
    assert (address.is_tls, address.port, address.keyfile) == (True, 8883, f"{tmp_path}/my.key")
    with pytest.raises(UsageError, match="for mqtts://, not mqtt://"):
        MqttAddress.parse(f"mqtt://broker.lan/shed?{files}")
    with pytest.raises(UsageError, match="no such file"):
        MqttAddress.parse("mqtts://broker.lan/shed?cafile=/no/such/file")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("http://secret:secret@broker/topic", "mqtts:// is missing"),
        ("broker/topic", "mqtts:// is missing"),
        ("mqtt://secret:secret@/topic", "no broker's name"),
        ("mqtt://secret:secret@broker", "no topic; for example mqtt://broker/shed/camera"),
        ("mqtt://secret:secret@broker/a/#", "a # in it"),
        ("mqtt://secret:secret@broker/a/+", "no [+] and #"),
        ("mqtt://secret:secret@broker:0/a", "expected 1 to 65535"),
        ("mqtt://secret:secret@broker:99999/a", "port is no number"),
        ("mqtt://user:secret/secret@broker/a", "%2F %3F %23 %40 %5B %5D"),
        ("mqtt://user:secret#secret@broker/a", "%2F %3F %23 %40 %5B %5D"),
        ("mqtt://user:sec[ret@broker/a", "%2F %3F %23 %40 %5B %5D"),
        ("mqtt://secret:secret@192.168.1..5/a", "mqtt://192.168.1..5:1883/a: no name of a host"),
        (f"mqtt://secret:secret@{'b' * 64}.lan/a", "no name of a host"),
        ("mqtt://secret:secret@broker/a?colour=red", "what is colour"),
        ("mqtts://secret:secret@broker/a?keyfile=/dev/null", "keyfile without certfile"),
        ("mqtt://secret:secret@broker/a?discovery=maybe", "expected on or off"),
    ],
)
def test_an_address_that_makes_no_sense_is_told_without_its_password(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told) as error:
        MqttAddress.parse(text)
    assert "secret" not in str(error.value)


def test_an_address_is_shown_without_its_password() -> None:
    address = MqttAddress.parse("mqtts://user:secret@broker/shed")
    assert str(address) == "mqtts://broker:8883/shed"
    assert "secret" not in repr(address)
