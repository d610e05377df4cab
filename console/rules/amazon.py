"""Amazon's mail services, which cannot be connected: SES takes no mailboxes, and WorkMail ends on 2027-03-31.

Their names: https://docs.aws.amazon.com/general/latest/gr/ses.html, https://docs.aws.amazon.com/general/latest/gr/workmail.html
"""

import re

from console.rules.texts import N_

REFUSAL = N_("Amazon SES and Amazon WorkMail cannot be connected. The way out is a mailbox at Gmail or Microsoft 365.")

_WORKMAIL = re.compile(r"(.*\.)?(awsapps\.com|amazonses\.com)")
# Other names below amazonaws.com are machines that anybody rents, mail servers of their own among them.
_SES = re.compile(r"(.*\.)?(email-smtp[a-z-]*|inbound-smtp)\.(.*\.)?amazonaws\.com(\.cn)?")


def is_amazon(host: str) -> bool:
    """Return whether a host or a mail domain belongs to Amazon SES or WorkMail."""
    name = host.strip().rstrip(".").casefold()
    return bool(_WORKMAIL.fullmatch(name) or _SES.fullmatch(name))
