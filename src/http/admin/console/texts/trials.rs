//! The words of trials.

/// The words of trials.
#[derive(Clone, Copy, Debug)]
pub struct TrialTexts {
    /// Leads to a trial.
    pub try_login: &'static str,
    /// What a trial is.
    pub help: &'static str,
    /// As which app.
    pub as_app: &'static str,
    /// As none of them.
    pub all_apps: &'static str,
    /// Begins one.
    pub begin: &'static str,
    /// One was begun.
    pub begun: &'static str,
    /// What comes next.
    pub begun_help: &'static str,
    /// Goes to it.
    pub go: &'static str,
    /// What it tells.
    pub report: &'static str,
    /// Tries again.
    pub once_more: &'static str,
    /// Asks how it stands.
    pub look: &'static str,
    /// It waits for its browser.
    pub pending: &'static str,
    /// It succeeded.
    pub completed: &'static str,
    /// It failed.
    pub failed: &'static str,
    /// Nobody came in time.
    pub expired: &'static str,
    /// How sure the upstream is.
    pub assurance: &'static str,
    /// Who began it.
    pub begun_by: &'static str,
    /// What becomes of the claims.
    pub mapping: &'static str,
    /// A member of the record.
    pub member: &'static str,
    /// Where it came from.
    pub source: &'static str,
    /// Whether it came.
    pub received: &'static str,
    /// Whether an app would get it.
    pub released: &'static str,
    /// None came.
    pub no_members: &'static str,
    /// So it is.
    pub yes: &'static str,
    /// It is not.
    pub no: &'static str,
    /// What left and what came.
    pub steps: &'static str,
    /// Before the browser leaves.
    pub start: &'static str,
    /// A step.
    pub step: &'static str,
    /// Where, or how.
    pub place: &'static str,
    /// With what.
    pub contents: &'static str,
    /// We signed.
    pub signed: &'static str,
    /// We encrypted.
    pub encrypted: &'static str,
    /// The browser left.
    pub left: &'static str,
    /// The browser came back.
    pub returned: &'static str,
    /// Neither signed nor encrypted.
    pub plain: &'static str,
    /// After the browser's return on a leg.
    pub after_leg: fn(&str) -> String,
    /// An upstream's endpoint was called.
    pub called: fn(&str) -> String,
    /// It did not answer.
    pub unanswered: fn(&str) -> String,
    /// A message was opened.
    pub opened: fn(&str) -> String,
    /// A message was refused.
    pub unopened: fn(&str) -> String,
    /// It was computed from another member.
    pub derived: fn(&str) -> String,
}

/// English.
pub const EN: TrialTexts = TrialTexts {
    try_login: "Try a login",
    help: "You log in over this connection as a person would. Nothing is handed over to any app; the report shows what was sent, what came back and what an app would get of it, by name, never a value. The identity provider may bill it as a login.",
    as_app: "As the app",
    all_apps: "None: all that any app may have",
    begin: "Begin the trial",
    begun: "The trial is ready",
    begun_help: "Go on in this browser; the end of the login leads back to the report. The link is good once, for a few minutes.",
    go: "Go to the login",
    report: "Report of the trial",
    once_more: "Try once more",
    look: "Look again",
    pending: "The login has not ended yet.",
    completed: "The login succeeded.",
    failed: "The login failed.",
    expired: "The login was not ended in time.",
    assurance: "Level of assurance",
    begun_by: "Begun by",
    mapping: "From claims to the record",
    member: "Member",
    source: "Source",
    received: "Received",
    released: "Goes to the app",
    no_members: "Nothing of the person has come.",
    yes: "Yes",
    no: "No",
    steps: "What left and what came",
    start: "Start",
    step: "Step",
    place: "Where or how",
    contents: "Contents (… stands for a value that is not shown)",
    signed: "Signed by us",
    encrypted: "Encrypted by us",
    left: "Browser sent away",
    returned: "Browser came back",
    plain: "plain",
    after_leg: |name| format!("After the return on {name}"),
    called: |name| format!("Called: {name}"),
    unanswered: |name| format!("Called, no answer: {name}"),
    opened: |name| format!("Opened: {name}"),
    unopened: |name| format!("Refused: {name}"),
    derived: |name| format!("computed from {name}"),
};

/// Finnish.
pub const FI: TrialTexts = TrialTexts {
    try_login: "Kokeile kirjautumista",
    help: "Kirjaudut tämän yhteyden kautta kuten kuka tahansa. Millekään sovellukselle ei luovuteta mitään; raportti näyttää, mitä lähetettiin, mitä saatiin ja mitä sovellus siitä saisi, nimet mutta ei arvoja. Tunnistuspalvelu voi laskuttaa kokeilun kirjautumisena.",
    as_app: "Sovelluksena",
    all_apps: "Ei minkään: kaikki, mitä jokin sovellus saa",
    begin: "Aloita kokeilu",
    begun: "Kokeilu on valmiina",
    begun_help: "Jatka tällä selaimella; kirjautumisen lopusta pääset takaisin raporttiin. Linkki käy kerran muutaman minuutin ajan.",
    go: "Siirry kirjautumiseen",
    report: "Kokeilun raportti",
    once_more: "Kokeile uudelleen",
    look: "Katso uudelleen",
    pending: "Kirjautuminen on kesken.",
    completed: "Kirjautuminen onnistui.",
    failed: "Kirjautuminen epäonnistui.",
    expired: "Kirjautumista ei tehty loppuun ajoissa.",
    assurance: "Varmuustaso",
    begun_by: "Aloittaja",
    mapping: "Väittämistä tietueeksi",
    member: "Kenttä",
    source: "Lähde",
    received: "Saatu",
    released: "Annetaan sovellukselle",
    no_members: "Henkilöstä ei saatu mitään.",
    yes: "Kyllä",
    no: "Ei",
    steps: "Mitä lähti ja mitä tuli",
    start: "Alku",
    step: "Vaihe",
    place: "Missä tai miten",
    contents: "Sisältö (… on arvo, jota ei näytetä)",
    signed: "Allekirjoitettu",
    encrypted: "Salattu",
    left: "Selain lähetettiin",
    returned: "Selain palasi",
    plain: "sellaisenaan",
    after_leg: |name| format!("Paluun {name} jälkeen"),
    called: |name| format!("Kutsuttu: {name}"),
    unanswered: |name| format!("Kutsuttu, ei vastausta: {name}"),
    opened: |name| format!("Avattu: {name}"),
    unopened: |name| format!("Hylätty: {name}"),
    derived: |name| format!("laskettu kentästä {name}"),
};

/// Swedish.
pub const SV: TrialTexts = TrialTexts {
    try_login: "Prova en inloggning",
    help: "Du loggar in över den här anslutningen som vem som helst. Ingenting lämnas ut till någon app; rapporten visar vad som skickades, vad som kom tillbaka och vad en app skulle få av det, namn men aldrig värden. Identifieringstjänsten kan fakturera provet som en inloggning.",
    as_app: "Som appen",
    all_apps: "Ingen: allt som någon app får",
    begin: "Börja provet",
    begun: "Provet är redo",
    begun_help: "Fortsätt i den här webbläsaren; inloggningens slut leder tillbaka till rapporten. Länken gäller en gång under några minuter.",
    go: "Till inloggningen",
    report: "Provets rapport",
    once_more: "Prova igen",
    look: "Titta igen",
    pending: "Inloggningen är inte avslutad än.",
    completed: "Inloggningen lyckades.",
    failed: "Inloggningen misslyckades.",
    expired: "Inloggningen avslutades inte i tid.",
    assurance: "Tillitsnivå",
    begun_by: "Börjat av",
    mapping: "Från uppgifter till post",
    member: "Fält",
    source: "Källa",
    received: "Mottaget",
    released: "Lämnas till appen",
    no_members: "Ingenting om personen har kommit.",
    yes: "Ja",
    no: "Nej",
    steps: "Vad som skickades och vad som kom",
    start: "Start",
    step: "Steg",
    place: "Var eller hur",
    contents: "Innehåll (… är ett värde som inte visas)",
    signed: "Signerat av oss",
    encrypted: "Krypterat av oss",
    left: "Webbläsaren skickades",
    returned: "Webbläsaren kom tillbaka",
    plain: "oskyddat",
    after_leg: |name| format!("Efter återkomsten på {name}"),
    called: |name| format!("Anropat: {name}"),
    unanswered: |name| format!("Anropat, inget svar: {name}"),
    opened: |name| format!("Öppnat: {name}"),
    unopened: |name| format!("Avvisat: {name}"),
    derived: |name| format!("beräknat ur {name}"),
};
