"""The lab's own pages: every account with its faults, and what was counted."""

from collections.abc import Sequence
from email import message_from_bytes, policy
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from console.lab.fault import PLACES
from console.lab.faults import BY_SLUG, offered
from console.lab.smtp_server import Taken
from console.lab.stand_in import StandIn

LOCAL = frozenset({"127.0.0.1", "localhost"})
MOST_MAILS = 100
# What a page says once something was pressed on it.
DONE = {
    "saved": "Saved. It acts from now on.",
    "revoked": "What was granted is revoked. The next check notices it.",
    "expired": "The access tokens are over. The next check renews them.",
    "calm": "All faults are off. Revoked grants stay revoked.",
    "reset": "All grants, mail and faults are forgotten.",
}


def make(places: tuple[StandIn, ...], sent: Sequence[Taken]) -> Blueprint:
    """Return the pages over these stand-ins, and over the mails that the mail company's SMTP server took."""
    routes = Blueprint("board", __name__)
    by_slug = {place.slug: place for place in places}

    def chosen(slug: str, address: str = "") -> StandIn:
        place = by_slug.get(slug)
        if place is None or (address and address not in place.accounts):
            abort(404)
        return place

    @routes.before_request
    def from_here_only() -> None:
        """Refuse what another web site has the browser send, and names that somebody else points at this machine."""
        if urlsplit(request.host_url).hostname not in LOCAL:
            abort(403)
        if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            abort(403)

    @routes.get("/")
    def index() -> str:
        consoles = dict.fromkeys(
            origin for place in places for app in place.applications.values() for origin in app.origins[:1]
        )
        return render_template("board.html", places=places, faults=BY_SLUG, consoles=list(consoles), done=_done())

    @routes.get("/mails")
    def mails() -> str:
        return render_template("mails.html", mails=[_read(mail) for mail in reversed(sent[-MOST_MAILS:])])

    @routes.get("/<slug>")
    def everybody(slug: str) -> str:
        place = chosen(slug)
        return render_template("switches.html", **_switches(place, ""))

    @routes.get("/<slug>/<address>")
    def account(slug: str, address: str) -> str:
        place = chosen(slug, address)
        return render_template("switches.html", **_switches(place, address))

    @routes.post("/<slug>/faults")
    @routes.post("/<slug>/<address>/faults")
    def switch(slug: str, address: str = "") -> AnyResponse:
        place = chosen(slug, address)
        try:
            place.set_faults(request.form.getlist("fault"), address)
        except ValueError:
            abort(400)
        return _shown(slug, address, "saved")

    @routes.post("/<slug>/revoke")
    @routes.post("/<slug>/<address>/revoke")
    def revoke(slug: str, address: str = "") -> AnyResponse:
        place = chosen(slug, address)
        for one in [address] if address else list(place.accounts):
            place.grants.revoke(one)
        return _shown(slug, address, "revoked")

    @routes.post("/<slug>/expire")
    @routes.post("/<slug>/<address>/expire")
    def expire(slug: str, address: str = "") -> AnyResponse:
        chosen(slug, address).grants.expire(address or None)
        return _shown(slug, address, "expired")

    @routes.post("/calm")
    def calm() -> AnyResponse:
        for place in places:
            place.calm()
        return redirect(url_for(".index", done="calm"), 303)

    @routes.post("/reset")
    def reset() -> AnyResponse:
        for place in places:
            place.reset()
        return redirect(url_for(".index", done="reset"), 303)

    @routes.get("/counts.json")
    def counts() -> Response:
        return jsonify({place.slug: place.counted() for place in places} | {"hosts": _hosts(places)})

    return routes


def _read(mail: Taken) -> dict[str, str]:
    """Return what a person reads of a mail."""
    read = message_from_bytes(mail.data, policy=policy.default)
    body = read.get_body(("plain",))
    return {
        "to": ", ".join(mail.recipients),
        "sender": str(read["From"]),
        "subject": str(read["Subject"]),
        "text": body.get_content() if body is not None else "",
    }


def _hosts(places: tuple[StandIn, ...]) -> dict[str, dict[str, int]]:
    """Return what each host was asked, where a stand-in counts that."""
    return {name: counts for place in places for name, counts in place.hosts().items()}


def _shown(slug: str, address: str, done: str) -> AnyResponse:
    if address:
        return redirect(url_for(".account", slug=slug, address=address, done=done), 303)
    return redirect(url_for(".everybody", slug=slug, done=done), 303)


def _done() -> str:
    return DONE.get(request.args.get("done", ""), "")


def _switches(place: StandIn, address: str) -> dict[str, object]:
    groups = [
        (title, [fault for fault in offered(place.slug, everybody=not address) if fault.place == where])
        for where, title in PLACES.items()
    ]
    return {
        "place": place,
        "account": place.accounts.get(address),
        "groups": [group for group in groups if group[1]],
        "on": place.faults(address, own=True),
        "inherited": place.faults() if address else frozenset(),
        "counts": place.grants.counts(address or None),
        "hosts": place.hosts(),
        "done": _done(),
    }
