"""What families say about their OAuth apps can be shown as it stands: known fields, real problems, links with https."""

import re

import pytest

from console.providers import gmail_app, microsoft_app
from console.rules.problems import CATALOGUE
from tests.owl import OwlFamily

FIELDS = {"client_id", "client_secret", "tenant", "audience", "publishing", "secret_expires_on"}
KNOWN = {"redirect_uri", "domain", "scopes", "client_id", "approval_url"}
OWL = OwlFamily()
GUIDES = {
    "gmail": (gmail_app.PLACE, gmail_app.APP_FIELDS, gmail_app.SET_UP, gmail_app.APPROVAL, gmail_app.DEAD_ENDS),
    "microsoft": (
        microsoft_app.PLACE,
        microsoft_app.APP_FIELDS,
        microsoft_app.SET_UP,
        microsoft_app.APPROVAL,
        microsoft_app.DEAD_ENDS,
    ),
    "owl": (OWL.place, OWL.app_fields, OWL.set_up, OWL.approving, OWL.dead_ends),
}
each = pytest.mark.parametrize("guide", GUIDES.values(), ids=GUIDES)
REAL = [GUIDES["gmail"], GUIDES["microsoft"]]


def texts(guide):
    place, fields, steps, approval, ends = guide
    yield place
    for field in fields:
        yield from (field.label, field.hint, *(part for one in field.choices for part in (one.label, one.warning)))
    for step in (*steps, *approval.steps):
        yield from (step.text, step.value, step.url)
    yield approval.lead
    yield from (end.shown for end in ends)


@each
def test_its_fields_are_known_and_stand_once(guide):
    names = [field.name for field in guide[1]]

    assert len(names) == len(set(names))
    assert {"client_id", "client_secret"} <= set(names) <= FIELDS


@each
def test_the_secret_is_a_secret_and_only_that(guide):
    assert [field.name for field in guide[1] if field.kind == "secret"] == ["client_secret"]


@each
def test_choices_stand_where_one_chooses(guide):
    assert all(bool(field.choices) == (field.kind == "choice") for field in guide[1])


@each
def test_the_redirect_address_and_the_permissions_are_to_be_copied_once(guide):
    values = [step.value for step in guide[2]]

    assert (values.count("%(redirect_uri)s"), values.count("%(scopes)s")) == (1, 1)


@each
def test_placeholders_are_those_that_the_pages_fill_in(guide):
    assert {name for text in texts(guide) for name in re.findall(r"%\((\w+)\)", text)} <= KNOWN


@each
def test_every_dead_end_is_a_problem_of_the_catalogue(guide):
    assert {end.problem for end in guide[4]} <= set(CATALOGUE)


@pytest.mark.parametrize("guide", REAL, ids=["gmail", "microsoft"])
def test_links_are_https(guide):
    links = [step.url for step in (*guide[2], *guide[3].steps) if step.url]

    assert links
    # The link to approve the app is made for the app.
    assert all(link.startswith("https://") or link == "%(approval_url)s" for link in links)


@pytest.mark.parametrize("guide", REAL, ids=["gmail", "microsoft"])
def test_organisation_policy_is_among_the_dead_ends(guide):
    assert "oauth-org-policy-blocked" in {end.problem for end in guide[4]}


def test_google_names_advanced_protection_and_the_unverified_app():
    assert {"oauth-advanced-protection", "oauth-app-unverified"} <= {end.problem for end in gmail_app.DEAD_ENDS}


def test_testing_at_google_carries_the_warning_about_seven_days():
    publishing = next(field for field in gmail_app.APP_FIELDS if field.name == "publishing")

    assert [one.value for one in publishing.choices if "7 days" in one.warning] == ["testing"]


def test_microsofts_approval_says_first_that_it_is_the_normal_case():
    assert "normal case" in microsoft_app.APPROVAL.lead.split(".")[0]


@pytest.mark.parametrize(
    ("fields", "name", "pasted"),
    [
        (gmail_app.APP_FIELDS, "client_id", "GOCSPX-abcdef"),
        (gmail_app.APP_FIELDS, "client_secret", "4815-x.apps.googleusercontent.com"),
        (microsoft_app.APP_FIELDS, "client_secret", "6b6f0502-0bb9-41b0-a398-bf40c31066a0"),
        (microsoft_app.APP_FIELDS, "tenant", "../../evil?x=#"),
        (microsoft_app.APP_FIELDS, "tenant", "https://login.microsoftonline.com/acme.test"),
    ],
)
def test_what_is_often_pasted_by_mistake_is_known(fields, name, pasted):
    field = next(one for one in fields if one.name == name)

    assert re.fullmatch(field.wrong, pasted)
    assert field.told


@pytest.mark.parametrize(
    ("fields", "name", "right"),
    [
        (gmail_app.APP_FIELDS, "client_id", "4815-x.apps.googleusercontent.com"),
        (gmail_app.APP_FIELDS, "client_secret", "GOCSPX-abcdef"),
        (microsoft_app.APP_FIELDS, "client_secret", "abc8Q~dEf_gh.IJ-klm"),
        (microsoft_app.APP_FIELDS, "tenant", "6b6f0502-0bb9-41b0-a398-bf40c31066a0"),
        (microsoft_app.APP_FIELDS, "tenant", "acme.onmicrosoft.com"),
    ],
)
def test_what_belongs_there_is_no_mistake(fields, name, right):
    field = next(one for one in fields if one.name == name)

    assert not re.fullmatch(field.wrong, right)
