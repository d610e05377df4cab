"""What sign-in services answer, as data: errors of OAuth 2.0, and Google's pages and words.

Sources: RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750 section 3.1, OpenID Connect Core section 3.1.2.6;
https://developers.google.com/identity/protocols/oauth2/web-server#authorization-errors. Narrow before broad: the words
of a description say more than the error in front of it.
"""

from console.rules.phrases.entra import REDEEM
from console.rules.rule import Rule, rule

OAUTH: tuple[Rule, ...] = (
    rule("oauth-advanced-protection", r"advanced protection|\bpolicy_enforced\b"),
    rule("oauth-app-config", r"unregistered scope"),
    rule(
        "oauth-org-policy-blocked",
        r"admin_policy_enforced|restricted_client|access_not_configured|app_not_configured_for_user",
        r"unauthorized to retrieve access tokens using this method|not authorized for any of the scopes",
        r"(?:app|access)(?: is)? blocked\b.{0,160}(?:your (?:admin|organi[sz]ation|institution|workspace|company))",
        r"(?:institution|organi[sz]ation|workspace)(?:'s)? admin\w{0,9} (?:needs? to|must|has|have) (?:review|blocked)",
    ),
    rule(
        "oauth-app-unverified",
        r"google verification process|given you access to this app|developer-approved test",
        r"(?:add(?:ed)?|listed) as (?:a )?test(?:er| user)",
        r"\bapp is blocked\b|tried to access sensitive info",
        r"\b(?:app|google|client|developer|publisher)\b.{0,60}(?:hasn't|has not|isn't|is not) (?:been )?verified",
        r"unverified[ _]app|app (?:is )?currently being tested|sign in with google temporarily disabled for this app",
        r"admin_?ratelimit|user cap (?:is |has been )?(?:reached|exceeded)",
    ),
    # The `suberror` of Microsoft and RFC 9470 say more than the error beside them.
    rule("mfa-required", r"\bmfa_required\b"),
    rule("oauth-org-policy-blocked", r"\b(?:protection_policy_required|device_authentication_failed|access_blocked)\b"),
    rule(
        "oauth-interaction-required",
        r"invalid_rapt|rapt_required|re-?auth related error|session control|\binteraction_required\b",
        r"\b(?:msal)?ui_?required(?:exception)?\b|(?<!result: )interaction ?required",
        r"\binsufficient_user_authentication\b|\bunmet_authentication_requirements\b|\b(?:basic|additional)_action\b",
        r"\blogin_required\b|\baccount_selection_required\b|tokencreatedwithoutdatedpolicies",
    ),
    rule(
        "account-disabled",
        r"invalid_grant\b.{0,120}account (?:has been |is |was )?(?:deleted|disabled|suspended|closed|inactive)",
        r"disabled_client_owner",
    ),
    rule("oauth-app-config", r"\bclient_mismatch\b"),
    rule("oauth-grant-expired", r"\binvalid_grant\b.{0,200}\btoken_expired\b"),
    rule("oauth-code-invalid", r"\b(?:expired_token|device_code_expired|bad_verification_code)\b"),
    rule("account-not-found", r"invalid_grant\b.{0,120}(?:not a valid email|user id|invalid email)"),
    rule(
        "oauth-code-invalid",
        r"malformed auth\w* code|invalid (?:authorization )?code\b|(?:bad|invalid|missing|wrong) code[_ ]verifier",
        r"auth\w* code[^.]{0,40}(?:expired|redeemed|used|invalid|malformed|not valid)|code_already_used",
        r"\bcode (?:was |has |is )?(?:already )?(?:been )?(?:redeemed|used|expired)\b",
        r"\bcode_verifier\b[^.]{0,40}(?:match|invalid|missing)",
    ),
    rule("oauth-code-invalid", r"\binvalid_grant\b", stages=REDEEM),
    rule(
        "oauth-grant-revoked",
        r"\binvalid[_ ]grant\b|token (?:has been|was|is) (?:expired or )?revoked|\bbad_token\b",
        r"refresh token (?:is )?(?:invalid|revoked)",
    ),
    rule(
        "oauth-app-config",
        r"oauth client was (?:not found|deleted|disabled)|deleted_client|disabled_client|client_not_found",
        r"redirect_?uri_?mismatch|redirect uri (?:mismatch|[^.]{0,60}does not match)|origin_mismatch",
        r"invalid_redirect",
        r"disallowed_useragent|\binvalid_scope\b|\borg_internal\b|unsupported_(?:grant|response|token)_type",
        r"\binvalid_target\b|\binvalid_resource\b|unregistered_redirect|invalid_app|unknown client\b",
        r"\binvalid_(?:request_(?:uri|object)|client_metadata|dpop_proof|authorization_details|software_statement)\b",
        r"\b(?:request|request_uri|registration)_not_supported\b|\bunapproved_software_statement\b|\buse_dpop_nonce\b",
    ),
    rule(
        "oauth-client-secret",
        r"\binvalid_client\b|client_secret_expired|client authentication failed|client secret is (?:wrong|invalid)",
    ),
    rule("oauth-app-config", r"\bunauthorized_client\b|\binvalid_request\b|\bunsupported_parameter\b"),
    rule("oauth-admin-consent-required", r"\bconsent_required\b"),
    rule("oauth-user-declined", r"\baccess_denied\b|error_subcode=cancel|user_cancel|declined to consent"),
    rule("rate-limited", r"\bslow_down\b|\btoo_many_requests\b"),
    rule("oauth-provider-outage", r"\bserver_error\b|\btemporarily_unavailable\b|\binternal_failure\b"),
    rule("oauth-scope-missing", r"\binsufficient_scope\b|scope has changed from"),
    # The answer to a code that brings fewer permissions than were asked for is no error of its own.
    rule(
        "oauth-scope-missing",
        r'"?scope"?[:=] ?"(?![^"]{0,900}(?:gmail|mail\.|imap|smtp))[^"]{0,900}(?:openid|userinfo|user\.read|profile)',
    ),
    rule("oauth-token-expired", r"\binvalid_token\b"),
)
