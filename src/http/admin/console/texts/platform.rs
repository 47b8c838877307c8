//! What the console says of platforms, and of what a tenant shares with one.

/// The texts of these pages, in one language.
#[derive(Clone, Copy, Debug)]
pub struct PlatformTexts {
    /// Platforms.
    pub platforms: &'static str,
    /// There are none.
    pub none: &'static str,
    /// A new one.
    pub new: &'static str,
    /// What it is.
    pub new_help: &'static str,
    /// Removes it.
    pub remove: &'static str,
    /// When that can be done.
    pub remove_help: &'static str,
    /// Its apps.
    pub apps: &'static str,
    /// Where an app is enabled.
    pub enabled_at: &'static str,
    /// A new app.
    pub new_app: &'static str,
    /// What it is.
    pub new_app_help: &'static str,
    /// What removing one does.
    pub remove_app_help: &'static str,
    /// Its tenants.
    pub tenants: &'static str,
    /// More than are shown.
    pub more_tenants: &'static str,
    /// The tokens of its admins.
    pub tokens: &'static str,
    /// There are none.
    pub no_tokens: &'static str,
    /// A tenant's aliases and what it enables.
    pub sharing: &'static str,
    /// How they are written.
    pub sharing_help: &'static str,
}

/// In English.
pub(super) const EN: PlatformTexts = PlatformTexts {
    platforms: "Platforms",
    none: "No platforms.",
    new: "New platform",
    new_help: "A platform is a group of organisations with apps in common. Its id never changes.",
    remove: "Remove the platform",
    remove_help: "A platform is removed once it has no organisations any more. Its apps go with it. This cannot be undone.",
    apps: "Apps of the platform",
    enabled_at: "Enabled at",
    new_app: "New app of the platform",
    new_app_help: "It is registered once, and used by the organisations that enable it, each under its own issuer.",
    remove_app_help: "Nobody can identify through the app any more, at no organisation. This cannot be undone.",
    tenants: "Organisations of the platform",
    more_tenants: "There are more: see the list of organisations.",
    tokens: "Admin tokens of the platform",
    no_tokens: "No admin tokens of the platform.",
    sharing: "Aliases and apps of the platform",
    sharing_help: "An alias is a name that apps use in the place of a connection. It leads to one connection by its id, or to several by their shares in percent, written {\"old\": 90, \"new\": 10}.",
};

/// In Finnish.
pub(super) const FI: PlatformTexts = PlatformTexts {
    platforms: "Alustat",
    none: "Ei alustoja.",
    new: "Uusi alusta",
    new_help: "Alusta on joukko organisaatioita, joilla on yhteisiä sovelluksia. Sen tunniste ei muutu koskaan.",
    remove: "Poista alusta",
    remove_help: "Alustan voi poistaa, kun sillä ei enää ole organisaatioita. Sen sovellukset poistuvat samalla. Tätä ei voi perua.",
    apps: "Alustan sovellukset",
    enabled_at: "Otettu käyttöön",
    new_app: "Uusi alustan sovellus",
    new_app_help: "Se rekisteröidään kerran, ja sitä käyttävät organisaatiot, jotka ottavat sen käyttöön, kukin omalla myöntäjällään.",
    remove_app_help: "Kukaan ei voi enää tunnistautua sovelluksen kautta missään organisaatiossa. Tätä ei voi perua.",
    tenants: "Alustan organisaatiot",
    more_tenants: "Lisää on organisaatioiden luettelossa.",
    tokens: "Alustan hallintatunnukset",
    no_tokens: "Alustalla ei ole hallintatunnuksia.",
    sharing: "Aliakset ja alustan sovellukset",
    sharing_help: "Alias on nimi, jota sovellukset käyttävät yhteyden sijasta. Se johtaa yhteen yhteyteen sen tunnisteella tai useaan prosenttiosuuksin, jotka kirjoitetaan {\"vanha\": 90, \"uusi\": 10}.",
};

/// In Swedish.
pub(super) const SV: PlatformTexts = PlatformTexts {
    platforms: "Plattformar",
    none: "Inga plattformar.",
    new: "Ny plattform",
    new_help: "En plattform är en grupp organisationer med gemensamma appar. Dess id ändras aldrig.",
    remove: "Ta bort plattformen",
    remove_help: "En plattform kan tas bort när den inte längre har några organisationer. Dess appar försvinner med den. Detta kan inte ångras.",
    apps: "Plattformens appar",
    enabled_at: "I bruk hos",
    new_app: "Ny app för plattformen",
    new_app_help: "Den registreras en gång och används av de organisationer som tar den i bruk, var och en under sin egen utfärdare.",
    remove_app_help: "Ingen kan längre identifiera sig genom appen hos någon organisation. Detta kan inte ångras.",
    tenants: "Plattformens organisationer",
    more_tenants: "Det finns fler: se listan över organisationer.",
    tokens: "Plattformens admintokens",
    no_tokens: "Plattformen har inga admintokens.",
    sharing: "Alias och plattformens appar",
    sharing_help: "Ett alias är ett namn som appar använder i stället för en anslutning. Det leder till en anslutning genom dess id, eller till flera enligt andelar i procent, som skrivs {\"gammal\": 90, \"ny\": 10}.",
};
