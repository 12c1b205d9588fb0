"""An RTSP server of one stream, which sends RTP within its connection, as cameras do when asked for TCP (RFC 2326)."""

from __future__ import annotations

import io
import socketserver
import struct
from collections.abc import Callable
from typing import Any

# FFmpeg's option: what cameras put into one packet of a network.
RTP_OPTIONS = {"packetsize": "1400"}
_RTP, _RTCP = 0, 1  # channels of the connection
_RTCP_KINDS = range(200, 205)
_DESCRIPTION = """v=0
o=- 0 0 IN IP4 127.0.0.1
s=camera
c=IN IP4 127.0.0.1
t=0 0
m=video 0 RTP/AVP 96
a=rtpmap:96 {name}/90000
a=fmtp:96 packetization-mode=1
a=control:video
"""


class RtpFile(io.RawIOBase):
    """What FFmpeg's RTP muxer writes into: each packet goes out with its channel and its length before it."""

    def __init__(self, send: Callable[[bytes], Any]) -> None:
        self._send = send

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        packet = bytes(data)
        channel = _RTCP if packet[1] in _RTCP_KINDS else _RTP
        self._send(b"$" + struct.pack(">BH", channel, len(packet)) + packet)
        return len(packet)


class RtspServer(socketserver.ThreadingTCPServer):
    """Listens at a free port of this machine.

    play: sends a stream into the file that it is given, which raises OSError when the client is gone. name: of its
    codec, as RTP has it (`H264`).
    """

    daemon_threads = True

    def __init__(self, play: Callable[[RtpFile], None], name: str) -> None:
        description = _DESCRIPTION.format(name=name).replace("\n", "\r\n").encode()

        class Handler(socketserver.StreamRequestHandler):
            disable_nagle_algorithm = True  # else the last packet of a frame waits until the one before is confirmed

            def handle(self) -> None:
                while request := self.rfile.readline().decode():
                    method, fields = request.split()[0], {}
                    while line := self.rfile.readline().decode().strip():
                        key, _, value = line.partition(":")
                        fields[key.lower()] = value.strip()
                    self._answer(method, fields)
                    if method == "PLAY":
                        play(RtpFile(self.connection.sendall))
                        break

            def _answer(self, method: str, fields: dict[str, str]) -> None:
                transport = fields.get("transport", "")
                is_refused = method == "SETUP" and "TCP" not in transport
                status = "461 Unsupported Transport" if is_refused else "200 OK"
                more = {
                    "OPTIONS": "Public: DESCRIBE, SETUP, PLAY\r\n",
                    "DESCRIBE": f"Content-Type: application/sdp\r\nContent-Length: {len(description)}\r\n",
                    "SETUP": f"Transport: {transport}\r\n",
                }.get(method, "")
                head = f"RTSP/1.0 {status}\r\nCSeq: {fields['cseq']}\r\nSession: 1\r\n{more}\r\n"
                self.connection.sendall(head.encode() + (description if method == "DESCRIBE" else b""))

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"rtsp://127.0.0.1:{self.server_address[1]}/"
