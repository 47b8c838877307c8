//! What the console says of whole trails: checked, exported, counted.

/// The texts of these pages, in one language.
#[derive(Clone, Copy, Debug)]
pub struct TrailTexts {
    /// Checks a trail.
    pub verify: &'static str,
    /// What is checked.
    pub verify_help: &'static str,
    /// What a check has found.
    pub verified: &'static str,
    /// Nothing is wrong.
    pub sound: &'static str,
    /// Something is.
    pub not_sound: &'static str,
    /// How many events there are.
    pub events: &'static str,
    /// How far it is signed.
    pub signed: &'static str,
    /// Since when nothing is signed.
    pub unsigned_since: &'static str,
    /// What is not chained yet.
    pub unchained: &'static str,
    /// What is wrong.
    pub faults: &'static str,
    /// More is wrong than is shown.
    pub more_faults: fn(usize) -> String,
    /// Keeps a trail as a file.
    pub export: &'static str,
    /// Keeps what verifies it.
    pub keys: &'static str,
    /// What it was used for.
    pub usage: &'static str,
    /// Which month.
    pub month: &'static str,
    /// No month.
    pub no_month: &'static str,
    /// Nobody has identified in it.
    pub no_usage: &'static str,
    /// Identifications with a record.
    pub completed: &'static str,
    /// Those with an error.
    pub failed: &'static str,
    /// All of them together.
    pub together: &'static str,
}

/// In English.
pub(super) const EN: TrailTexts = TrailTexts {
    verify: "Check the trail",
    verify_help: "Every event, every link of the chain and every signature is checked.",
    verified: "Check of the audit trail",
    sound: "Sound: nothing was changed, removed, inserted or moved.",
    not_sound: "Not sound",
    events: "Events",
    signed: "Signed up to event",
    unsigned_since: "Not signed yet: what follows from",
    unchained: "Not chained yet",
    faults: "What is wrong",
    more_faults: |more| format!("and {more} more"),
    export: "Download the trail (JSON lines)",
    keys: "Download the keys that verify it (JWKS)",
    usage: "Usage by month",
    month: "Month (2026-11)",
    no_month: "A month is written 2026-11.",
    no_usage: "No identifications in this month.",
    completed: "Completed",
    failed: "Failed",
    together: "Together",
};

/// In Finnish.
pub(super) const FI: TrailTexts = TrailTexts {
    verify: "Tarkista loki",
    verify_help: "Jokainen tapahtuma, ketjun lenkki ja allekirjoitus tarkistetaan.",
    verified: "Tapahtumalokin tarkistus",
    sound: "Eheä: mitään ei ole muutettu, poistettu, lisätty eikä siirretty.",
    not_sound: "Ei eheä",
    events: "Tapahtumia",
    signed: "Allekirjoitettu tapahtumaan asti",
    unsigned_since: "Ei vielä allekirjoitettu: alkaen",
    unchained: "Ei vielä ketjussa",
    faults: "Mikä on vialla",
    more_faults: |more| format!("ja {more} muuta"),
    export: "Lataa loki (JSON-rivit)",
    keys: "Lataa avaimet, joilla sen voi tarkistaa (JWKS)",
    usage: "Käyttö kuukausittain",
    month: "Kuukausi (2026-11)",
    no_month: "Kuukausi kirjoitetaan 2026-11.",
    no_usage: "Ei tunnistautumisia tässä kuussa.",
    completed: "Onnistuneet",
    failed: "Epäonnistuneet",
    together: "Yhteensä",
};

/// In Swedish.
pub(super) const SV: TrailTexts = TrailTexts {
    verify: "Kontrollera loggen",
    verify_help: "Varje händelse, varje länk i kedjan och varje signatur kontrolleras.",
    verified: "Kontroll av händelseloggen",
    sound: "Hel: inget har ändrats, tagits bort, lagts till eller flyttats.",
    not_sound: "Inte hel",
    events: "Händelser",
    signed: "Signerad till händelse",
    unsigned_since: "Ännu inte signerat: från och med",
    unchained: "Ännu inte i kedjan",
    faults: "Vad som är fel",
    more_faults: |more| format!("och {more} till"),
    export: "Ladda ner loggen (JSON-rader)",
    keys: "Ladda ner nycklarna som verifierar den (JWKS)",
    usage: "Användning per månad",
    month: "Månad (2026-11)",
    no_month: "En månad skrivs 2026-11.",
    no_usage: "Inga identifieringar denna månad.",
    completed: "Lyckade",
    failed: "Misslyckade",
    together: "Sammanlagt",
};
