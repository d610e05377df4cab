"""Mail filters: what stands in MX is theirs, and the mailbox lies somewhere behind.

Sources: jace/mxsniff, postalsys/emailengine and the products' own set-up pages for MX names.
"""

from console.discovery.tables.endings import Endings

GATEWAYS: Endings[str] = Endings(
    (name, endings.split())
    for name, endings in (
        ("Proofpoint", "pphosted.com gpphosted.com"),
        ("Proofpoint Essentials", "ppe-hosted.com"),
        ("Mimecast", "mimecast.com mimecast.co.za mimecast-offshore.com"),
        ("Barracuda", "barracudanetworks.com cudaops.com"),
        ("Cisco Secure Email", "iphmx.com iphmx.eu"),
        ("Symantec Email Security", "messagelabs.com inboundmx.com"),
        ("Forcepoint", "mailcontrol.com"),
        ("Trellix", "fireeyecloud.com fireeyegov.com"),
        ("Hornetsecurity", "antispameurope.com hornetsecurity.com"),
        ("Sophos", "hydra.sophos.com sophos.com reflexion.net"),
        ("Trend Micro", "trendmicro.com trendmicro.eu trendmicro.co.jp trendmicro.com.au trendmicro.co.uk"),
        ("SpamExperts", "spamexperts.com spamexperts.net spamexperts.eu antispamcloud.com"),
        ("SiteGround", "mailspamprotection.com"),
        ("AppRiver", "arsmtp.com"),
        ("eXpurgate", "expurgate.net expurgate.de eleven.de"),
        ("Retarus", "retarus.com retarus.de"),
        ("CloudFilter", "cloudfilter.net"),
        ("Vade", "vadesecure.com vade-secure.com"),
        ("Comendo", "comendosystems.com comendosystems.net"),
        ("Heimdal", "heimdalsecurity.com"),
        ("Cloudflare Email Security", "mxrecord.io mxrecord.mx"),
        ("MailChannels", "mailchannels.net"),
        ("Mailprotector", "emailservice.io emailservice.co emailservice.cc"),
        ("Fortinet FortiMail", "fortimailcloud.com"),
        ("N-able Mail Assure", "mailassure.com mtaroutes.com"),
        ("SpamTitan", "spamtitan.com"),
        ("Mailborder", "mailborder.com"),
        ("Zix", "zixmail.net zixcorp.com"),
        ("NoSpamProxy", "nospamproxy.com cloud.nospamproxy.com"),
        ("SpamHero", "spamhero.com"),
        ("MX Guarddog", "ik2.com"),
        ("GFI MailEssentials", "gfimailessentials.com"),
        ("Mailguard", "mailguard.com.au"),
        ("Libraesva", "esvacloud.com"),
        ("MessageStream", "messagestream.com"),
        ("SEPPmail", "seppmail.cloud"),
        ("Mailinblack", "mailinblack.com"),
        ("Topsec", "topsec.com"),
        ("FuseMail", "fusemail.net electric.net"),
    )
)
