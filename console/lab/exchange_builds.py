"""The versions of Exchange Server the stand-in can be, oldest first.

Builds: https://learn.microsoft.com/exchange/new-features/build-numbers-and-release-dates. Schemas and what each server
says of itself: [MS-OXWSCDATA] 2.2.5.10 (RequestServerVersion) and https://learn.microsoft.com/exchange/
client-developer/web-service-reference/serverversioninfo.
"""

from dataclasses import dataclass

SCHEMAS = (
    "Exchange2007",
    "Exchange2007_SP1",
    "Exchange2010",
    "Exchange2010_SP1",
    "Exchange2010_SP2",
    "Exchange2013",
    "Exchange2013_SP1",
    "Exchange2015",
    "Exchange2016",
)


@dataclass(frozen=True)
class Build:
    """A version: its four numbers, the newest schema it takes, and the version it names itself in answers, if any."""

    title: str
    numbers: tuple[int, int, int, int]
    schema: str
    version: str

    @property
    def schemas(self) -> tuple[str, ...]:
        """The schemas that a request may name."""
        return SCHEMAS[: SCHEMAS.index(self.schema) + 1]

    def takes(self, schema: str) -> bool:
        """Tell whether a request may name this schema."""
        return schema in self.schemas

    @property
    def soap_autodiscover(self) -> bool:
        """Whether there is an autodiscover.svc: since Exchange 2010."""
        return self.numbers >= (14, 0, 0, 0)

    @property
    def json_autodiscover(self) -> bool:
        """Whether there is an autodiscover.json: since the third cumulative update of Exchange 2016."""
        return self.numbers >= (15, 1, 544, 0)


BUILDS = {
    "exchange-2007": Build("Exchange 2007 SP3", (8, 3, 83, 6), "Exchange2007_SP1", ""),
    "exchange-2010": Build("Exchange 2010", (14, 0, 639, 21), "Exchange2010", "Exchange2010"),
    "exchange-2010-sp1": Build("Exchange 2010 SP1", (14, 1, 218, 15), "Exchange2010_SP1", "Exchange2010_SP1"),
    "exchange-2010-sp2": Build("Exchange 2010 SP2", (14, 2, 247, 5), "Exchange2010_SP2", "Exchange2010_SP2"),
    "exchange-2013": Build("Exchange 2013 SP1", (15, 0, 847, 32), "Exchange2013_SP1", "V2_8"),
    "exchange-2016": Build("Exchange 2016 CU23", (15, 1, 2507, 6), "Exchange2016", "V2017_07_11"),
    "exchange-2019": Build("Exchange 2019 CU14", (15, 2, 1544, 4), "Exchange2016", "V2018_01_08"),
    "exchange-se": Build("Exchange Subscription Edition", (15, 2, 2562, 17), "Exchange2016", "V2018_01_08"),
}
USUAL = "exchange-2016"
