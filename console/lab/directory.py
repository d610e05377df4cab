"""Microsoft's customers: which tenants exist, and which accounts an authority in a path admits."""

from collections.abc import Callable, Iterable

from console.lab.accounts import CONSUMERS, Account, Tenant

_ANYBODY = frozenset({"common", "organizations", "consumers"})


class Directory:
    """All tenants of the stand-in. One that is `hidden` at the moment has not verified its domains."""

    def __init__(self, tenants: Iterable[Tenant], hidden: Callable[[Tenant], bool] = lambda _: False) -> None:
        self.tenants = tuple(tenants)
        self._hidden = hidden

    def of_domain(self, domain: str) -> Tenant | None:
        """Return the tenant that has verified a domain."""
        found = next((one for one in self.tenants if domain.lower() in one.domains), None)
        return None if found is None or self._hidden(found) else found

    def find(self, authority: str) -> Tenant | None:
        """Return the tenant with this id or domain."""
        by_id = next((one for one in self.tenants if one.id == authority.lower()), None)
        return by_id or self.of_domain(authority)

    def knows(self, authority: str) -> bool:
        """Tell whether a path may begin with this."""
        return authority in _ANYBODY or authority == CONSUMERS or self.find(authority) is not None

    def admits(self, authority: str, account: Account) -> bool:
        """Tell whether an account may sign in below this authority."""
        if authority == "common":
            return True
        if authority == "organizations":
            return bool(account.tenant)
        if authority in {"consumers", CONSUMERS}:
            return not account.tenant
        tenant = self.find(authority)
        return tenant is not None and account.tenant == tenant.id
