"""What every family of providers promises, the console's own and one that is made up for the tests."""

import json
from datetime import UTC, datetime

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import Form, PasswordField

from console.config import Config
from console.providers import trial
from console.providers.base import App, Mailbox, Revocation, Secret, SettingsUnreadable
from console.providers.consenting import Consenting, Handoff, consenting
from console.providers.dial import Dialer
from console.providers.errors import NameNotFound
from console.providers.registry import Families, every
from console.rules.disclosures import Disclosure
from console.rules.problems import CATALOGUE
from console.web.wording import STAGE_LABELS
from tests.owl import OwlFamily
from tests.pigeon import PigeonFamily
from tests.providers.doors import LOOPBACK, Table, trust

FAMILIES = every(Config(), lambda: datetime(2026, 11, 25, tzinfo=UTC))
EVERY = (*FAMILIES, PigeonFamily(), OwlFamily())
every_family = pytest.mark.parametrize("family", EVERY, ids=lambda family: family.slug)
with_a_form = pytest.mark.parametrize("family", [f for f in EVERY if f.form], ids=lambda family: family.slug)
that_consents = pytest.mark.parametrize("family", [f for f in EVERY if f.consents], ids=lambda family: family.slug)
ADDRESS = "bob@acme.test"
# Field names that others rely on, whatever the language of the page.
KNOWN_FIELDS = {
    "password", "username", "imap_host", "imap_port", "imap_security", "smtp_host", "smtp_port", "smtp_security",
    "smtp_same_credentials", "smtp_username", "smtp_password", "url", "autodiscover",
}  # fmt: skip
NOT_SETTINGS = [None, "", "text", 7, [], [1], {}, {"unknown": 1}, True]


class Nowhere(Table):
    """Knows no name."""

    def _ask(self, name, budget):
        raise NameNotFound(name)


class Counting(Dialer):
    """A door that leads nowhere and counts who came."""

    def __init__(self):
        super().__init__(LOOPBACK, Nowhere(), trust(None))
        self.asked = []

    def resolve(self, host, port, budget):
        self.asked.append(host)
        return super().resolve(host, port, budget)


def secret_fields(family):
    return [field.name for field in family.form() if isinstance(field, PasswordField)]


def typed(family, **fields):
    """Return validated form data as the page hands it to the family."""
    given = {
        **family.fill(family.suggest(ADDRESS, FOUND).settings),
        **dict.fromkeys(secret_fields(family), "coo"),
        **fields,
    }
    form = family.form(MultiDict({name: str(value) for name, value in given.items() if value not in (None, False)}))
    assert form.validate(), form.errors
    settings = getattr(form, "settings", None)
    return settings() if settings else dict(form.data)


def test_slugs_are_unique():
    assert len({family.slug for family in FAMILIES}) == len(FAMILIES)


def test_the_registry_finds_each_by_its_slug():
    assert [Families(EVERY)[family.slug] for family in EVERY] == list(EVERY)


@pytest.mark.parametrize("slug", ["dove", "", None])
def test_the_registry_knows_no_other(slug):
    assert Families(EVERY).get(slug) is None


@every_family
def test_slug_label_icon_and_text_are_there(family):
    assert family.slug == family.slug.lower()
    assert len(family.slug) <= 40
    assert family.slug.isidentifier()
    assert all(isinstance(text, str) and text for text in (family.label, family.icon, family.text))


@every_family
def test_every_stage_has_a_label_and_stands_once(family):
    assert len(set(family.stages)) == len(family.stages) > 0
    assert set(family.stages) <= set(STAGE_LABELS)


def test_the_stages_of_imap_come_in_their_order():
    assert Families(EVERY)["imap"].stages == (
        "find-server",
        "reach",
        "secure",
        "sign-in",
        "open-inbox",
        "find-sent",
        "smtp-reach",
        "smtp-secure",
        "smtp-sign-in",
    )


@every_family
def test_the_disclosure_has_a_version_and_points_for_each_moment(family):
    text = family.disclosure

    assert isinstance(text, Disclosure)
    assert 0 < len(text.version) <= 20
    assert text.before
    assert text.after
    assert text.not_done


@every_family
def test_a_family_is_signed_in_to_here_with_a_form_or_at_the_provider(family):
    assert family.consents == (not family.password_based) == (family.form is None)


@with_a_form
def test_the_form_is_a_plain_form_with_a_password(family):
    assert issubclass(family.form, Form)
    assert "password" in secret_fields(family)


@pytest.mark.parametrize("family", [f for f in FAMILIES if f.form], ids=lambda family: family.slug)
def test_the_fields_are_named_as_the_product_names_them(family):
    assert {field.name for field in family.form()} <= KNOWN_FIELDS


@every_family
def test_the_settings_template_exists(family, app):
    assert app.jinja_env.get_template(family.settings_template)


@every_family
def test_suggestions_are_settings_of_the_family_made_offline(family):
    suggestion = family.suggest(ADDRESS)

    assert family.summary(suggestion.settings)
    assert suggestion.guessed <= set(suggestion.settings)


FOUND = {
    "imap": {"host": "mail.found.test", "port": 143, "security": "starttls", "username": "found"},
    "smtp": {"host": "smtp.found.test", "port": 465, "security": "tls", "username": None},
    "exchange": {"url": "https://mail.found.test/EWS/Exchange.asmx"},
}


@every_family
@pytest.mark.parametrize("names", [[], ["imap"], ["smtp"], ["imap", "smtp"], list(FOUND), ["unheard-of"]])
def test_what_was_found_is_no_guess_and_the_rest_is(family, names):
    suggestion = family.suggest(ADDRESS, {name: FOUND.get(name, {}) for name in names})
    bare = family.suggest(ADDRESS)

    assert family.fill(suggestion.settings)
    changed = {name for name, value in suggestion.settings.items() if value != bare.settings[name]}
    assert not changed & suggestion.guessed
    assert suggestion.guessed <= bare.guessed


@with_a_form
def test_settings_are_plain_json(family):
    settings, _ = family.split(ADDRESS, typed(family))

    assert json.loads(json.dumps(settings)) == settings


@with_a_form
def test_what_is_split_is_filled_in_again(family):
    settings, secret = family.split(ADDRESS, typed(family))

    again, _ = family.split(ADDRESS, {**family.fill(settings), **secret})

    assert again == settings


@with_a_form
def test_no_secret_stays_in_the_settings(family):
    settings, secret = family.split(ADDRESS, typed(family, password="the very secret"))

    assert "the very secret" not in json.dumps(settings)
    assert "the very secret" in secret.values()


@with_a_form
def test_no_secret_is_filled_in_again(family):
    settings, _ = family.split(ADDRESS, typed(family))

    assert not set(family.fill(settings)) & set(secret_fields(family))


@every_family
def test_summary_servers_and_host_tell_where_the_mailbox_is(family):
    settings = family.suggest(ADDRESS).settings

    assert family.host(settings) in family.summary(settings)
    assert all(label and isinstance(value, str) for label, value in family.servers(settings))


@with_a_form
@pytest.mark.parametrize("same", [True, False])
def test_destinations_name_the_hosts_of_every_field_of_the_secret(family, same):
    data = (
        typed(family)
        if same or "smtp_same_credentials" not in family.form()
        else typed(family, smtp_same_credentials=None, smtp_username="relay")
    )
    settings, secret = family.split(ADDRESS, data)

    destinations = family.destinations(settings)

    assert set(destinations) == set(secret)
    assert all(hosts and all(hosts) for hosts in destinations.values())


@every_family
@pytest.mark.parametrize("settings", NOT_SETTINGS, ids=repr)
@pytest.mark.parametrize("question", ["fill", "summary", "servers", "host", "destinations"])
def test_settings_of_another_shape_are_told_as_unreadable(family, settings, question):
    with pytest.raises(SettingsUnreadable):
        getattr(family, question)(settings)


@every_family
def test_settings_with_any_value_of_another_type_are_told_as_unreadable(family):
    good = family.suggest(ADDRESS).settings

    for name in good:
        if good[name] is not None:
            with pytest.raises(SettingsUnreadable):
                family.summary({**good, name: ["another"]})


@pytest.mark.parametrize("family", [f for f in FAMILIES if f.form], ids=lambda family: family.slug)
def test_a_check_without_a_way_to_the_servers_fails_at_its_first_stage_and_sends_nothing(family):
    settings, secret = family.split(ADDRESS, typed(family))
    attempts = []

    found = trial.run(family, Mailbox(ADDRESS, settings, secret), Counting(), on_attempt=attempts.append)

    assert [stage.name for stage in found.stages] == list(family.stages)
    assert [stage.state for stage in found.stages] == ["failed", *["skipped"] * (len(family.stages) - 1)]
    assert found.problem in CATALOGUE
    assert attempts == []


@every_family
def test_a_short_check_goes_through_the_first_stages_up_to_the_inbox(family):
    assert family.short == family.stages[: len(family.short)]
    assert family.short[-1] == "open-inbox"
    assert len(family.short) < len(family.stages)


@pytest.mark.parametrize("family", [f for f in FAMILIES if f.form], ids=lambda family: family.slug)
def test_a_short_check_that_fails_leaves_out_what_is_no_part_of_it(family):
    settings, secret = family.split(ADDRESS, typed(family))

    found = trial.run(family, Mailbox(ADDRESS, settings, secret), Counting(), full=False)

    assert [stage.name for stage in found.stages] == list(family.short)
    assert [stage.state for stage in found.stages] == ["failed", *["skipped"] * (len(family.short) - 1)]


@every_family
@pytest.mark.parametrize("settings", NOT_SETTINGS, ids=repr)
def test_a_check_of_unreadable_settings_says_so_and_reaches_for_nothing(family, settings):
    door = Counting()

    found = trial.run(family, Mailbox(ADDRESS, settings, Secret(password="coo")), door)

    assert (found.failed, found.problem, door.asked) == (True, "settings-unreadable", [])


@every_family
def test_a_secret_without_its_fields_is_an_outcome_and_no_crash(family):
    settings = family.suggest(ADDRESS).settings

    found = trial.run(family, Mailbox(ADDRESS, settings, Secret()), Counting())

    assert found.failed
    assert found.problem in CATALOGUE


@every_family
def test_revoking_says_what_is_done_or_where_to_do_it(family):
    revocation = family.revoke(Mailbox(ADDRESS, family.suggest(ADDRESS).settings, Secret()))

    assert isinstance(revocation, Revocation)
    assert revocation.done or revocation.text


@every_family
@pytest.mark.parametrize("address", ["bob@xn--kbmand-bya.test", "bob@localhost", "o'brien+x@a.b.c.d.test"])
def test_any_address_has_suggestions(family, address):
    assert family.summary(family.suggest(address).settings)


APP = App("the-app", "the app's secret", tenant="acme.test")
# What every sign-in elsewhere leaves behind, with an access token that has run out.
STALE = Secret(refresh_token="refresh", access_token="access", expires_at="2026-01-01T00:00:00+00:00", scope="")


@every_family
def test_a_family_consents_or_is_none_of_those(family):
    assert consenting(family) is (family if family.consents else None)


def test_no_family_consents_to_nothing():
    assert consenting(None) is None


@that_consents
def test_all_that_consenting_promises_is_there(family):
    promised = {name for name in vars(Consenting) if not name.startswith("_")} | set(Consenting.__annotations__)

    assert {name for name in promised if not hasattr(family, name)} == set()


@that_consents
def test_every_permission_has_its_reason(family):
    assert family.scopes
    assert all(scope.name and scope.reason for scope in family.scopes)
    assert len({scope.name for scope in family.scopes}) == len(family.scopes)


@that_consents
def test_destinations_name_the_hosts_of_both_tokens(family):
    destinations = family.destinations(family.suggest(ADDRESS).settings)

    assert set(destinations) == {"refresh_token", "access_token"}
    assert all(hosts and all(hosts) for hosts in destinations.values())


@that_consents
def test_what_is_told_of_revoking_needs_no_secret_and_asks_nobody(family):
    told = family.revoke(Mailbox(ADDRESS, family.suggest(ADDRESS).settings, Secret()))

    assert told.text
    assert not told.done


def test_a_check_of_each_family_that_consents_is_told_in_four_stages():
    assert {family.stages for family in FAMILIES if family.consents} == {
        ("sign-in", "open-inbox", "find-sent", "aliases")
    }


@pytest.mark.parametrize("family", [f for f in FAMILIES if f.consents], ids=lambda family: family.slug)
def test_a_consenting_check_without_a_way_to_the_servers_fails_at_its_first_stage_and_names_the_network(family):
    mailbox = Mailbox(ADDRESS, family.suggest(ADDRESS).settings, STALE, app=APP)

    found = trial.run(family, mailbox, Counting())

    assert (found.problem_stage, found.problem) == ("sign-in", "dns-not-found")


@that_consents
@pytest.mark.parametrize("answer", [{}, {"error": ""}, {"error": "x" * 9000}, {"error": "access_denied"}])
def test_an_answer_without_a_code_is_a_problem_of_the_catalogue(family, answer):
    assert family.declined(answer).code in CATALOGUE


def test_an_app_shows_its_secret_to_nobody():
    assert APP.client_secret not in repr(APP)
    assert "the app's secret" not in repr(Mailbox(ADDRESS, {}, STALE, app=APP))


def test_a_handoff_does_not_show_its_address():
    assert "state" not in repr(Handoff("https://provider.test/?state=s3cret"))
