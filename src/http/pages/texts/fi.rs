//! Finnish.

use super::{AppWords, Failures, Texts, Words};

/// The texts.
pub(super) const TEXTS: Texts = Texts {
    service: "Tunnistautuminen",
    some_app: "Palvelu",
    proceed: "Jatka",
    back: "Palaa palveluun",
    back_to: |app| format!("Palaa palveluun {app}"),
    cancel_to: |app| format!("Peruuta ja palaa palveluun {app}"),
    retry: "Yritä uudelleen",
    another: "Valitse toinen tapa",
    reference: "Viitetunnus tukea varten",
    support: "Tarvitsetko apua?",
    notice: "Huomio",
    disturbed: "Tässä tavassa on nyt häiriö, eikä se ehkä toimi. Voit valita toisen tavan.",
    chooser: AppWords {
        title: "Valitse tunnistautumistapa",
        next: |app| format!("{app} pyytää sinua tunnistautumaan."),
    },
    nothing_to_choose: "Mikään tunnistautumistapa ei ole juuri nyt käytettävissä. Yritä myöhemmin uudelleen.",
    waiting: Words {
        title: "Mitä tunnistautumista haluat jatkaa?",
        next: "Tässä selaimessa on kesken useita tunnistautumisia. Valitse palvelu, johon olit menossa.",
    },
    working: Words {
        title: "Odota hetki",
        next: "Tunnistautumistasi viimeistellään. Sivu jatkaa eteenpäin itsestään.",
    },
    self_post: Words {
        title: "Odota hetki",
        next: "Sinut ohjataan eteenpäin. Jos mitään ei tapahdu, valitse Jatka.",
    },
    landing: AppWords { title: "Tunnistaudu", next: |app| format!("{app} pyytää sinua tunnistautumaan.") },
    landing_warning: "Jatka vain, jos asioit parhaillaan tässä palvelussa ja odotit tätä linkkiä. Älä \
                      tunnistaudu tuntemattoman pyynnöstä.",
    done: AppWords {
        title: "Tunnistautuminen onnistui",
        next: |app| format!("{app} on saanut tiedon tunnistautumisestasi. Voit sulkea tämän ikkunan."),
    },
    not_done: AppWords {
        title: "Tunnistautuminen ei onnistunut",
        next: |app| format!("{app} on saanut tästä tiedon. Voit sulkea tämän ikkunan."),
    },
    trial: AppWords {
        title: "Yhteyden kokeilu",
        next: |connection| format!("Ylläpitäjä on aloittanut kokeilun: {connection}."),
    },
    trial_warning: "Kirjaudut kuten aina, eikä kenellekään luovuteta sinusta mitään. Jatka vain, jos aloitit kokeilun itse tai tuttusi pyysi sitä.",
    tried: Words {
        title: "Kokeilu onnistui",
        next: "Kenellekään ei luovutettu mitään. Raportti kertoo, mitä lähetettiin ja mitä saatiin.",
    },
    not_tried: Words {
        title: "Kokeilu epäonnistui",
        next: "Kenellekään ei luovutettu mitään. Raportti kertoo, miksi kokeilu epäonnistui ja mikä auttaa.",
    },
    to_report: "Raporttiin",
    without_cookies: Words {
        title: "Selaimesi ei salli evästeitä",
        next: "Ilman evästeitä sinua ei voi tunnistaa turvallisesti. Salli evästeet tälle sivustolle selaimen \
               asetuksissa ja yritä uudelleen.",
    },
    not_found: Words {
        title: "Tästä osoitteesta ei löydy mitään",
        next: "Tarkista osoite tai palaa palveluun, josta tulit, ja aloita siellä uudelleen.",
    },
    top_level: Words {
        title: "Jatka koko ikkunassa",
        next: "Turvallisuutesi vuoksi tunnistautumista ei näytetä toisen sivun sisällä.",
    },
    open: "Avaa tunnistautuminen",
    failures: FAILURES,
};

/// What happened, and what to do next.
const FAILURES: Failures = Failures {
    user_cancelled: Words {
        title: "Peruutit tunnistautumisen",
        next: "Voit yrittää uudelleen tai palata palveluun.",
    },
    consent_denied: Words {
        title: "Tietojasi ei luovutettu",
        next: "Et antanut suostumusta tietojesi luovuttamiseen, joten tunnistautuminen jäi kesken. Voit \
               aloittaa uudelleen palvelusta.",
    },
    flow_expired: Words {
        title: "Tunnistautuminen kesti liian kauan",
        next: "Se keskeytettiin turvallisuutesi vuoksi. Palaa palveluun ja aloita uudelleen.",
    },
    flow_unknown: Words {
        title: "Tämä tunnistautuminen ei ole enää voimassa",
        next: "Se on ehkä jo päättynyt, tai linkki on puutteellinen. Palaa palveluun ja aloita uudelleen.",
    },
    browser_mismatch: Words {
        title: "Tunnistautuminen on aloitettu toisessa selaimessa",
        next: "Jatka siinä selaimessa, jossa aloitit, tai palaa palveluun ja aloita uudelleen. Jos tämä on se \
               selain, salli evästeet sen asetuksissa.",
    },
    already_answered: Words {
        title: "Tämä tunnistautuminen on jo käytetty",
        next: "Palaa palveluun. Jos et ole kirjautunut sisään, aloita uudelleen.",
    },
    connection_unknown: Words {
        title: "Tämä tunnistautumistapa ei ole käytettävissä",
        next: "Palaa palveluun ja valitse toinen tapa.",
    },
    connection_paused: Words {
        title: "Tämä tunnistautumistapa ei ole juuri nyt käytössä",
        next: "Valitse toinen tapa tai yritä myöhemmin uudelleen.",
    },
    connection_misconfigured: Words {
        title: "Tunnistautuminen ei toimi teknisen vian vuoksi",
        next: "Vika ei johdu sinusta. Valitse toinen tunnistautumistapa tai yritä myöhemmin uudelleen.",
    },
    assurance_too_low: Words {
        title: "Palvelu edellyttää vahvempaa tunnistautumista",
        next: "Valitse toinen tunnistautumistapa tai palaa palveluun.",
    },
    claims_not_received: Words {
        title: "Palvelu ei saanut kaikkia tarvitsemiaan tietoja",
        next: "Valitse toinen tunnistautumistapa tai ota yhteyttä palvelun tukeen.",
    },
    person_mismatch: Words {
        title: "Palvelu odotti toista henkilöä",
        next: "Varmista, että käytät omia tunnuksiasi, ja aloita palvelusta uudelleen.",
    },
    provider_unavailable: Words {
        title: "Valitsemasi tunnistuspalvelu ei vastaa",
        next: "Valitse toinen tunnistautumistapa tai yritä hetken kuluttua uudelleen.",
    },
    provider_refused: Words {
        title: "Valitsemasi tunnistuspalvelu ei hyväksynyt tunnistautumista",
        next: "Yritä uudelleen tai valitse toinen tapa. Jos ongelma toistuu, ota yhteyttä tukeen.",
    },
    provider_response_rejected: Words {
        title: "Tunnistautumistasi ei voitu vahvistaa",
        next: "Se keskeytettiin turvallisuutesi vuoksi. Palaa palveluun ja yritä uudelleen. Jos ongelma \
               toistuu, ota yhteyttä tukeen.",
    },
    request_invalid: Words {
        title: "Palvelun lähettämää pyyntöä ei voitu käsitellä",
        next: "Vika ei johdu sinusta. Palaa palveluun ja yritä uudelleen. Jos ongelma toistuu, ota \
               yhteyttä palvelun tukeen.",
    },
    app_unauthorised: Words {
        title: "Palvelua ei voitu varmentaa",
        next: "Tunnistautuminen keskeytettiin turvallisuutesi vuoksi. Ota yhteyttä palvelun tukeen.",
    },
    identification_unknown: Words {
        title: "Tunnistautumista ei löytynyt",
        next: "Palaa palveluun ja aloita uudelleen.",
    },
    idempotency_conflict: Words {
        title: "Palvelu lähetti kaksi ristiriitaista pyyntöä",
        next: "Vika ei johdu sinusta. Palaa palveluun ja aloita uudelleen.",
    },
    rate_limited: Words { title: "Pyyntöjä on juuri nyt liikaa", next: "Odota hetki ja yritä uudelleen." },
    store_unavailable: Words {
        title: "Tunnistautuminen on hetken poissa käytöstä",
        next: "Odota hetki ja yritä uudelleen.",
    },
    internal: Words {
        title: "Jokin meni vikaan",
        next: "Vika ei johdu sinusta. Yritä hetken kuluttua uudelleen. Jos ongelma toistuu, ilmoita \
               viitetunnus tukeen.",
    },
};
