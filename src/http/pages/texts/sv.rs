//! Swedish, as in Finland.

use super::{AppWords, Failures, Texts, Words};

/// The texts.
pub(super) const TEXTS: Texts = Texts {
    service: "Identifiering",
    some_app: "Tjänsten",
    proceed: "Fortsätt",
    back: "Tillbaka till tjänsten",
    back_to: |app| format!("Tillbaka till {app}"),
    cancel_to: |app| format!("Avbryt och gå tillbaka till {app}"),
    retry: "Försök igen",
    another: "Välj ett annat sätt",
    reference: "Referens för supporten",
    support: "Behöver du hjälp?",
    notice: "Obs",
    disturbed: "Det här sättet är stört just nu och fungerar kanske inte. Du kan välja ett annat sätt.",
    chooser: AppWords {
        title: "Välj hur du vill identifiera dig",
        next: |app| format!("{app} ber dig identifiera dig."),
    },
    nothing_to_choose: "Inget identifieringssätt är tillgängligt just nu. Försök igen senare.",
    waiting: Words {
        title: "Vilken identifiering vill du fortsätta med?",
        next: "Flera identifieringar pågår i den här webbläsaren. Välj den tjänst som du var på väg till.",
    },
    working: Words {
        title: "Ett ögonblick",
        next: "Din identifiering slutförs. Sidan går vidare av sig själv.",
    },
    self_post: Words {
        title: "Ett ögonblick",
        next: "Du skickas vidare. Om ingenting händer, välj Fortsätt.",
    },
    landing: AppWords { title: "Identifiera dig", next: |app| format!("{app} ber dig identifiera dig.") },
    landing_warning: "Fortsätt bara om du just nu uträttar ett ärende hos tjänsten och väntade dig den här \
                      länken. Identifiera dig inte på begäran av någon du inte känner.",
    done: AppWords {
        title: "Identifieringen lyckades",
        next: |app| format!("{app} har fått besked om din identifiering. Du kan stänga det här fönstret."),
    },
    not_done: AppWords {
        title: "Identifieringen lyckades inte",
        next: |app| format!("{app} har fått besked om detta. Du kan stänga det här fönstret."),
    },
    trial: AppWords {
        title: "Prova en anslutning",
        next: |connection| format!("En administratör har börjat prova {connection}."),
    },
    trial_warning: "Du loggar in som vanligt, och ingen får veta något om dig. Fortsätt bara om du själv har börjat provet eller om någon du känner har bett dig.",
    tried: Words {
        title: "Provet lyckades",
        next: "Ingenting har lämnats ut till någon. Rapporten berättar vad som skickades och vad som kom tillbaka.",
    },
    not_tried: Words {
        title: "Provet misslyckades",
        next: "Ingenting har lämnats ut till någon. Rapporten berättar varför det misslyckades och vad som hjälper.",
    },
    to_report: "Till rapporten",
    without_cookies: Words {
        title: "Din webbläsare tillåter inte kakor",
        next: "Utan kakor kan du inte identifieras säkert. Tillåt kakor för den här webbplatsen i webbläsarens \
               inställningar och försök igen.",
    },
    not_found: Words {
        title: "Det finns inget på den här adressen",
        next: "Kontrollera adressen, eller gå tillbaka till tjänsten du kom från och börja om där.",
    },
    top_level: Words {
        title: "Fortsätt i hela fönstret",
        next: "För din säkerhet visas identifieringen inte inuti en annan sida.",
    },
    open: "Öppna identifieringen",
    failures: FAILURES,
};

/// What happened, and what to do next.
const FAILURES: Failures = Failures {
    user_cancelled: Words {
        title: "Du avbröt identifieringen",
        next: "Du kan försöka igen eller gå tillbaka till tjänsten.",
    },
    consent_denied: Words {
        title: "Dina uppgifter lämnades inte ut",
        next: "Du gav inte ditt samtycke till att lämna ut uppgifterna, så identifieringen slutfördes \
               inte. Du kan börja om i tjänsten.",
    },
    flow_expired: Words {
        title: "Identifieringen tog för lång tid",
        next: "Den avbröts för din säkerhet. Gå tillbaka till tjänsten och börja om.",
    },
    flow_unknown: Words {
        title: "Den här identifieringen gäller inte längre",
        next: "Den har kanske redan avslutats, eller så är länken ofullständig. Gå tillbaka till tjänsten \
               och börja om.",
    },
    browser_mismatch: Words {
        title: "Identifieringen påbörjades i en annan webbläsare",
        next: "Fortsätt i den webbläsare där du började, eller gå tillbaka till tjänsten och börja om. Om det \
               är den här webbläsaren, tillåt kakor i dess inställningar.",
    },
    already_answered: Words {
        title: "Den här identifieringen har redan använts",
        next: "Gå tillbaka till tjänsten. Om du inte är inloggad där, börja om.",
    },
    connection_unknown: Words {
        title: "Det här identifieringssättet är inte tillgängligt",
        next: "Gå tillbaka till tjänsten och välj ett annat sätt.",
    },
    connection_paused: Words {
        title: "Det här identifieringssättet är inte i bruk just nu",
        next: "Välj ett annat sätt eller försök igen senare.",
    },
    connection_misconfigured: Words {
        title: "Identifieringen fungerar inte på grund av ett tekniskt fel",
        next: "Felet beror inte på dig. Välj ett annat identifieringssätt eller försök igen senare.",
    },
    assurance_too_low: Words {
        title: "Tjänsten kräver en starkare identifiering",
        next: "Välj ett annat identifieringssätt eller gå tillbaka till tjänsten.",
    },
    claims_not_received: Words {
        title: "Tjänsten fick inte alla uppgifter som den behöver",
        next: "Välj ett annat identifieringssätt eller kontakta tjänstens support.",
    },
    person_mismatch: Words {
        title: "Tjänsten väntade sig en annan person",
        next: "Kontrollera att du använder dina egna inloggningsuppgifter och börja om i tjänsten.",
    },
    provider_unavailable: Words {
        title: "Identifieringstjänsten som du valde svarar inte",
        next: "Välj ett annat identifieringssätt eller försök igen om en stund.",
    },
    provider_refused: Words {
        title: "Identifieringstjänsten som du valde godkände inte identifieringen",
        next: "Försök igen eller välj ett annat sätt. Kontakta supporten om problemet upprepas.",
    },
    provider_response_rejected: Words {
        title: "Din identifiering kunde inte bekräftas",
        next: "Den avbröts för din säkerhet. Gå tillbaka till tjänsten och försök igen. Kontakta supporten \
               om problemet upprepas.",
    },
    request_invalid: Words {
        title: "Tjänstens begäran kunde inte behandlas",
        next: "Felet beror inte på dig. Gå tillbaka till tjänsten och försök igen. Kontakta tjänstens \
               support om problemet upprepas.",
    },
    app_unauthorised: Words {
        title: "Tjänsten kunde inte verifieras",
        next: "Identifieringen avbröts för din säkerhet. Kontakta tjänstens support.",
    },
    identification_unknown: Words {
        title: "Identifieringen hittades inte",
        next: "Gå tillbaka till tjänsten och börja om.",
    },
    idempotency_conflict: Words {
        title: "Tjänsten skickade två begäranden som strider mot varandra",
        next: "Felet beror inte på dig. Gå tillbaka till tjänsten och börja om.",
    },
    rate_limited: Words {
        title: "Det är för många förfrågningar just nu",
        next: "Vänta en stund och försök igen.",
    },
    store_unavailable: Words {
        title: "Identifieringen är tillfälligt ur bruk",
        next: "Vänta en stund och försök igen.",
    },
    internal: Words {
        title: "Något gick fel",
        next: "Felet beror inte på dig. Försök igen om en stund. Om problemet upprepas, uppge referensen \
               till supporten.",
    },
};
