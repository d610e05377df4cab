"""Hosting companies: they give no addresses of their own, so only the mail exchangers of a domain tell.

Servers are those that the company's help pages name; mail exchangers were read from DNS in September and October 2026.
"""

from collections.abc import Iterator

from console.discovery import cautions
from console.discovery.provider import Provider, imaps, submission, submissions


def _ionos() -> Iterator[Provider]:
    """Yield one row for each country. kundenserver.de is what customers of the German 1&1 were given."""
    exchangers = {
        "de": ("mx00.ionos.de", "mx01.ionos.de", ".kundenserver.de", ".1and1.de"),
        "com": ("mx00.ionos.com", "mx01.ionos.com", ".perfora.net", ".1and1.com"),
        "co.uk": ("mx00.ionos.co.uk", "mx01.ionos.co.uk", ".1and1.co.uk"),
        "fr": ("mx00.ionos.fr", "mx01.ionos.fr", ".1and1.fr"),
        "es": ("mx00.ionos.es", "mx01.ionos.es", ".1and1.es"),
        "it": ("mx00.ionos.it", "mx01.ionos.it", ".1and1.it"),
    }
    for country, mx in exchangers.items():
        yield Provider("IONOS", imaps(f"imap.ionos.{country}"), submissions(f"smtp.ionos.{country}"), mx=mx)


HOSTERS: tuple[Provider, ...] = (
    Provider("one.com", imaps("imap.one.com"), submissions("send.one.com"), mx=(".one.com",)),
    # websmtp.simply.com is for scripts on its web servers.
    Provider("Simply.com", imaps("imap.simply.com"), submission("smtp.simply.com"), mx=("mx.simply.com",)),
    *_ionos(),
    # ex*.mail.ovh.net is hosted Exchange.
    Provider(
        "OVHcloud",
        imaps("ssl0.ovh.net"),
        submissions("ssl0.ovh.net"),
        mx=(*(f"mx{number}.mail.ovh.net" for number in range(5)), "mx1.ovh.net", "mx2.ovh.net"),
    ),
    Provider("Strato", imaps("imap.strato.de"), submissions("smtp.strato.de"), mx=("smtpin.rzone.de", ".rzone.de")),
    # Mailboxes or forwarding only: the exchanger does not tell.
    Provider(
        "Gandi",
        imaps("mail.gandi.net"),
        submissions("mail.gandi.net"),
        mx=("spool.mail.gandi.net", "fb.mail.gandi.net"),
    ),
    Provider("Migadu", imaps("imap.migadu.com"), submissions("smtp.migadu.com"), mx=(".migadu.com",)),
    Provider(
        "Rackspace Email",
        imaps("secure.emailsrvr.com"),
        submissions("secure.emailsrvr.com"),
        mx=("mx1.emailsrvr.com", "mx2.emailsrvr.com"),
    ),
    Provider(
        "GoDaddy",
        imaps("imap.secureserver.net"),
        submissions("smtpout.secureserver.net"),
        mx=("smtp.secureserver.net", "mailstore1.secureserver.net"),
    ),
    # https://www.godaddy.com/help/server-and-port-settings-for-workspace-email-6949
    *(
        Provider(
            "GoDaddy",
            imaps(f"imap.{place}.secureserver.net"),
            submissions(f"smtpout.{place}.secureserver.net"),
            mx=(f"smtp.{place}.secureserver.net", f"mailstore1.{place}.secureserver.net"),
        )
        for place in ("europe", "asia")
    ),
    Provider(
        "Private Email",
        imaps("mail.privateemail.com"),
        submissions("mail.privateemail.com"),
        mx=("mx1.privateemail.com", "mx2.privateemail.com"),
        cautions=(cautions.app_password_with_two_steps("Private Email", "https://www.namecheap.com/support/"),),
    ),
    Provider(
        "Hostinger",
        imaps("imap.hostinger.com"),
        submissions("smtp.hostinger.com"),
        mx=("mx1.hostinger.com", "mx2.hostinger.com", "mx1.hostinger.in", "mx2.hostinger.in"),
    ),
    Provider(
        "Titan",
        imaps("imap.titan.email"),
        submissions("smtp.titan.email"),
        mx=("mx1.titan.email", "mx2.titan.email"),
        cautions=(
            cautions.switch("Titan", "https://support.titan.email/"),
            cautions.app_password_with_two_steps("Titan", "https://support.titan.email/"),
        ),
    ),
)
