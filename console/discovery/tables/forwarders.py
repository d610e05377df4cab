"""Services that take mail for a domain and hold no mailbox: they forward it, or hand it to a program.

Sources: jace/mxsniff, and the services' own set-up pages: forwardemail.net/faq,
developers.cloudflare.com/email-routing, improvmx.com/guides, documentation.mailgun.com, docs.sendgrid.com (Inbound
Parse), postmarkapp.com (Inbound), support.google.com/domains/answer/9437157, wordpress.com/support/email-forwarding,
simplelogin.io/docs.
"""

from console.discovery.tables.endings import Endings

FORWARDERS: Endings[str] = Endings(
    (name, endings.split())
    for name, endings in (
        ("Forward Email", "forwardemail.net"),
        ("Cloudflare Email Routing", "mx.cloudflare.net"),
        ("ImprovMX", "improvmx.com"),
        ("Namecheap Email Forwarding", "registrar-servers.com"),
        ("Mailgun", "mailgun.org"),
        ("SendGrid", "mx.sendgrid.net"),
        ("Postmark", "inbound.postmarkapp.com"),
        ("SparkPost", "sparkpostmail.com"),
        ("Mandrill", "mandrillapp.com"),
        ("Mailjet", "parse.mailjet.com"),
        ("Brevo", "sendinblue.com brevo.com"),
        ("CloudMailin", "cloudmailin.net"),
        ("Google Domains forwarding", "gmr-smtp-in.l.google.com"),
        ("WordPress.com forwarding", "smtp-fwd.wordpress.com"),
        ("Porkbun forwarding", "fwd1.porkbun.com fwd2.porkbun.com"),
        ("SimpleLogin", "simplelogin.co simplelogin.io"),
        ("addy.io", "anonaddy.me anonaddy.com addy.io"),
        ("Firefox Relay", "relay.firefox.com"),
        ("Pobox", "pobox.com"),
        ("OVHcloud redirection", "redirect.ovh.net"),
        ("Mailhop", "mailhop.org"),
        ("Duck.com", "duck.com duckduckgo.com"),
        ("MailerSend", "inbound.mailersend.net"),
        ("Zapier", "zapiermail.com"),
    )
)

# Addresses that are nothing but a forwarding.
ALIAS_DOMAINS: Endings[str] = Endings(
    (name, endings.split())
    for name, endings in (
        ("Firefox Relay", "mozmail.com"),
        ("Apple Hide My Email", "privaterelay.appleid.com"),
        ("DuckDuckGo Email Protection", "duck.com"),
        (
            "SimpleLogin",
            "aleeas.com slmails.com slmail.me simplelogin.com 8alias.com 8shield.net dralias.com simplelogin.fr",
        ),
        ("addy.io", "anonaddy.me anonaddy.com addymail.com"),
        ("GitHub", "users.noreply.github.com"),
    )
)
