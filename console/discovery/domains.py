"""Which host belongs to which registrable domain, as discovery and services ask it; see `console.providers.domains`."""

from console.providers.domains import (
    a_label,
    at_or_above,
    base_domain,
    is_host_name,
    is_public_suffix,
    registrable,
    warm,
    within,
)

__all__ = ["a_label", "at_or_above", "base_domain", "is_host_name", "is_public_suffix", "registrable", "warm", "within"]
