"""A wire to a server whose connections can die unseen, as they do while a machine is frozen."""

import contextlib
import socket
import struct
import threading
from urllib.parse import urlsplit

_RESET = struct.pack("ii", 1, 0)


class Wire:
    """Carries bytes between `url` and `target` until `close`."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._address = (parts.hostname, parts.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._links: list[_Link] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def misused(self) -> int:
        """Connections that something was sent into after they had died."""
        return sum(link.misused for link in self._links)

    @property
    def carried(self) -> bytes:
        """All that clients sent."""
        return b"".join(bytes(link.carried) for link in self._links)

    def die(self) -> None:
        """From now on, whatever goes into one of the present connections is answered with a reset."""
        for link in self._links:
            link.dead = True

    def close(self) -> None:
        """Hang up on everyone."""
        self._listener.close()
        for link in self._links:
            link.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self._links.append(_Link(near, socket.create_connection(self._address)))


class _Link:
    def __init__(self, near: socket.socket, far: socket.socket) -> None:
        self._near, self._far = near, far
        self.dead = False
        self.misused = False
        self.carried = bytearray()
        for one in (near, far):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=self._there, daemon=True).start()
        threading.Thread(target=self._back, daemon=True).start()

    def close(self) -> None:
        for one in (self._near, self._far):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _there(self) -> None:
        with contextlib.suppress(OSError):
            while data := self._near.recv(65_536):
                if self.dead:
                    self.misused = True
                    self._near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    self._near.close()
                    break
                self.carried += data
                self._far.sendall(data)
            self._far.shutdown(socket.SHUT_RDWR)

    def _back(self) -> None:
        with contextlib.suppress(OSError):
            while data := self._far.recv(65_536):
                self._near.sendall(data)
            if not self.dead:  # what has died says nothing any more
                self._near.shutdown(socket.SHUT_RDWR)
