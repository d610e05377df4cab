"""What can go wrong with an Exchange server of the house, as switches.

The answers stand in exchange_pages.py, autodiscover.py and ews_errors.py, with their sources.
"""

from console.lab.exchange_builds import BUILDS
from console.lab.fault import EXCHANGE, Fault, Place

_HERE = frozenset({EXCHANGE})


def _fault(slug: str, place: Place, title: str, text: str, *, everybody: bool = False) -> Fault:
    return Fault(slug, place, _HERE, title, text, everybody)


_FIND = (
    _fault("no-srv", "find", "No SRV record", "DNS does not name the server.", everybody=True),
    _fault("no-pox", "find", "No POX Autodiscover", "autodiscover.xml answers 404.", everybody=True),
    _fault("no-soap", "find", "No SOAP Autodiscover", "autodiscover.svc answers 404.", everybody=True),
    _fault("no-json", "find", "No Autodiscover v2", "autodiscover.json answers 404.", everybody=True),
    _fault(
        "no-autodiscover-host", "find", "No autodiscover host", "autodiscover.corp.test is unknown.", everybody=True
    ),
    _fault(
        "http-redirect",
        "find",
        "Found over http",
        "https://autodiscover.corp.test has no Autodiscover; over http it leads to mail.corp.test.",
        everybody=True,
    ),
    _fault(
        "http-redirect-elsewhere",
        "find",
        "Found over http, at a hosting company",
        "The same, but it leads to autodiscover.hoster.test.",
        everybody=True,
    ),
    _fault("apex-401", "find", "The web site asks for a password", "https://corp.test says 401.", everybody=True),
    _fault(
        "apex-certificate",
        "find",
        "The web site has another certificate",
        "https://corp.test shows one for www.test.",
        everybody=True,
    ),
    _fault("hybrid", "find", "Mail comes by way of Microsoft 365", "The MX record is Microsoft's.", everybody=True),
    _fault(
        "known-to-microsoft",
        "find",
        "A tenant without mailboxes",
        "The domain is verified at Microsoft, as for Teams; mail stays here.",
        everybody=True,
    ),
    _fault("redirect-address", "find", "Redirected to another address", "RedirectAddr names one of this server."),
    _fault("redirect-loop", "find", "Redirected in a circle", "RedirectAddr names the address that was asked about."),
    _fault("redirect-url", "find", "Redirected to another server", "RedirectUrl names mail2.corp.test."),
    _fault("redirect-url-elsewhere", "find", "Redirected to a hosting company", "RedirectUrl names hoster.test."),
    _fault("endless-redirects", "find", "Redirected for ever", "Each address leads to the next.", everybody=True),
    _fault(
        "moved-to-cloud",
        "find",
        "Moved to Microsoft 365",
        "RedirectAddr ends in mail.onmicrosoft.com; EWS knows no mailbox.",
    ),
    _fault("unknown-address", "find", "Address not known", "Autodiscover says 500 in POX, InvalidUser in SOAP."),
    _fault("autodiscover-busy", "find", "Autodiscover is busy", "It answers ServerBusy."),
    _fault("autodiscover-unwell", "find", "Autodiscover fails", "It answers 503.", everybody=True),
    _fault("autodiscover-entities", "find", "Autodiscover with entities", "The answer has a DTD.", everybody=True),
    _fault("autodiscover-huge", "find", "Autodiscover with 100 MB", "The answer does not end soon.", everybody=True),
    _fault("autodiscover-cut", "find", "Autodiscover cut off", "The answer ends in the middle.", everybody=True),
    _fault("autodiscover-page", "find", "A page instead of Autodiscover", "A web page, with 200.", everybody=True),
    _fault("autodiscover-hangs", "find", "Autodiscover hangs", "The second request is not answered.", everybody=True),
)
_SERVER = (
    *(
        _fault(slug, "server", build.title, f"The server is build {'.'.join(map(str, build.numbers))}.", everybody=True)
        for slug, build in BUILDS.items()
    ),
    _fault("self-signed", "server", "Self-signed certificate", "As an Exchange set-up leaves it.", everybody=True),
    _fault("expired", "server", "Expired certificate", "It ended three days ago.", everybody=True),
    _fault("wrong-name", "server", "Certificate for another name", "It is for www.corp.test.", everybody=True),
    _fault("unknown-authority", "server", "Unknown authority", "No one trusts who issued it.", everybody=True),
)
_SIGN_IN = (
    _fault("only-basic", "sign-in", "Basic only", "Nothing else is offered.", everybody=True),
    _fault("only-ntlm", "sign-in", "NTLM only", "Nothing else is offered.", everybody=True),
    _fault("only-negotiate", "sign-in", "Negotiate only", "Kerberos or nothing.", everybody=True),
    _fault("no-offer", "sign-in", "Nothing offered", "401 without saying how to sign in.", everybody=True),
    _fault(
        "extended-protection",
        "sign-in",
        "Extended Protection",
        "An NTLM answer has to be made for the server's certificate.",
        everybody=True,
    ),
    _fault("refused-password", "sign-in", "The password is refused", "401, whatever the password."),
    _fault("foreign-401", "sign-in", "Another web server asks", "401 of an nginx in front.", everybody=True),
    _fault("locked-out", "sign-in", "Account locked", "The referenced account is currently locked out."),
    _fault("password-expired", "sign-in", "Password expired", "ErrorPasswordChangeRequired."),
    _fault("status-456", "sign-in", "Blocked (456)", "The account has to sign in with a browser first."),
    _fault("cas-denied", "sign-in", "Client access rule", "403 with X-CasErrorCode: EXCEPTION_ACCESS_DENIED."),
)
_MAIL = (
    _fault("forbidden", "mail", "Forbidden (403)", "IIS lets nobody in here."),
    _fault("ews-off", "mail", "EWS is off for the user", "403 after the sign-in; Autodiscover goes on working."),
    _fault("not-found", "mail", "Not found (404)", "There is no EWS at this address."),
    _fault("status-440", "mail", "Login time-out (440)", "What OWA answers in its own form of sign-in."),
    _fault("status-449", "mail", "Retry with (449)", "What ActiveSync answers to a device without policy."),
    _fault("unavailable", "mail", "Unavailable (503)", "With Retry-After: 120."),
    _fault("application-error", "mail", "Server error (500)", "Server Error in '/EWS' Application."),
    _fault("load-balancer", "mail", "Load balancer", "A page that says 502 Bad Gateway."),
    _fault("owa-page", "mail", "OWA's sign-in page", "200 and a page, where SOAP was expected."),
    _fault("owa-redirect", "mail", "OWA redirect", "302 to /owa/auth/logon.aspx."),
    _fault("ews-elsewhere", "mail", "EWS redirected to a hosting company", "302 to mail.hoster.test.", everybody=True),
    _fault("ews-endless", "mail", "EWS redirected for ever", "Each address leads to the next.", everybody=True),
    _fault("wrong-type", "mail", "Wrong content type", "SOAP, said to be text/html."),
    _fault("xml-cut", "mail", "XML cut off", "The answer ends in the middle."),
    _fault("xml-entities", "mail", "XML with entities", "A DTD whose entities grow to gigabytes."),
    _fault("xml-huge", "mail", "100 MB", "An answer that does not end soon."),
    _fault("hangs", "mail", "Hangs", "The first request is answered, the second is not."),
    _fault("ews-slow", "mail", "Slow answers", "An answer takes 20 seconds."),
    _fault("busy", "mail", "Busy", "ErrorServerBusy with BackOffMilliseconds."),
    _fault("connections", "mail", "Too many connections", "ErrorExceededConnectionCount."),
    _fault("no-exchange-mailbox", "mail", "No mailbox", "ErrorNonExistentMailbox."),
    _fault("no-access", "mail", "Access denied", "ErrorAccessDenied."),
    _fault("moving", "mail", "Mailbox is being moved", "ErrorMailboxMoveInProgress."),
    _fault("store-down", "mail", "Mailbox database down", "ErrorMailboxStoreUnavailable."),
    _fault("failover", "mail", "Failover", "ErrorMailboxFailover."),
    _fault("other-server", "mail", "Mailbox on another server", "It is on mail2.corp.test; here it is refused."),
    _fault("other-site", "mail", "Mailbox in another site", "ErrorNoRespondingCASInDestinationSite."),
    _fault("older-mailbox", "mail", "Mailbox on an older server", "ErrorIncorrectSchemaVersion."),
    _fault("ews-no-sent", "mail", "No folder for sent mail", "ErrorFolderNotFound for Sent Items."),
    _fault("no-directory", "mail", "Directory says nothing", "ResolveNames finds nobody."),
    _fault("may-not-send", "mail", "May not send", "Rights to read alone; sending is ErrorSendAsDenied."),
)
EXCHANGE_FAULTS = (*_FIND, *_SERVER, *_SIGN_IN, *_MAIL)
