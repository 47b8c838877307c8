//! What the console says of sign-in by OpenID Connect.

use super::Words;

/// The texts of one language.
#[derive(Clone, Copy, Debug)]
pub struct LoginTexts {
    /// Leads to the issuer of this name.
    pub with: fn(&str) -> String,
    /// Above the other way in.
    pub or_token: &'static str,
    /// Leads back to the way in.
    pub again: &'static str,
    /// Somebody is signed in.
    pub landed: Words,
    /// The person turned back, or the issuer did not let them.
    pub cancelled: Words,
    /// The return is of no try of this browser.
    pub unknown: Words,
    /// No rule gives a role.
    pub no_role: Words,
    /// The issuer does not answer.
    pub away: Words,
    /// The issuer's answer is not taken, or it refuses.
    pub refused: Words,
}

/// In English.
pub(super) const EN: LoginTexts = LoginTexts {
    with: |name| format!("Sign in with {name}"),
    or_token: "With an admin token",
    again: "Back to sign-in",
    landed: Words {
        title: "Signed in",
        text: "The console opens by itself. If it does not, follow the link.",
    },
    cancelled: Words {
        title: "Sign-in was cancelled",
        text: "You turned back, or the sign-in service does not let you use the console. Try again, or ask those who run the sign-in service.",
    },
    unknown: Words {
        title: "This sign-in cannot be finished here",
        text: "It was begun in another browser or tab, took too long, or was finished before. Begin again.",
    },
    no_role: Words {
        title: "No access to the console",
        text: "You are known to the sign-in service, but nothing gives you a role here. Ask the operator of the server, and tell them the trace id.",
    },
    away: Words {
        title: "The sign-in service does not answer",
        text: "Try again in a while. An admin token works meanwhile.",
    },
    refused: Words {
        title: "Sign-in failed",
        text: "The sign-in service and this server do not agree with each other. The operator of the server can mend it: tell them the trace id. An admin token works meanwhile.",
    },
};

/// In Finnish.
pub(super) const FI: LoginTexts = LoginTexts {
    with: |name| format!("Kirjaudu palvelulla {name}"),
    or_token: "Hallintatunnuksella",
    again: "Takaisin kirjautumiseen",
    landed: Words {
        title: "Olet kirjautunut",
        text: "Hallinta avautuu itsestään. Jos ei avaudu, seuraa linkkiä.",
    },
    cancelled: Words {
        title: "Kirjautuminen keskeytyi",
        text: "Palasit takaisin, tai kirjautumispalvelu ei päästä sinua hallintaan. Yritä uudelleen tai kysy kirjautumispalvelun ylläpidosta.",
    },
    unknown: Words {
        title: "Kirjautumista ei voi jatkaa tässä",
        text: "Se aloitettiin toisessa selaimessa tai välilehdessä, kesti liian kauan tai on jo päättynyt. Aloita alusta.",
    },
    no_role: Words {
        title: "Ei pääsyä hallintaan",
        text: "Kirjautumispalvelu tuntee sinut, mutta sinulla ei ole täällä mitään roolia. Pyydä pääsyä palvelimen ylläpitäjältä ja kerro hänelle jäljitystunniste.",
    },
    away: Words {
        title: "Kirjautumispalvelu ei vastaa",
        text: "Yritä hetken kuluttua uudelleen. Hallintatunnus toimii sillä välin.",
    },
    refused: Words {
        title: "Kirjautuminen epäonnistui",
        text: "Kirjautumispalvelu ja tämä palvelin eivät ymmärrä toisiaan. Palvelimen ylläpitäjä voi korjata asian: kerro hänelle jäljitystunniste. Hallintatunnus toimii sillä välin.",
    },
};

/// In Swedish.
pub(super) const SV: LoginTexts = LoginTexts {
    with: |name| format!("Logga in med {name}"),
    or_token: "Med en administrationstoken",
    again: "Tillbaka till inloggningen",
    landed: Words {
        title: "Du är inloggad",
        text: "Administrationen öppnas av sig själv. Följ annars länken.",
    },
    cancelled: Words {
        title: "Inloggningen avbröts",
        text: "Du vände tillbaka, eller så släpper inloggningstjänsten inte in dig i administrationen. Försök igen eller fråga dem som sköter inloggningstjänsten.",
    },
    unknown: Words {
        title: "Inloggningen kan inte slutföras här",
        text: "Den påbörjades i en annan webbläsare eller flik, tog för lång tid eller är redan avslutad. Börja om.",
    },
    no_role: Words {
        title: "Ingen åtkomst till administrationen",
        text: "Inloggningstjänsten känner dig, men du har ingen roll här. Be serverns driftansvariga om åtkomst och uppge spårnings-id:t.",
    },
    away: Words {
        title: "Inloggningstjänsten svarar inte",
        text: "Försök igen om en stund. Under tiden fungerar en administrationstoken.",
    },
    refused: Words {
        title: "Inloggningen misslyckades",
        text: "Inloggningstjänsten och den här servern förstår inte varandra. Serverns driftansvariga kan åtgärda det: uppge spårnings-id:t. Under tiden fungerar en administrationstoken.",
    },
};
