import secrets

import pytest

from tests.browser import Browser


@pytest.fixture
def window(app):
    """Open a browser in which a person is signed in already."""

    def opened(actor):
        made = Browser(app)
        if app.config["SESSION_COOKIE_SECURE"]:
            made.client.environ_base["wsgi.url_scheme"] = "https"
        with made.client.session_transaction() as session:
            session["_user_id"] = f"{actor.id}:{actor.epoch}"
            session["_fresh"] = True
            session["sid"] = secrets.token_urlsafe(16)
            session.permanent = True
        return made

    return opened
