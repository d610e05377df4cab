import socket

import pytest

from console.providers.errors import AddressRefused, ConnectionLost, ConnectionRefused, StageTimeout, Unreachable
from console.providers.sockets import translated
from console.rules.network import Policy
from tests.peers import scripted
from tests.peers.certificates import HOST
from tests.peers.scripted import serve
from tests.providers.doors import HASTY, Table, dialer


def test_a_connection_is_made_to_the_first_address_that_answers():
    with serve(scripted.silent) as peer:
        door = dialer()
        sock = door.connect(HOST, ["127.0.0.77", "::1", "127.0.0.1"], peer.port, door.budget())
        assert sock.address == "127.0.0.1"
        sock.close()


def test_a_port_where_nothing_listens_is_refused():
    door = dialer()
    with scripted.closed_port() as port, pytest.raises(ConnectionRefused) as caught:
        door.connect(HOST, ["127.0.0.1"], port, door.budget())
    assert caught.value.code == "connection-refused"


def test_a_server_that_takes_no_more_connections_is_a_timeout():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = [socket.socket() for _ in range(4)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(full.getsockname())
        door = dialer(limits=HASTY)
        with pytest.raises(StageTimeout) as caught:
            door.connect(HOST, ["127.0.0.1"], full.getsockname()[1], door.budget())
        assert caught.value.code == "connection-timeout"
        for sock in waiting:
            sock.close()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionRefusedError(111, "Connection refused"), ConnectionRefused),
        (ConnectionResetError(104, "Connection reset by peer"), ConnectionLost),
        (BrokenPipeError(32, "Broken pipe"), ConnectionLost),
        (TimeoutError(110, "Connection timed out"), StageTimeout),
        (OSError(113, "No route to host"), Unreachable),
        (OSError(101, "Network is unreachable"), Unreachable),
    ],
)
def test_what_the_system_says_becomes_a_typed_error(error, kind):
    assert type(translated(error)) is kind


def test_a_refused_address_is_never_connected_to():
    with serve(scripted.silent) as peer:
        door = dialer(policy=Policy(allow_ports=(peer.port,)))
        with pytest.raises(AddressRefused):
            door.resolve(HOST, peer.port, door.budget())
        with pytest.raises(AddressRefused):
            door.connect(HOST, ["127.0.0.1"], peer.port, door.budget())
    assert peer.connections == 0


def test_one_refused_address_among_several_refuses_the_name():
    door = dialer(policy=Policy(), names=Table(**{HOST: ["8.8.8.8", "127.0.0.1"]}))
    with pytest.raises(AddressRefused) as caught:
        door.resolve(HOST, 993, door.budget())
    assert caught.value.code == "address-not-allowed"


def test_a_refusal_tells_nothing_about_the_address():
    door = dialer(policy=Policy(), names=Table(**{HOST: ["169.254.169.254"]}))
    with pytest.raises(AddressRefused) as caught:
        door.resolve(HOST, 993, door.budget())
    assert "169" not in str(caught.value)
    assert "metadata" not in str(caught.value)
    assert caught.value.server_text == ""


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "\uff11\uff12\uff17.0.0.1"]
)
def test_loopback_is_refused_in_every_notation(host):
    door = dialer(policy=Policy())
    with pytest.raises(AddressRefused):
        door.resolve(host, 993, door.budget())
