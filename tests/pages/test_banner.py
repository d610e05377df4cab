"""The operator's text stands at the top of every page, and nothing does where there is none."""

import pytest

BANNER = 'For <b>practice</b> & "nothing" else'
SHOWN = "For &lt;b&gt;practice&lt;/b&gt; &amp; &#34;nothing&#34; else"


@pytest.fixture
def settings(request):
    return {"CONSOLE_BANNER": request.param} if request.param else {}


@pytest.mark.parametrize("settings", [BANNER], indirect=True)
def test_it_is_on_the_pages_of_the_signed_in_and_of_everybody_else(window, browser, alice):
    pages = [window(alice).get(path) for path in ("/inboxes", "/connect", "/nothing-here")]
    pages += [browser().get(path) for path in ("/sign-in", "/nothing-here")]

    assert all(SHOWN in page.text for page in pages)


@pytest.mark.parametrize("settings", [None], indirect=True)
def test_there_is_none_without_it(browser, alice):
    assert "c-banner" not in browser().get("/sign-in").text
