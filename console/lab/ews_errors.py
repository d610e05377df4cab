"""What EWS says when a mailbox cannot be opened, word for word.

Codes: https://learn.microsoft.com/exchange/client-developer/web-service-reference/responsecode. Texts: the reference of
the EWS Managed API (ServiceError), and what users of exchangelib report; a code without a published text is its own.
Which of them come as a fault and which as the answer to an operation:
https://learn.microsoft.com/exchange/client-developer/exchange-web-services/handling-soap-faults.
"""

from console.lab import soap
from console.lab.exchange_place import ExchangePlace
from console.lab.web_server import Answer

BACK_OFF = 297_749
_BUSY = "The server cannot service this request right now. Try again later."
_NO_SITE = (
    "Exchange Web Services are not currently available for this request because none of the Client Access Servers in "
    "the destination site could process the request."
)

# By switch: the code, its text, and whether it comes as a fault.
_ERRORS = {
    "password-expired": ("ErrorPasswordChangeRequired", "The password must be changed before logging on.", True),
    "connections": (
        "ErrorExceededConnectionCount",
        "You have exceeded the available concurrent connections for your account.",
        True,
    ),
    "no-exchange-mailbox": ("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.", True),
    "moved-to-cloud": ("ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.", True),
    "no-access": ("ErrorAccessDenied", "Access is denied. Check credentials and try again.", False),
    "moving": ("ErrorMailboxMoveInProgress", "Mailbox move in progress. Try again later.", False),
    "store-down": ("ErrorMailboxStoreUnavailable", "The mailbox database is temporarily unavailable.", False),
    "failover": ("ErrorMailboxFailover", "ErrorMailboxFailover", False),
    "other-site": (
        "ErrorNoRespondingCASInDestinationSite",
        _NO_SITE,
        True,
    ),
    "older-mailbox": ("ErrorIncorrectSchemaVersion", "ErrorIncorrectSchemaVersion", True),
}
_PROXY = ("ErrorProxyRequestNotAllowed", "ErrorProxyRequestNotAllowed", True)


def trouble(place: ExchangePlace, address: str, operation: str, *, elsewhere: bool) -> Answer | None:
    """Return what an account's request is answered instead; with `elsewhere` it asks the second server."""
    if place.has("busy", address):
        return soap.fault("ErrorServerBusy", _BUSY, back_off=BACK_OFF)
    chosen = next((found for slug, found in _ERRORS.items() if place.has(slug, address)), None)
    if place.has("other-server", address) and not elsewhere:
        chosen = _PROXY
    if chosen is None:
        return None
    code, text, as_fault = chosen
    if as_fault:
        return soap.fault(code, text)
    return soap.answer(place.build, soap.response(operation, [soap.error(operation, code, text)]))
