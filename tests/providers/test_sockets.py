import pytest

from console.providers.dial import Budget
from console.providers.errors import ConnectionLost, StageTimeout, TooMuchData
from console.providers.sockets import Socket
from tests.peers import scripted
from tests.peers.scripted import serve
from tests.providers.doors import HASTY, dialer


class Clock:
    """A monotonic clock that stands still until it is told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


# The budget.


def test_a_stage_has_ten_seconds():
    clock = Clock()
    budget = Budget(clock)
    clock.now += 9.5
    assert budget.seconds() == pytest.approx(0.5)
    clock.now += 0.5
    with pytest.raises(StageTimeout):
        budget.seconds()


def test_each_stage_has_fresh_time_and_bytes():
    clock = Clock()
    budget = Budget(clock)
    clock.now += 9
    budget.spend(256 * 1024)
    budget.begin_stage()
    assert budget.seconds() == pytest.approx(10)
    assert budget.bytes_left() == 256 * 1024


def test_all_stages_together_have_thirty_seconds():
    clock = Clock()
    budget = Budget(clock)
    clock.now += 28
    budget.begin_stage()
    assert budget.seconds() == pytest.approx(2)
    clock.now += 2
    budget.begin_stage()
    with pytest.raises(StageTimeout):
        budget.seconds()


def test_bytes_end_with_an_error_that_names_a_wrong_server():
    budget = Budget(Clock())
    budget.spend(256 * 1024)
    with pytest.raises(TooMuchData) as caught:
        budget.bytes_left()
    assert caught.value.code == "wrong-server"


@pytest.fixture
def talk():
    with serve(scripted.says(b"one\r\ntwo\r\nthree")) as peer:
        door = dialer(limits=HASTY)
        sock = Socket.open("127.0.0.1", peer.port, door.budget(), 1)
        yield sock
        sock.close()


def test_lines_and_bytes_come_in_order(talk):
    file = talk.makefile("rb")
    assert file.readline() == b"one\r\n"
    assert file.read(3) == b"two"
    buffer = bytearray(2)
    assert talk.recv_into(buffer) == 2
    assert bytes(buffer) == b"\r\n"
    assert talk.recv(3) == b"thr"
    assert talk.recv(100) == b"ee"


def test_a_line_beyond_its_limit_is_an_error(talk):
    with pytest.raises(TooMuchData):
        talk.readline(3)


def test_a_time_out_set_by_a_library_changes_nothing(talk):
    talk.settimeout(0)
    assert talk.readline() == b"one\r\n"


def test_the_end_of_the_stream_is_empty_for_recv_and_an_error_for_a_line():
    with serve(scripted.cuts(b"half")) as peer:
        sock = Socket.open("127.0.0.1", peer.port, dialer().budget(), 5)
        with pytest.raises(ConnectionLost):
            sock.readline()
        assert sock.recv(10) == b"half"
        assert sock.recv(10) == b""
        sock.close()
