"""--mqtt: a real broker that is stopped, frozen, started again, and strict."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runtime.decisions import Decisions, DecisionSettings
from runtime.errors import OutputError
from runtime.events import SourceEvent
from runtime.sinks import Sinks
from runtime.sinks.background import Background
from runtime.sinks.mqtt import Mqtt, open_mqtt
from runtime.sinks.mqtt_address import MqttAddress
from tests.conftest import ROOT
from tests.runtime.broker import Broker, Certificates, Listener, SlowWay, find_mosquitto, free_port
from tests.runtime.results import LABELS, Kept, labelled, wait_until

Publish = Callable[..., Background]


def test_without_paho_the_command_that_brings_it_is_told() -> None:
    code = "import sys; sys.modules['paho.mqtt.client'] = None; import runtime.sinks.mqtt"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "OutputError: --mqtt needs paho-mqtt" in done.stderr
    assert done.stderr.strip().endswith("pip install 'edgeframe[mqtt]'")


@pytest.fixture(scope="module")
def mosquitto() -> None:
    if find_mosquitto() is None:
        pytest.skip("no MQTT broker on this machine: tests/install_parts.sh broker")


@pytest.fixture
def broker(mosquitto: None, tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path) as started:
        yield started


@pytest.fixture
def told() -> list[str]:
    """What a person was told."""
    return []


@pytest.fixture
def publish(told: list[str]) -> Iterator[Publish]:
    """Opens an output to this address, in the background as in use, closed at the end."""
    opened: list[Background] = []

    def open_output(address: str, keepalive: int = 15, bound: int = 1000) -> Background:
        sink = Mqtt(MqttAddress.parse(address), told.append, keepalive)
        opened.append(Background(sink, "--mqtt", bound=bound, tell=told.append))
        return opened[-1]

    yield open_output
    for background in opened:
        background.close()


def labels(listener: Listener) -> list[str]:
    """What came while the broker had the listener in mind, without what it had retained for anybody."""
    heard = (text for topic, text, is_retained in listener.heard if topic == "shed/camera" and not is_retained)
    return [json.loads(text)["label"] for text in heard]


@pytest.mark.broker
def test_results_events_and_status_arrive_and_the_end_is_told(broker: Broker, publish: Publish) -> None:
    with Listener(broker.port) as listener:
        output = publish(f"mqtt://127.0.0.1:{broker.port}/shed/camera")
        output.write(labelled("cat", 0.875, index=3))
        output.write_event(SourceEvent("shed", "stalled", "no frame for 5 s"))
        wait_until(lambda: listener.texts("shed/camera/event"))
        output.close()
        wait_until(lambda: listener.texts("shed/camera/status") == ["online", "offline"])
    (message,) = map(json.loads, listener.texts("shed/camera"))
    assert (message["label"], message["score"], message["index"]) == ("cat", 0.875, 3)
    assert message["captured_at"] == pytest.approx(time.time(), abs=60)
    assert json.loads(listener.texts("shed/camera/event")[0])["event"] == "stalled"
    with Listener(broker.port, "shed/#") as late:
        wait_until(lambda: len(late.heard) == 2)
    assert ("shed/camera/status", "offline", True) in late.heard
    assert late.texts("shed/camera") == [json.dumps(message)]


@pytest.mark.broker
def test_home_assistant_finds_label_and_score_by_itself(broker: Broker, publish: Publish) -> None:
    publish(f"mqtt://127.0.0.1:{broker.port}/shed/camera")
    with Listener(broker.port, "homeassistant/#") as home_assistant:
        wait_until(lambda: len(home_assistant.heard) == 2)
    sensors = {topic.split("/")[3]: json.loads(text) for topic, text, _ in home_assistant.heard}
    assert all(len(topic.split("/")) == 5 and topic.endswith("/config") for topic, _, _ in home_assistant.heard)
    assert set(sensors) == {"label", "score"}
    for sensor in sensors.values():
        assert sensor["state_topic"] == "shed/camera"
        assert sensor["availability_topic"] == "shed/camera/status"
        assert sensor["device"] == sensors["label"]["device"]
    assert sensors["label"]["unique_id"] != sensors["score"]["unique_id"]


@pytest.mark.broker
def test_a_broker_that_does_not_want_discovery_gets_none(broker: Broker, publish: Publish) -> None:
    with Listener(broker.port) as listener:
        publish(f"mqtt://127.0.0.1:{broker.port}/shed/camera?discovery=off").write(labelled("cat"))
        wait_until(lambda: labels(listener))
    assert {topic for topic, _, _ in listener.heard} == {"shed/camera", "shed/camera/status"}


@pytest.mark.broker
def test_a_program_that_dies_is_called_offline_by_the_broker(broker: Broker) -> None:
    code = (
        "import time; from runtime.sinks.mqtt import Mqtt; from runtime.sinks.mqtt_address import MqttAddress; "
        f"Mqtt(MqttAddress.parse('mqtt://127.0.0.1:{broker.port}/shed')); time.sleep(60)"
    )
    with Listener(broker.port, "shed/status") as listener:
        with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) as program:
            wait_until(lambda: listener.texts("shed/status") == ["online"])
            program.kill()
        wait_until(lambda: listener.texts("shed/status") == ["online", "offline"])


@pytest.mark.broker
def test_what_comes_while_the_broker_is_away_is_sent_when_it_is_back_newest_last(
    broker: Broker, publish: Publish, told: list[str]
) -> None:
    output = publish(f"mqtt://user:secret@127.0.0.1:{broker.port}/shed/camera", bound=50)
    with Listener(broker.port, name="home") as listener:
        output.write(labelled("before"))
        wait_until(lambda: labels(listener) == ["before"])
    broker.stop()
    wait_until(lambda: told)
    for number in range(200):
        output.write(labelled(f"away {number}"))
    broker.start()
    with Listener(broker.port, name="home") as listener:
        wait_until(lambda: "away 199" in labels(listener))
        output.write(labelled("after"))
        wait_until(lambda: "after" in labels(listener))
    received = labels(listener)
    assert received[-51:] == [*(f"away {number}" for number in range(150, 200)), "after"]
    # One older may already have been taken from the queue of 50, to wait for the broker. What the broker had confirmed
    # when it ended, but not been heard to, is sent again.
    assert len([label for label in received if label.startswith("away")]) <= 51
    assert not any("secret" in message for message in told)
    lost, *others = told
    assert "the connection is lost" in lost
    assert "--mqtt: does not keep up; the oldest results are left out" in others
    assert told[-1] == f"--mqtt mqtt://127.0.0.1:{broker.port}/shed/camera: works again"


@pytest.mark.broker
def test_a_broker_that_freezes_is_found_out_and_nothing_is_lost(
    broker: Broker, publish: Publish, told: list[str]
) -> None:
    with Listener(broker.port) as listener:
        output = publish(f"mqtt://127.0.0.1:{broker.port}/shed/camera", keepalive=1)
        output.write(labelled("before"))
        wait_until(lambda: labels(listener) == ["before"])
        broker.freeze()
        for number in range(100):
            output.write(labelled(f"frozen {number}"))
        wait_until(lambda: told)
        broker.freeze(False)
        wait_until(lambda: "frozen 99" in labels(listener))
    received = labels(listener)
    # At least once: what the frozen broker already had may come again.
    assert set(received) == {"before", *(f"frozen {number}" for number in range(100))}
    assert received[-1] == "frozen 99"
    assert "the connection is lost" in told[0]


def test_a_broker_that_is_not_there_is_told_once_and_holds_up_neither_the_run_nor_its_end(
    publish: Publish, told: list[str]
) -> None:
    started = time.monotonic()
    output = publish(f"mqtt://user:secret@127.0.0.1:{free_port()}/shed/camera")
    for _ in range(100):
        output.write(labelled("cat"))
    assert time.monotonic() - started < 1
    wait_until(lambda: told)
    started = time.monotonic()
    output.close()
    assert time.monotonic() - started < 2
    assert "no connection (Connection refused)" in told[0]
    assert "secret" not in told[0]
    assert told[1:] == ["--mqtt: 100 results were left out"]


@pytest.fixture
def silent_broker() -> Iterator[str]:
    """The address of one who takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"mqtt://127.0.0.1:{server.getsockname()[1]}/shed/camera"


def test_the_only_result_is_told_when_the_broker_never_answers(
    silent_broker: str, publish: Publish, told: list[str]
) -> None:
    output = publish(silent_broker)
    output.write(labelled("cat"))
    wait_until(lambda: not output.waiting)
    output.close()
    assert told == ["--mqtt: 1 result was left out"]


def test_ctrl_c_does_not_wait_for_a_broker_that_never_answers(silent_broker: str) -> None:
    output = open_mqtt(MqttAddress.parse(silent_broker))
    output.write(labelled("cat"))
    started = time.monotonic()
    decisions = Decisions(DecisionSettings(), LABELS, 5)
    with pytest.raises(KeyboardInterrupt), Sinks(decisions, lambda *kind: Kept(), reported=[output]):
        raise KeyboardInterrupt
    assert time.monotonic() - started < 2.5
    assert output.left_out == 1


@pytest.mark.broker
def test_the_only_result_waits_for_a_broker_that_takes_its_time(broker: Broker) -> None:
    with Listener(broker.port) as listener, SlowWay(broker.port, seconds=2) as port:
        output = open_mqtt(MqttAddress.parse(f"mqtt://127.0.0.1:{port}/shed/camera"))
        output.write(labelled("cat"))
        output.close()
        assert output.left_out == 0
        wait_until(lambda: labels(listener) == ["cat"])


@pytest.fixture(scope="module")
def certificates(mosquitto: None, tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def strict_broker(tmp_path: Path, certificates: Certificates) -> Iterator[Broker]:
    """Only clients with a certificate of the authority are let in."""
    files = f"cafile {certificates.ca}", f"certfile {certificates.server}", f"keyfile {certificates.server_key}"
    with Broker(tmp_path, *files, "require_certificate true") as started:
        yield started


@pytest.mark.broker
def test_both_ends_show_certificates_and_a_broker_that_was_away_is_met_again(
    strict_broker: Broker, certificates: Certificates, publish: Publish, told: list[str]
) -> None:
    files = f"cafile={certificates.ca}&certfile={certificates.client}&keyfile={certificates.client_key}"
    output = publish(f"mqtts://localhost:{strict_broker.port}/shed/camera?{files}")
    with Listener(strict_broker.port, certificates=certificates, name="home") as listener:
        output.write(labelled("before"))
        wait_until(lambda: labels(listener) == ["before"])
    strict_broker.stop()
    wait_until(lambda: told)
    output.write(labelled("away"))
    strict_broker.start()
    with Listener(strict_broker.port, certificates=certificates, name="home") as listener:
        # At least once: what this listener left before it had acknowledged it comes again.
        wait_until(lambda: labels(listener)[-1:] == ["away"])
    assert set(labels(listener)) <= {"before", "away"}


@pytest.mark.broker
def test_a_broker_of_a_stranger_gets_nothing(
    strict_broker: Broker, certificates: Certificates, publish: Publish, told: list[str]
) -> None:
    publish(f"mqtts://localhost:{strict_broker.port}/shed/camera?cafile={certificates.stranger}").write(labelled("cat"))
    wait_until(lambda: told)
    assert "certificate verify failed" in told[0]


@pytest.mark.broker
def test_a_broker_that_does_not_know_us_is_told(
    mosquitto: None, tmp_path: Path, publish: Publish, told: list[str]
) -> None:
    with Broker(tmp_path, "allow_anonymous false") as closed:
        publish(f"mqtt://user:secret@127.0.0.1:{closed.port}/shed/camera").write(labelled("cat"))
        wait_until(lambda: told)
    assert "the broker refuses (Not authorized)" in told[0]
    assert "secret" not in "".join(told)


def test_certificates_that_are_none_are_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("no certificate")
    with pytest.raises(OutputError, match="its certificates cannot be used"):
        Mqtt(MqttAddress.parse(f"mqtts://localhost/shed?cafile={tmp_path}/ca.crt"))
