"""The part of the configuration that is about the organisation's own apps at providers."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field, ValidationInfo, field_validator

from console.rules.app_shapes import names_directory, visible

OF_APPS = ("google_client_id", "google_client_secret", "microsoft_client_id", "microsoft_client_secret")


class AppConfig(BaseModel):
    """The apps that sign people in at Microsoft and Google; without an ID they are set up in the console."""

    microsoft_client_id: str = Field(default="", description="Client ID of your app in Microsoft Entra.")
    microsoft_client_secret: str = Field(default="", repr=False, description="Client secret of that app.")
    microsoft_client_secret_expires_on: date | None = Field(
        default=None,
        description="Last day of that secret, such as 2027-12-05; told 30 days before.",
    )
    microsoft_tenant: str = Field(
        default="", description="Tenant that app is registered in, by ID or domain; empty takes accounts of any."
    )
    google_client_id: str = Field(default="", description="Client ID of your app at Google Cloud.")
    google_client_secret: str = Field(default="", repr=False, description="Client secret of that app.")
    google_client_secret_expires_on: date | None = Field(
        default=None,
        description="Last day of that secret, such as 2027-12-05; told 30 days before.",
    )
    google_publishing: Literal["", "testing", "production"] = Field(
        default="",
        description="Publishing status of that app; in testing, Google ends every permission after 7 days.",
    )

    @field_validator(*OF_APPS, "microsoft_tenant")
    @classmethod
    def _of_app(cls, value: str, info: ValidationInfo) -> str:
        if not (names_directory if info.field_name == "microsoft_tenant" else visible)(value):
            raise ValueError("takes what the provider shows, without spaces")
        return value

    @field_validator("google_client_secret_expires_on", "microsoft_client_secret_expires_on", mode="before")
    @classmethod
    def _day(cls, value: object) -> object:
        if value in {"", None} or (isinstance(value, date) and not isinstance(value, datetime)):
            return value or None
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            raise ValueError("takes a day such as 2027-12-05") from None
