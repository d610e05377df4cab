import time
from ipaddress import ip_network

import pytest

from console.discovery.deadline import Deadline, Story
from console.discovery.web import NoSuchHost, Web, WebTrouble
from console.providers.errors import NameNotFound
from console.providers.names import Resolver
from console.providers.sockets import Socket
from console.rules.network import Policy
from tests.peers import scripted
from tests.peers.scripted import closed_port, serve
from tests.peers.sites import response
from tests.providers.doors import LOOPBACK, Table, dialer

HOST = "autoconfig.acme.test"
PAGE = f"https://{HOST}/page"
# Short where the point is that no answer comes.
HASTY = 0.3


class Elsewhere(Table):
    """Names that do not exist, beside those of a table."""

    def _ask(self, name, budget):
        if name.startswith("missing."):
            raise NameNotFound("gone")
        return super()._ask(name, budget)


@pytest.fixture
def web(certificates, sites, plain_sites):
    def make(
        *, names: Resolver | None = None, policy=LOOPBACK, seconds=20.0, https_port=None, monotonic=time.monotonic
    ):
        deadline = Deadline(monotonic, seconds)
        story = Story(deadline)
        door = dialer(certificates.ca, policy=policy, names=names or Elsewhere())
        made = Web(door, deadline, story, https_port=https_port or sites.port, http_port=plain_sites.port)
        made.story = story
        return made

    return make


@pytest.fixture
def connected(monkeypatch) -> list[str]:
    """The IP addresses that anything was connected to."""
    found: list[str] = []
    real = Socket.open.__func__

    def noted(cls, address, *rest):
        found.append(address)
        return real(cls, address, *rest)

    monkeypatch.setattr(Socket, "open", classmethod(noted))
    return found


def trouble(web, url=PAGE, **asked) -> WebTrouble:
    with pytest.raises(WebTrouble) as caught:
        web.get(url, **asked)
    return caught.value


def test_a_page_comes_with_its_status_headers_and_body(web, sites):
    sites.page(HOST, "/page", "hello", content_type="text/xml")
    page = web().get(PAGE)
    assert (page.url, page.status, page.body) == (PAGE, 200, b"hello")
    assert page.headers["content-type"] == "text/xml"


def test_a_page_that_is_not_there_is_an_answer_too(web):
    assert web().get(PAGE).status == 404


def test_nothing_is_sent_that_could_sign_in_or_is_not_needed(web, sites, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    sites.page(HOST, "/page", "hello", set_cookie="a=b")
    asking = web()
    asking.get(PAGE)
    asking.get(PAGE)
    assert set(sites.requests[-1].headers) == {"host", "user-agent", "accept-encoding", "connection"}
    assert sites.requests[-1].headers["accept-encoding"] == "identity"


def test_the_host_header_names_the_host_of_the_address(web, sites):
    sites.page(HOST, "/page", "hello")
    web().get(PAGE)
    assert sites.requests[0].headers["host"] == HOST


def test_a_certificate_for_another_name_ends_before_anything_is_asked(web, sites):
    sites.page(HOST, "/page", "hello").presenting(HOST, "elsewhere.example.test")
    found = trouble(web())
    assert found.outcome == "failed"
    assert "certificate" in str(found)
    assert sites.requests == []
    assert sites.connections == 1


def test_a_host_that_does_not_exist_is_told_apart(web):
    with pytest.raises(NoSuchHost):
        web().get("https://missing.acme.test/")


def test_a_port_where_nothing_listens_is_told(web):
    with closed_port() as port:
        assert str(trouble(web(https_port=port))) == "nothing listens there"


def test_redirects_are_followed(web, sites):
    sites.redirect(HOST, "/page", "/other").redirect(HOST, "/other", "https://www.acme.test/last")
    sites.page("www.acme.test", "/last", "hello")
    page = web().get(PAGE)
    assert (page.url, page.body) == ("https://www.acme.test/last", b"hello")


def test_the_fourth_redirect_is_not_followed(web, sites):
    for number in range(5):
        sites.redirect(HOST, f"/{number}", f"/{number + 1}")
    assert str(trouble(web(), f"https://{HOST}/0")) == "more than 3 redirects"
    assert sites.asked() == ["/0", "/1", "/2", "/3"]


def test_a_circle_of_redirects_ends(web, sites):
    sites.redirect(HOST, "/page", "/other").redirect(HOST, "/other", "/page")
    assert "circle" in str(trouble(web()))
    assert sites.asked() == ["/page", "/other"]


def test_without_redirects_the_redirect_itself_is_the_answer(web, plain_sites):
    place = "https://owa.acme.test/autodiscover/" + "x" * 600
    plain_sites.redirect(HOST, "/page", place)
    page = web().get(f"http://{HOST}/page", redirects=0)
    assert (page.status, page.headers["location"]) == (302, place)


def test_a_redirect_from_https_to_http_is_refused(web, sites, plain_sites):
    sites.redirect(HOST, "/page", f"http://{HOST}/page")
    assert trouble(web()).outcome == "refused"
    assert plain_sites.connections == 0


def test_a_redirect_from_http_to_https_is_followed(web, sites, plain_sites):
    plain_sites.redirect(HOST, "/page", PAGE)
    sites.page(HOST, "/page", "hello")
    assert web().get(f"http://{HOST}/page").url == PAGE


@pytest.mark.parametrize(
    "place",
    [
        "https://10.0.0.5/",
        "https://inside.other.test/",
        "https://inside.acme.test/",
        "https://127.0.0.2/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[fd00:ec2::254]/",
        "https://metadata.other.test/",
        "https://[fe80::1]/",
    ],
)
def test_a_redirect_to_an_address_that_is_not_public_connects_nowhere(web, sites, place, connected):
    names = Table(
        **{
            HOST: ["127.0.0.1"],
            "inside.other.test": ["192.168.1.10"],
            "inside.acme.test": ["10.1.1.1"],
            "metadata.other.test": ["8.8.8.8", "169.254.169.254"],
        }
    )
    sites.redirect(HOST, "/page", place)
    asking = web(names=names, policy=Policy(allow_networks=(ip_network("127.0.0.1/32"),)))
    assert trouble(asking, domain="acme.test").outcome == "refused"
    assert connected == ["127.0.0.1"]


@pytest.mark.parametrize(
    "place", ["https://127.0.0.1/", "https://2130706433/", "https://0x7f.1/", "https://[::ffff:127.0.0.1]/"]
)
def test_loopback_is_refused_in_every_notation(web, place, connected):
    assert trouble(web(policy=Policy()), place).outcome == "refused"
    assert connected == []


@pytest.mark.parametrize("domain", ["", "other.test"])
def test_a_private_address_outside_the_domain_connects_nowhere(web, domain, connected):
    names = Table(**{HOST: ["10.0.0.5"]})
    assert trouble(web(names=names, policy=Policy()), domain=domain).outcome == "refused"
    assert connected == []


def test_a_host_of_the_domain_may_lie_on_a_private_address_where_the_operator_allows_them(web):
    names = Table(**{HOST: ["10.255.255.1"]})
    denied = web(names=names, policy=Policy(private_networks="deny"))
    assert trouble(denied, domain="acme.test").outcome == "refused"
    allowed = web(names=names, policy=Policy(), seconds=0.05)
    assert trouble(allowed, domain="acme.test").outcome != "refused"


def test_a_mail_port_is_no_port_of_the_web(web):
    with serve(scripted.silent) as peer:
        asking = web(names=Table(**{HOST: ["8.8.8.8"]}), policy=Policy(), https_port=peer.port)
        assert trouble(asking, f"https://{HOST}:25/").outcome == "refused"


@pytest.mark.parametrize(
    "place", [f"https://{HOST}:22/", "https://user@acme.test/", "https://u:p@acme.test/", "ftp://acme.test/",
              "https://acme.test/a\x01b", "https://acme.test:99999/", "https://[acme/", "https://a..b/",
              "https://acme.test/" + "x" * 3000, "javascript:alert(1)", "https://acme.test/\xe6"],
)  # fmt: skip
def test_a_redirect_to_what_is_no_plain_web_address_is_refused(web, sites, place):
    sites.answer(HOST, "/page", lambda talk: talk.send(response(b"", status=302, location=place)))
    sites.page(HOST, "/other", "hello")
    assert trouble(web()).outcome == "refused"
    assert sites.connections == 1


@pytest.mark.parametrize("url", ["https://user@acme.test/", "https://acme.test/a b", "https://acme.test/\r\nX: y", "x"])
def test_an_address_with_a_user_name_or_control_characters_is_refused(web, sites, url):
    assert trouble(web(), url).outcome == "refused"
    assert sites.connections == 0


def test_a_page_over_64_kb_is_not_read(web, sites):
    sites.page(HOST, "/page", b"x" * 65537)
    assert str(trouble(web())) == "the answer is longer than 64 KB"
    sites.page(HOST, "/page", b"x" * 65536)
    assert len(web().get(PAGE).body) == 65536


def test_10_mb_without_a_length_end_at_the_limit(web, sites):
    sites.answer(HOST, "/page", scripted.floods(b"x" * 1000, b"HTTP/1.1 200 OK\r\n\r\n"))
    assert str(trouble(web())) == "the answer is longer than 64 KB"


def test_10_mb_in_chunks_end_at_the_limit(web, sites):
    sites.answer(
        HOST,
        "/page",
        scripted.floods(b"3e8\r\n" + b"x" * 1000 + b"\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    )
    assert "too long" in str(error := trouble(web())) or "longer" in str(error)


@pytest.mark.parametrize("opening", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" * 10, b""])
def test_headers_without_end_end(web, sites, opening):
    sites.answer(HOST, "/page", scripted.floods(b"X-Header: " + b"y" * 500 + b"\r\n", opening))
    assert trouble(web()).outcome == "failed"


def test_a_compressed_answer_is_not_unpacked(web, sites):
    sites.page(HOST, "/page", b"\x1f\x8b", content_encoding="gzip")
    assert "compressed" in str(trouble(web()))


@pytest.mark.parametrize(
    "answer", [b"", b"\x00\xff\x00", b"220 mail ESMTP\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n",
               b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
               b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
)  # fmt: skip
def test_an_answer_that_is_no_proper_http_is_a_trouble(web, sites, answer):
    sites.answer(HOST, "/page", scripted.cuts(answer))
    assert trouble(web()).outcome == "failed"


@pytest.mark.parametrize("opening", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_server_that_drips_is_left_at_the_deadline(web, sites, opening):
    sites.answer(HOST, "/page", scripted.drips(opening))
    assert trouble(web(seconds=HASTY)).outcome == "late"
    assert sites.server.conversations[0].ended.wait(5)


def test_a_server_that_says_nothing_is_left_at_the_deadline(web, sites):
    sites.answer(HOST, "/page", scripted.silent)
    assert trouble(web(seconds=HASTY)).outcome == "late"
    assert sites.server.conversations[0].ended.wait(5)


def test_a_server_that_answers_no_handshake_is_left_at_the_deadline(web):
    with serve(scripted.silent) as peer:
        assert trouble(web(seconds=HASTY, https_port=peer.port)).outcome == "late"
        assert peer.connections == 1
        assert peer.conversations[0].ended.wait(5)


def test_nothing_is_asked_after_the_deadline(web, sites):
    moments = iter([0.0, *[5.0] * 50])
    assert trouble(web(seconds=4, monotonic=lambda: next(moments))).outcome == "late"
    assert sites.connections == 0


def test_what_was_asked_is_told(web, sites):
    sites.page(HOST, "/page", "hello")
    asking = web()
    asking.get(PAGE)
    trouble(asking, "https://missing.acme.test/")
    told = asking.story.close()[1]
    assert told[0].endswith(f"GET {PAGE}: 200, 5 bytes")
    assert "the host does not exist" in told[1]
