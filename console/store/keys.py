"""Key files in the instance folder, made once at the first start."""

import os
import secrets
import tempfile
from pathlib import Path

from console.config import PREFIX, Config, ConfigError


def ensure_secret_key(config: Config) -> str:
    """Return the key that signs sessions, making `instance/secret.key` (mode 0600) at the first start."""
    if config.secret_key:
        return config.secret_key
    file = config.instance / "secret.key"
    try:
        write_once(file, (secrets.token_urlsafe(48) + "\n").encode("ascii"))
        key = file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(f"{PREFIX}INSTANCE: {config.instance} cannot be used: {error.strerror}.") from None
    if len(key) < 32:
        raise ConfigError("instance/secret.key is shorter than 32 bytes; remove it to have a new one made.")
    return key


def write_once(file: Path, content: bytes) -> None:
    """Make `file` (mode 0600) with `content` unless it exists.

    Of processes that start together one makes it, and none sees it half written.
    """
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=file.name, dir=file.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        os.link(name, file)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink()
