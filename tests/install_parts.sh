#!/usr/bin/env bash
# Installs what the slow groups of tests are made of, on Debian and its kin, as root:
#   tests/install_parts.sh rtsp            a real RTSP server (GStreamer's)
#   tests/install_parts.sh broker          an MQTT broker (mosquitto), and openssl for its certificates
#   tests/install_parts.sh browser         chromium, which opens the benchmarks' report, and LiteRT.js
#   tests/install_parts.sh ssh             an SSH server, on the loopback
#   tests/install_parts.sh kernel_camera   a kernel with a camera in it (vivid), and qemu to boot it in
#   tests/install_parts.sh peers           MediaPipe and OpenCV, which read our files, into .venv and what they draw with
#   tests/install_parts.sh pi              what makes a Raspberry Pi's system and emulates its processor
# Where this is not possible, those tests skip with the reason.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
parts=${EDGEFRAME_PARTS:-$HOME/.cache/edgeframe-tests}

install() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -qy --no-install-recommends "$@" || { apt-get update -q && apt-get install -qy --no-install-recommends "$@"; }
}

install_rtsp() {
    install python3-gst-1.0 gir1.2-gst-rtsp-server-1.0 \
        gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-ugly
}

install_broker() {
    install mosquitto openssl
}

install_browser() {
    install chromium fonts-dejavu-core
    command -v npm >/dev/null || install npm
    npm install --prefix "$parts/litertjs" --no-audit --no-fund @litertjs/core@2.5.3
}

install_ssh() {
    install openssh-client openssh-server
}

install_kernel_camera() {
    install qemu-system-x86 busybox-static kmod cpio v4l-utils
    compgen -G "$parts/kernel/boot/vmlinuz-*" >/dev/null && return
    # Unpacked, not installed: this machine goes on with the kernel that it has. The cloud kernel has no cameras.
    local package folder
    package=$(apt-cache depends linux-image-amd64 | awk '/Depends: linux-image-/ {print $2; exit}')
    folder=$(mktemp -d)
    (cd "$folder" && apt-get download -q "$package")
    mkdir -p "$parts"
    dpkg-deb -x "$folder"/*.deb "$folder/kernel"
    depmod -b "$folder/kernel" "$(ls "$folder/kernel/lib/modules")"
    mv "$folder/kernel" "$parts/kernel"
    rm -r "$folder"
}

install_peers() {
    install libgl1 libegl1 libgles2
    make -C "$root" install
    "$root/.venv/bin/python" -m pip install --disable-pip-version-check -q -c "$root/constraints.txt" -e "$root[peers]"
}

install_pi() {
    install qemu-user-static binfmt-support mmdebstrap proot
}

[ $# -gt 0 ] || { sed -n '2,10s/^# //p' "$0" >&2; exit 2; }
for group in "$@"; do
    case $group in
        rtsp | broker | browser | ssh | kernel_camera | peers | pi) "install_$group" ;;
        *) echo "install_parts.sh: no group of tests is called $group; expected rtsp, broker, browser, ssh, kernel_camera, peers or pi" >&2; exit 2 ;;
    esac
done
