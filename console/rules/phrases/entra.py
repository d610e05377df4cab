"""What Microsoft's sign-in service answers, by the AADSTS number inside its text, else by its words.

Source: https://learn.microsoft.com/entra/identity-platform/reference-error-codes. A number says more than the OAuth
error in front of it: `invalid_grant` alone covers a revoked grant, a second factor and a rule of the company.
"""

from console.rules.rule import Rule, rule

REDEEM = ("redeem",)
"""The step in which a code is turned into tokens; it has no stage of its own in a check."""


def aadsts(code: str, numbers: str, stages: tuple[str, ...] = ()) -> Rule:
    """Return a rule for any of Microsoft's `numbers` (apart by spaces), in a text or in the list beside it."""
    known = "|".join(numbers.split())
    return rule(code, rf"aadsts(?:{known})\b", rf'error(?:_codes"?: ?\[ ?| ?code: ?)(?:{known})\b', stages=stages)


ENTRA: tuple[Rule, ...] = (
    # One number for a code, a refresh token and a list of permissions that are no good.
    rule("oauth-code-invalid", r"aadsts70000\b.{0,200}\bcode\b"),
    rule("oauth-scope-missing", r"aadsts70000\b.{0,200}\bscopes?\b"),
    rule("account-disabled", r"aadsts70000\b.{0,120}\babuse\b"),
    aadsts("oauth-code-invalid", "50089 70000 70008 700082", stages=REDEEM),
    aadsts("oauth-code-invalid", "50147 501481 501491 54005 54009 700005 70019 900561"),
    aadsts("oauth-grant-revoked", "40009 40015 50013 500133 50099 50132 50133 50139 50173 50197 700081 70044"),
    aadsts("oauth-grant-expired", "50089 70000 70008 700082 90086"),
    aadsts(
        "oauth-interaction-required",
        "1000000 1000002 16001 16002 160021 50015 50058 50085 50125 50136 50140 50143 50168 50178 50180 50199 "
        "51006 700020 70043 70045 70046 81010 9002341",
    ),
    aadsts(
        "mfa-required",
        "500121 50072 50074 50076 50078 50079 50086 50158 50161 50170 50177 53004 53010",
    ),
    aadsts("oauth-admin-consent-required", "65001 650051 90008 90093 90094 90095 90099"),
    aadsts("oauth-user-declined", "65004 90120"),
    aadsts(
        "oauth-org-policy-blocked",
        "1000031 1000104 130007 135011 500014 50002 500021 500022 50005 500212 500213 50097 50105 50127 50129 "
        "50131 50155 50187 51000 53000 530001 530002 530003 530004 53001 53002 530021 53003 530031 530032 530033 "
        "530034 530036 53005 53009 54000 700003 7000112 80012 90084 90123",
    ),
    aadsts("password-auth-retired", "530035"),
    aadsts("oauth-client-secret", "50048 70002 7000215 7000216 7000218 7000222 700024 700027 700030"),
    aadsts(
        "oauth-app-config",
        "165900 240002 28000 28001 28002 28003 50001 500011 50003 50006 50007 50010 50011 500113 50042 50043 50049 "
        "50050 50012 50107 50146 501461 50169 50194 65002 65005 650053 650054 650056 650057 70001 700011 7000114 "
        "700016 700022 7000229 700023 700025 70003 70004 70005 700051 700054 70007 700084 70011 90002 90004 90005 "
        "90007 90009 90010 9001023 90013 90014 900144 90015 90016 90019 90020 90023 9002313 9002325 9002326 "
        "9002332 9002346 90027 90056 900384 900971 90100 901002 90101 90102 90107 90117 90121 90124 90130",
    ),
    aadsts("mailbox-not-available", "52004 650052"),
    aadsts("oauth-wrong-account", "16000 16003 50014 50020 500200 500208 51004 81012 90072 90125 90126"),
    aadsts("account-not-found", "50034 50059 50128 81011 90022"),
    aadsts("account-locked", "50053 53011"),
    aadsts("account-disabled", "50057 500571"),
    aadsts("password-expired", "50055 50135 50142 50144"),
    aadsts("bad-credentials", "120000 50056 50064 50126 50192"),
    aadsts("tls-protocol", "1002016"),
    aadsts("unsupported-cloud", "90038 900381 900382 90043 900432 900439 90051"),
    aadsts("rate-limited", "50088 50166 50196 90055"),
    aadsts(
        "oauth-provider-outage",
        "120021 20001 20012 20033 230109 40008 40010 50000 50008 50017 50033 50087 501621 51005 70012 80001 80002 "
        "80005 80007 80010 80013 80014 90006 90012 90024 90025 90033 90036 90085 90090 90091 90092",
    ),
    rule(
        "unsupported-cloud",
        r'tenant_region_sub_scope"?: ?"?(?:dodcon|dod)\b|tenant_region_scope"?: ?"?usgov',
        r"\b(?:login\.|graph\.)?(?:microsoftonline\.us|microsoft\.us|partner\.microsoftonline\.cn|chinacloudapi\.cn)\b",
        r"belongs to (?:the |a )?(?:national|government|sovereign) cloud",
    ),
    rule(
        "oauth-admin-consent-required",
        r"\badmin(?:istrator)?[ _]?consent[ _](?:is )?required|only an admin can grant|needs? admin approval",
        r"has not consented to use the application|need admin(?:istrator)? approval|requires your admin'?s approval",
    ),
    rule(
        "oauth-wrong-account",
        r"sign in here with a personal account|is a personal microsoft account|user account does not exist in tenant",
    ),
    rule(
        "oauth-org-policy-blocked",
        r"blocked by conditional access|conditional access policy|tenant restriction|not assigned to a role for the",
        r"not meet the criteria to access this|sign-in was successful but you don't have permission",
        r"can'?t get there from here",
        r"device (?:is not|authentication|state)[^.]{0,40}(?:required|compliant|managed)",
    ),
    rule(
        "mfa-required",
        r"(?:must|need to|have to) (?:use|enroll in|complete|perform|register for) (?:the )?multi-?factor",
        r"more information to keep your account secure",
        r"strong authentication is required|\bmulti-?factor auth\w* (?:has expired|is required)",
    ),
    rule(
        "oauth-client-secret",
        r"client secret (?:keys? )?(?:provided )?(?:for [^ ]{1,60} )?(?:is|are|has|have) (?:expired|invalid)",
        r"invalid client secret|client_secret (?:does not|doesn'?t) match|secret keys? for app[^.]{0,60}expired",
    ),
    rule(
        "account-not-found",
        r"microsoft account doesn'?t exist|user ?name may be incorrect",
        r"(?:find|recogni[sz]e) (?:an account with )?that (?:user ?name|email)",
    ),
    # A number that is not listed above: what its words promise, else what its neighbours are about.
    rule("oauth-provider-outage", r"aadsts\d{4,8}\b.{0,160}(?:transient|temporar|try again (?:later|in)|unavailable)"),
    rule("oauth-client-secret", r"aadsts\d{4,8}\b.{0,60}client (?:assertion|secret)"),
    rule("oauth-org-policy-blocked", r"aadsts53\d{3,5}\b"),
    rule("oauth-provider-outage", r"aadsts80\d{3}\b"),
    rule("oauth-app-config", r"aadsts(?:65|70|75|90)\d{3,6}\b"),
)
