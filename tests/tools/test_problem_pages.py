from tools.problem_pages import FOLDER, INDEX, pages


def test_docs_hold_the_problems_as_the_catalogue_has_them():
    kept = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}

    assert kept == dict(pages()), "run: make problems"


def test_the_index_leads_to_every_page():
    index = pages()[INDEX]

    assert all(f"({name})" in index for name in pages() if name != INDEX)
