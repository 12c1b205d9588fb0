"""The kinds of video: files, addresses, test pictures."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from functools import partial

from runtime.errors import SourceError, UsageError
from runtime.folders import what_is_at
from runtime.sources.live import LiveSource
from runtime.sources.options import SourceOptions
from runtime.sources.request import SourceRequest
from runtime.sources.scaler import VideoScaler
from runtime.sources.source import Source
from runtime.sources.video import VideoInput, VideoSource, open_video, read_video
from runtime.sources.video_feed import VideoFeed

# FFmpeg's options: no picture is kept back, none are awaited to find the rate (a second), and no sound is waited for.
# What a stream does not tell, as whether FLV will have sound, or its size before the first whole picture, is looked for
# in a second of it, not in five, as what was looked at is lost.
_PROMPT = {"fflags": "nobuffer", "fpsprobesize": "0", "analyzeduration": "1000000"}
_RTSP = {"rtsp_transport": "tcp", "allowed_media_types": "video", **_PROMPT}
_SCHEMES = {
    "rtsp": _RTSP,
    "rtsps": _RTSP,
    "rtmp": _PROMPT,
    "http": _PROMPT,
    "https": _PROMPT,
    "udp": _PROMPT,
    "tcp": _PROMPT,
    "srt": _PROMPT,
}
_RECORDINGS = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ogv", ".flv")
# Live television comes in files of some seconds each; without pacing, the newest frame would be the last of a file.
_PLAYLIST = ".m3u8"
_TEST_SIZE, _TEST_RATE = (1280, 720), 30.0


def open_video_file(request: SourceRequest) -> Source:
    """Every frame of a file, or with options.realtime what a camera would have seen."""
    request.refuse_camera_mode()
    request.refuse_waiting()
    if what_is_at(request.spec, SourceError) == "pipe or device":  # which could be waited for without an end
        raise SourceError(f"{request.spec}: is a pipe or a device, not a file; send frames to - with --raw")
    wanted = VideoInput(request.spec, request.spec, is_recording=True)
    if not request.options.realtime:
        return VideoSource(wanted.name, partial(read_video, wanted), make_scaler(request), request.on_error)
    feed = VideoFeed(wanted.name, lambda: wanted, make_scaler(request), None, is_paced=True)
    return LiveSource(feed, once(request).options, request.on_event, request.on_error)


def open_url(request: SourceRequest) -> Source:
    """A stream: its newest frame, opened again when it is lost; or every frame of a video file that lies afar."""
    request.refuse_camera_mode()
    url, name = request.spec, request.name
    # Not by urllib, which raises ValueError for a [ in a password; FFmpeg takes it.
    scheme, path = url.partition("://")[0].lower(), re.split("[?#]", url, maxsplit=1)[0].lower()
    if scheme not in _SCHEMES:
        kinds = ", ".join(f"{known}://" for known in _SCHEMES)
        raise SourceError(f"{scheme}://: not a kind of address that is read; expected {kinds}")
    is_file = scheme in ("http", "https") and path.endswith(_RECORDINGS)
    if is_file and request.is_camera:
        is_file = _has_length(VideoInput(name, url, options=_SCHEMES[scheme]), request.options)
    if is_file and not request.options.realtime:
        if request.options.wait:
            raise UsageError(
                f"{name}: is read as a recording, which is there or not; leave out --wait "
                "(a camera's stream of such a name is known behind --camera)"
            )
        wanted = VideoInput(name, url, is_recording=True)
        read = partial(read_video, wanted, request.options.timeout)
        return VideoSource(name, read, make_scaler(request), request.on_error)
    is_paced = is_file or path.endswith(_PLAYLIST)
    wanted = VideoInput(name, url, options={} if is_paced else _SCHEMES[scheme], is_recording=is_file)
    feed = VideoFeed(
        name,
        lambda: wanted,
        make_scaler(request),
        request.options.timeout,
        is_paced=is_paced,
        is_rtp=_SCHEMES[scheme] is _RTSP,
    )
    return LiveSource(feed, request.options, request.on_event, request.on_error)


def _has_length(wanted: VideoInput, options: SourceOptions) -> bool:
    """Whether an address is a recording's, in seconds or bytes, as its name says: cameras have such names, too
    (`/api/stream.mp4`). Raises SourceError where it cannot be opened and is not awaited; what is awaited is a stream.
    """
    try:
        with open_video(wanted, options.timeout, "SLICE") as container:
            return bool(container.duration) or container.size > 0
    except SourceError:
        if options.wait:
            return False
        raise


def open_test_pictures(request: SourceRequest) -> Source:
    """Moving test pictures, made as fast as a camera gives them, that need no camera."""
    width, height = request.options.camera_size or _TEST_SIZE
    pictures = f"testsrc2=size={width}x{height}:rate={request.options.camera_fps or _TEST_RATE:g},realtime"
    wanted = VideoInput("test", pictures, "lavfi")
    feed = VideoFeed("test", lambda: wanted, make_scaler(request), request.options.timeout)
    return LiveSource(feed, request.options, request.on_event)


def make_scaler(request: SourceRequest) -> VideoScaler:
    return VideoScaler(request.card.input, request.card.fit, request.options.view)


def once(request: SourceRequest) -> SourceRequest:
    """The request for what comes from beginning to end, at its own pace, and is not there a second time."""
    options = replace(request.options, timeout=threading.TIMEOUT_MAX, retries=0, frozen_after=0)
    return replace(request, options=options)
