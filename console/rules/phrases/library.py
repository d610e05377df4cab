"""What the libraries and the system say, and servers of another protocol than the one asked for."""

from console.rules.rule import Rule, rule

# What the libraries and the system say when there is no answer of a server to read.
LIBRARY: tuple[Rule, ...] = (
    rule(
        "unsupported-provider",
        r"\bmx 0 \.$|^_text (?:[^ ]{1,120} (?:\d{1,9} )?(?:in )?)?(?:mx |mx:? ?preference ?= ?)?(?:\d{1,5} )?"
        r"(?:[\w-]+\.){0,4}(?:protonmail\.ch|tutanota\.de|hey\.com|proton\.me|protonmail\.com|pm\.me|tutanota\.com"
        r"|tuta\.(?:com|io)|keemail\.me|awsapps\.com)\.?$",
    ),
    rule("unsupported-provider", r"\binbound-smtp\.[\w-]{1,40}\.amazonaws\.com"),
    rule("dns-temporary", r"errno (?:11002|-4|-11)\]"),
    rule(
        "dns-not-found",
        r"name or service not known|nodename nor servname|no address associated|getaddrinfo failed",
        r"dns query name does not exist|\bnxdomain\b|errno -[259]\]",
    ),
    rule(
        "dns-temporary",
        r"dns operation timed out|resolution lifetime expired|nameservers failed",
        r"temporary failure in name resolution|servfail|errno -3\]",
    ),
    rule("tls-expired", r"certificate has expired|certificate is not yet valid"),
    rule(
        "tls-hostname-mismatch",
        r"hostname mismatch|ip address mismatch",
        r"(?:certificate|hostname).{0,80}(?:doesn't|did not|does not) match",
    ),
    rule("tls-untrusted", r"certificate_verify_failed|certificate verify failed|self[- ]signed certificate"),
    rule(
        "tls-wrong-port",
        r"wrong_version_number|wrong version number|unknown_protocol|\[ssl: https?_request",
        r"record_layer_failure|packet_length_too_long",
    ),
    rule("tls-untrusted", r"(?:ca|ee)_key_too_small|ca_md_too_weak"),
    rule(
        "connection-reset",
        r"unexpected_eof_while_reading|eof occurred in violation",
        r"_while_in_init|_is_shutdown|close_notify|bad_record_mac|alert[ _]user[ _]cancel",
    ),
    rule("tls-hostname-mismatch", r"unrecognized[_ ]name"),
    rule("server-error", r"alert[_ ]internal[_ ]error"),
    rule("tls-protocol", r"\[ssl: |tlsv1 alert|sslv3 alert|dh key too small|unsupported protocol"),
    rule(
        "encryption-not-offered",
        r"starttls extension not supported|tls not supported by server|server does not support starttls",
        r"couldn't establish tls session",
    ),
    rule("wrong-server", r"auth extension not supported"),
    rule("auth-mechanism-unsupported", r"no suitable authentication method"),
    rule("connection-refused", r"errno (?:111|61|10061)\]|^\w+ connection refused$"),
    rule(
        "network-unreachable",
        r"errno (?:113|101|65|51|97)\]|no route to host|network is unreachable",
    ),
    rule(
        "connection-timeout",
        r"errno (?:110|60|10060)\]|connection timed out|unexpectedly closed: .{0,40}timed out",
        r"^\w+ (?:the (?:read|handshake) operation )?timed out$",
    ),
    rule(
        "connection-reset",
        r"errno (?:104|32|54|10054|102|107)\]",
        r"broken pipe|connection reset|unexpectedly closed|socket error: eof",
        r"unexpected eof|server not connected",
    ),
    rule("login-throttled", r"unexpected response: .{0,6}\* too many"),
    rule("client-bug", r"illegal in state|does not support [\w-]+ capability"),
    rule("server-error", r"auth mechanism infinite loop"),
    rule(
        "wrong-server",
        r"unexpected (?:tagged )?response: |unterminated line|not imap4 compliant|got more than \d+ bytes",
        r"line too long",
    ),
)

# Another protocol than the one that was asked for.
OTHER_PROTOCOL: tuple[Rule, ...] = (
    rule("wrong-server", r"^_(?:imap(?:=bye|=no)?|smtp(?: -1)?|text) (?:\+ok\b|-err\b|http/\d|ssh-\d|<!doctype|<html)"),
    rule("wrong-server", r"^_smtp 220\b", stages=("reach", "secure", "sign-in")),
    rule(
        "wrong-server",
        r"^_imap=(?:ok|preauth)|^_smtp (?:-1 )?\* (?:ok|preauth)\b",
        stages=("smtp-reach", "smtp-secure"),
    ),
)
