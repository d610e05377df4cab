"""What an account admin may keep for a mail domain."""

from enum import StrEnum

from console.rules.texts import N_


class Kind(StrEnum):
    """Nothing yet, or the family whose settings are kept; the value is its slug. Never two at once."""

    NONE = "none"
    IMAP = "imap"
    EXCHANGE = "exchange"


KIND_LABELS = {Kind.NONE: N_("Not configured"), Kind.IMAP: N_("IMAP + SMTP"), Kind.EXCHANGE: N_("Exchange")}

# User names in the form of Mail Autoconfig (draft-ietf-mailmaint-autoconfig, "%EMAILADDRESS%" and its two siblings).
WHOLE, LOCAL = "%EMAILADDRESS%", "%EMAILLOCALPART%"
PLACEHOLDERS = (WHOLE, LOCAL, "%EMAILDOMAIN%")
