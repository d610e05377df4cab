"""The part of the configuration that is about the mail server for notices."""

from typing import Literal

from pydantic import BaseModel, Field


class MailConfig(BaseModel):
    """The organisation's own SMTP server; without a host it is set up in the console."""

    smtp_host: str = Field(default="", description="SMTP server that notices are handed to; empty is set in Settings.")
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Port of that server.")
    smtp_security: Literal["starttls", "tls"] = Field(
        default="starttls", description="starttls, or tls from the start."
    )
    smtp_username: str = Field(default="", description="User name at that server; empty signs nobody in.")
    smtp_password: str = Field(default="", repr=False, description="Password of that user name.")
    smtp_sender: str = Field(default="", description="Address that notices come from.")
    smtp_sender_name: str = Field(default="", max_length=80, description="Name beside it; empty is the organisation's.")
