"""Defaults of a domain, from the admin who sets them to the member who types no server name, on real servers."""

import pytest
from playwright.sync_api import expect

from tests.e2e.wizard import RUN, Wizard


def add(page, origin, domain):
    """Open the page of a domain that nobody has tried yet."""
    page.goto(f"{origin}/domains")
    page.get_by_role("link", name="Add domain").click()
    page.get_by_role("textbox", name="Mail domain").fill(domain)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=2, name=domain)).to_be_visible()


def fill(page, servers):
    for name, line in (("imap", servers.imap), ("smtp", servers.smtp)):
        page.locator(f"[name={name}_host]").fill(line.host)
        page.locator(f"[name={name}_port]").fill(str(line.port))
        page.locator(f"[name={name}_security]").select_option(line.security)


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_an_admin_sets_a_domain_and_a_member_types_address_and_password_only(
    shared_console, signed_in, dovecot, good, javascript
):
    domain = "set.test" if javascript else "set-without.test"
    mailbox = dovecot.user(f"only@{domain}", "correct horse")
    bob = shared_console.person("Bob Berg", f"bob@{domain}")
    page = signed_in(shared_console, javascript=javascript)
    add(page, shared_console.url, domain)
    fill(page, good)
    page.get_by_label("Note to users").fill("Use the password of the staff portal.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#notice")).to_contain_text(f"Defaults of {domain} saved.")
    expect(page.locator(f"[data-domain='{domain}']").first).to_have_attribute("data-kind", "imap")

    page = signed_in(shared_console, bob.email, javascript=javascript)
    Wizard(page).to_settings(shared_console.url, mailbox).check("correct horse").connected()

    page.get_by_role("button", name="Open the inbox").click()
    expect(page.locator("#inbox")).to_have_attribute("data-health", "healthy")
    expect(page.locator("#inbox")).to_contain_text(f"{good.imap.host}:{good.imap.port}, TLS")


def test_what_would_change_follows_the_form_and_applying_can_be_watched_and_taken_back(
    shared_console, signed_in, dovecot, good
):
    page = signed_in(shared_console)
    for name in ("first", "second"):
        mailbox = dovecot.user(f"{name}@applied.test", "secret")
        Wizard(page).to_settings(shared_console.url, mailbox).fill(good).check("secret").connected()
    page.goto(f"{shared_console.url}/domains/applied.test")
    expect(page.locator("#domain")).to_contain_text("not configured")
    fill(page, good)
    page.locator("[name=imap_port]").fill(str(dovecot.imap))
    page.locator("[name=imap_security]").select_option("starttls")
    apply = page.get_by_role("button", name="Save and apply to 2")
    expect(apply).to_be_visible()
    expect(page.locator("[data-differs]")).to_have_count(2)

    apply.click()

    job = page.locator("#job")
    expect(job).to_have_attribute("data-state", "done", timeout=RUN)
    expect(job.locator("[data-state=passed]")).to_have_count(2)
    expect(page.locator("#changes")).to_contain_text("all 2 inboxes have these settings")

    page.get_by_role("button", name="Take it back").click()

    expect(job).to_have_attribute("data-state", "undone", timeout=RUN)
    expect(job.locator("[data-state=back]")).to_have_count(2)
    assert dovecot.refusals("first@applied.test") == 0


def test_the_doctor_explains_an_address_step_by_step(shared_console, signed_in, names):
    names.set("explained.test", "MX", "10 aspmx.l.google.com.")
    page = signed_in(shared_console)
    page.goto(f"{shared_console.url}/domains")

    page.get_by_label("Address or domain").fill("bob@explained.test")
    page.get_by_role("button", name="Explain").click()

    expect(page.locator("[data-about='bob@explained.test']")).to_have_attribute("data-answered", "yes", timeout=RUN)
    page.get_by_text("Step by step").click()
    expect(page.locator("#story li").first).to_be_visible()
    expect(page.get_by_role("heading", name="Evidence")).to_be_visible()


def test_the_way_to_trusted_certificates_stands_beside_its_icon(shared_console, signed_in):
    page = signed_in(shared_console)
    page.goto(f"{shared_console.url}/domains")
    line = page.locator(".c-domains-note").last

    icon, link = line.locator("svg").bounding_box(), line.get_by_role("link").bounding_box()

    assert abs(icon["y"] + icon["height"] / 2 - link["y"] - link["height"] / 2) < 3
    assert link["x"] - icon["x"] - icon["width"] < 16
