"""Local parts that stand for a task and not for a person (RFC 2142, and what companies use)."""

from console.discovery.tables.endings import words

ROLES = words(
    """
    abuse accounting accounts admin administrator administration all api backoffice billing booking bookings
    bogholderi buchhaltung careers compliance connect contact contacto contactus customercare customers
    customerservice datenschutz dev developers dpo editor einkauf email enquiries enquiry event events everyone
    expenses faktura feedback finance finanz frontdesk gdpr general hallo hei hej hello help helpdesk hi hilfe hola
    hostmaster hr humanresources info information inquiries inquiry invoice invoices it itsupport jobs kontakt
    kontor kundenservice kundeservice legal list listserv logistics mail mailbox mailer-daemon mailerdaemon
    management marketing media members membership news newsletter no-reply noc nobody noreply office officemanager
    operations ops order orders partner partners payroll people personal post postmaster pr presse press privacy
    purchasing reception recruiting recruitment registration reklamation reservations returns root rsvp sales salg
    security service services shipping shop spam staff store submissions subscribe support talent team tech
    technical undisclosed-recipients unsubscribe usenet uucp verkauf vertrieb web webmaster website welcome
    wholesale www
    """
)


def is_role(local: str) -> bool:
    """Return whether a local part, its +tag left aside, names a task: support, info, sales+dk."""
    return local.partition("+")[0] in ROLES
