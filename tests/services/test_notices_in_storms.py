"""What people hear of a whole outage, as incidents really go."""

import pytest

from console.services import notice_mail, notice_plan
from tests.peers.certificates import HOST
from tests.services import storms
from tests.services.listening import reach
from tests.services.postman import postman, set_up
from tests.services.storms import close, flock, pass_time


@pytest.fixture
def settings(dns, certificates):
    return {**reach(dns, certificates, HOST), **storms.FAST}


@pytest.fixture
def server(ctx, alice, certificates):
    with postman(certificates) as post:
        set_up(ctx, alice, post)
        yield post


def go_on(ctx, clock, minutes):
    for _ in range(minutes // 5):
        pass_time(ctx, clock, 5)
        notice_plan.look(ctx)
        notice_mail.run(ctx)


def test_of_an_outage_of_an_hour_owners_hear_nothing_and_the_admin_its_begin_and_its_end(
    ctx, alice, bob, pigeons, server, clock
):
    flock(ctx, bob, 10)
    go_on(ctx, clock, 15)
    close(pigeons)
    go_on(ctx, clock, 15)
    assert server.mails == []
    go_on(ctx, clock, 45)
    assert server.recipients == [alice.email]

    pigeons.weather.clear()
    go_on(ctx, clock, 90)

    assert server.recipients == [alice.email, alice.email]
    assert server.read()["Subject"].startswith("Over at")
