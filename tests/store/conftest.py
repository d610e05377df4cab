import pytest

from console.store import Store


@pytest.fixture
def empty_url(request, tmp_path):
    """The URL of a database that holds nothing yet."""
    if request.config.getoption("--database") == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    cluster = request.getfixturevalue("postgres")
    url = cluster.database()
    yield url
    cluster.drop(url)


@pytest.fixture
def empty(empty_url):
    store = Store(empty_url)
    yield store
    store.close()


@pytest.fixture
def store(database_url):
    """A store at the newest migration."""
    made = Store(database_url)
    yield made
    made.close()
