"""The pages of the problems, which everybody can read."""

import pytest

from console.rules.explain import PROVIDERS
from console.rules.help_pages import HELP_PAGES, help_pages
from console.rules.problems import CATALOGUE


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_problem_has_a_page_that_needs_no_sign_in(browser, code):
    visitor = browser()

    answer = visitor.get(f"/help/{code}")

    assert answer.status_code == 200
    assert visitor.path == f"/help/{code}"
    assert visitor.attributes("data-problem-card") == [code]
    assert "%(" not in answer.text


def test_the_index_names_every_problem_once(browser):
    answer = browser().get("/help")

    assert answer.text.count('href="/help/') == len(CATALOGUE)


def test_somebody_signed_in_reads_it_inside_the_navigation(window, bob):
    assert 'class="c-side"' in window(bob).get("/help/bad-credentials").text


@pytest.mark.parametrize("code", ["no-such-problem", "<script>", "x" * 3000, "bad-credentials\x00"])
def test_a_problem_that_nobody_knows_has_no_page(browser, code):
    assert browser().get(f"/help/{code}").status_code == 404


def test_help_at_providers_is_kept_for_known_problems_and_families():
    assert set(HELP_PAGES) <= set(CATALOGUE)
    assert {family for pages in HELP_PAGES.values() for family in pages} <= set(PROVIDERS)
    assert all(address.startswith("https://") for pages in HELP_PAGES.values() for address in pages.values())


def test_help_is_that_of_the_provider_where_it_has_some():
    assert help_pages("app-password-required", "yahoo") == (("Yahoo", "https://help.yahoo.com/kb/SLN15241.html"),)
    assert len(help_pages("app-password-required", "zoho")) > 3
