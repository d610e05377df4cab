"""What systems and servers say in the languages of their owners, as data; English is everywhere else.

Sources: the translations of glibc's strerror and gai_strerror (https://translationproject.org/domain/libc.html),
Windows' system errors as support forums quote them, and server texts as https://www.ionos.de/hilfe lists them.
German, French, Spanish, Italian, Dutch, Danish, Norwegian, Swedish, Portuguese, Polish, Russian.
"""

from console.rules.rule import Rule, rule

SYSTEM_ABROAD: tuple[Rule, ...] = (
    rule(
        "dns-not-found",
        r"(?:name oder der dienst|name oder dienst) (?:ist )?nicht bekannt|nom ou service inconnu|host ist unbekannt",
        r"nombre o servicio desconocido|nome o servizio sconosciuto|navn eller tjeneste er ukendt|hôte inconnu",
        r"naam of dienst is niet bekend|namn eller tjänst är inte känt|nome ou serviço desconhecido|неизвестное имя",
    ),
    rule(
        "dns-temporary",
        r"(?:fehler|échec|fallo|errore|fejl) (?:temporaire|temporal|temporaneo)? ?(?:bei der|dans la|en la|nella|under)"
        r" (?:namensauflösung|résolution|resolución|risoluzione|navneopslag)",
    ),
    rule(
        "connection-refused",
        r"verbindungsaufbau abgelehnt|zielcomputer die verbindung verweigerte|connexion refusée|conexión rehusada",
        r"connessione rifiutata|forbindelsen? (?:blev )?(?:afvist|nægtet)|verbinding is geweigerd|förbindelsen vägras",
        r"conexão recusada|połączenie odrzucone|соединении отказано|refusée par l'ordinateur|afviste aktivt",
    ),
    rule(
        "connection-timeout",
        r"wartezeit für die verbindung ist abgelaufen|zeitüberschreitung|délai (?:d'attente|de connexion)",
        r"connexion terminée par expiration|expiró el tiempo|tiempo de espera|tempo (?:di connessione|scaduto)",
        r"forbindelsen? udløb|tidsudløb|verbinding is verlopen|tidsgränsen|tempo (?:limite )?esgotado",
        r"upłynął limit|время ожидания",
    ),
    rule(
        "connection-reset",
        r"verbindung wurde vom (?:kommunikationspartner|remotehost)|réinitialis\w{1,4} (?:de la |la )?connexion",
        r"conexión reinicializada|connessione interrotta|connessione chiusa|connexion\b.{0,30}fermée",
        r"forbindelsen? (?:blev )?(?:afbrudt|nulstillet|lukket)|verbinding is (?:weggevallen|verbroken)",
        r"datenübergabe unterbrochen|соединение разорвано",
    ),
    rule(
        "network-unreachable",
        r"netzwerk ist nicht erreichbar|keine route zum zielrechner",
        r"(?:réseau|hôte)[^.]{0,20}(?:inaccessible|accessible)",
        r"aucun chemin d'accès|red es inaccesible|no hay ruta|rete (?:non è |ir)raggiungibile|netværket er util",
        r"ingen rute til|netwerk is onbereikbaar|nätverket (?:går inte|kan inte) nå|сеть недоступна",
    ),
    rule(
        "tls-expired",
        r"zertifikat\w{0,2}\b.{0,40}abgelaufen|certificat\b.{0,40}expiré|certificado\b.{0,40}(?:caducado|expirado|vencido)",
        r"certifikatet?\b.{0,40}(?:udløbet|utgått)|certificaat\b.{0,40}verlopen|certificato\b.{0,40}scaduto",
    ),
    rule(
        "tls-untrusted",
        r"zertifikat[^.]{0,40}nicht vertrau|certificat[^.]{0,30}pas (?:fiable|approuvé)",
        r"certificado[^.]{0,20}no (?:es )?(?:de )?confia|certifikatet?[^.]{0,20}ikke (?:tillid|pålidelig)",
    ),
)

WRONG_PASSWORD_ABROAD: tuple[Rule, ...] = (
    rule(
        "bad-credentials",
        r"(?:passwort|kennwort|benutzername|zugangsdaten|anmeldedaten)[^.]{0,30}(?:falsch|ungültig|inkorrekt)",
        r"(?:falsche\w|ungültige\w) (?:passwort|kennwort|benutzer|zugangs)",
        r"(?:anmeldung|authentifizierung) fehlgeschlagen",
        r"(?:mot de passe|identifiants?)[^.]{0,30}(?:incorrect|invalide|erroné)|échec de l.authentification",
        r"authentification (?:échouée|refusée|a échoué)|contraseña[^.]{0,20}(?:incorrecta|inválida|no válida)",
        r"(?:error de|falló la) autenticación|autenticación fallida|autenticazione (?:fallita|non riuscita)",
        r"password errata|credenziali non valide|(?:wachtwoord|gebruikersnaam)[^.]{0,30}(?:onjuist|ongeldig|fout)",
        r"(?:inloggen|aanmelden|verificatie) (?:is )?mislukt|(?:forkert|ugyldigt?) (?:brugernavn|adgangskode|kodeord)",
        r"(?:godkendelsen?|login|autentificering) mislykkedes|fel(?:aktigt)? (?:lösenord|användarnamn)|feil passord",
        r"autentisering(?:en)? mis(?:slyckades|lyktes)|senha (?:incorreta|inválida)|falha na autenticação",
        r"nieprawidłow\w{1,3} (?:hasło|login|dane)|błędne hasło|uwierzytelni\w{1,8} nie powiod",
        r"неверн\w{1,3} (?:логин|пароль|имя)|ошибка (?:аутентификации|авторизации)",
        stages=("sign-in", "smtp-sign-in", ""),
    ),
)

RECIPIENTS_ABROAD: tuple[Rule, ...] = (
    rule(
        "recipient-rejected",
        r"^_smtp 5(?!3).*(?:(?:benutzer|empfänger|postfach|adresse).{0,60}(?:unbekannt|existiert nicht|nicht gefunden)"
        r"|unbekannte\w (?:benutzer|empfänger)|(?:utilisateur|destinataire|usuario|destinatario).{0,40}"
        r"(?:inconnu|desconocido|inexistente|sconosciuto|n'existe)|(?:bruger|modtager)\w{0,3} (?:findes ikke|ukendt))",
        stages=("", "smtp-recipient"),
    ),
)
