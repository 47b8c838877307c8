//! What the console says of keys.

use crate::keyring::{Purpose, State};

/// The texts of the pages of keys, in one language.
#[derive(Clone, Copy, Debug)]
pub struct KeyringTexts {
    /// What stands above the list.
    pub help: &'static str,
    /// There are none.
    pub none: &'static str,
    /// They stand in files.
    pub in_files: &'static str,
    /// Whose a key is.
    pub whose: &'static str,
    /// What a key is for.
    pub purpose: &'static str,
    /// What kind of key.
    pub kind: &'static str,
    /// The name of a key in tokens.
    pub kid: &'static str,
    /// Since when.
    pub since: &'static str,
    /// When it was made.
    pub made: &'static str,
    /// When something ends.
    pub ends: &'static str,
    /// What a key does now.
    pub does: &'static str,
    /// What has to be done with it.
    pub next: &'static str,
    /// It signs.
    pub signs: &'static str,
    /// It decrypts.
    pub opens: &'static str,
    /// It is in the key set.
    pub published: &'static str,
    /// The purposes, in their order.
    pub purposes: [&'static str; 3],
    /// The states, in their order.
    pub states: [&'static str; 6],
    /// It goes to a state by itself, on a day.
    pub moves: fn(&str, &str) -> String,
    /// The upstream must be told of it.
    pub register_it: &'static str,
    /// The certificate must be fetched.
    pub take_in: &'static str,
    /// It ends soon: another must follow.
    pub rotate_it: &'static str,
    /// Its certificate ends soon.
    pub ask_anew: &'static str,
    /// Only a person knows when it is forgotten.
    pub retire_it: &'static str,
    /// Nothing has to be done.
    pub nothing: &'static str,
    /// A day, and in how many days that is.
    pub ends_in: fn(&str, i64) -> String,
    /// A day that is over.
    pub ended: fn(&str) -> String,
    /// Makes one.
    pub new: &'static str,
    /// What becomes of it.
    pub new_help: &'static str,
    /// The upstream fetches keys.
    pub fetched: &'static str,
    /// What that means.
    pub fetched_help: &'static str,
    /// Takes one in.
    pub import: &'static str,
    /// What is taken.
    pub import_help: &'static str,
    /// The key as text.
    pub text: &'static str,
    /// The key as a file.
    pub file: &'static str,
    /// What opens it.
    pub passphrase: &'static str,
    /// What the upstream calls it.
    pub vendor_kid: &'static str,
    /// Where it is left empty.
    pub vendor_kid_help: &'static str,
    /// The upstream has it already.
    pub known: &'static str,
    /// Until when the upstream takes it.
    pub until: &'static str,
    /// What is done with that.
    pub until_help: &'static str,
    /// Asks for a certificate.
    pub request: &'static str,
    /// How.
    pub request_help: &'static str,
    /// The common name.
    pub common_name: &'static str,
    /// What it is, mostly.
    pub common_name_help: &'static str,
    /// The organisation.
    pub organisation: &'static str,
    /// A request for a certificate.
    pub csr: &'static str,
    /// Keeps it as a file.
    pub csr_download: &'static str,
    /// The certificate.
    pub certificate: &'static str,
    /// What it must be.
    pub certificate_help: &'static str,
    /// Takes it in.
    pub take: &'static str,
    /// That the upstream has the key.
    pub registered: &'static str,
    /// What follows from it.
    pub registered_help: &'static str,
    /// Has the upstream asked.
    pub prove: &'static str,
    /// How that is done.
    pub prove_help: &'static str,
    /// Has another key follow.
    pub rotate: &'static str,
    /// How that goes on.
    pub rotate_help: &'static str,
    /// Without an overlap.
    pub at_once: &'static str,
    /// What that breaks.
    pub at_once_help: &'static str,
    /// Ends a key.
    pub retire: &'static str,
    /// What that breaks, by purpose.
    pub retire_help: [&'static str; 3],
    /// The public part.
    pub public: &'static str,
    /// Keeps it as a file of a form.
    pub download: fn(&str) -> String,
}

impl KeyringTexts {
    /// What a purpose is called.
    #[must_use]
    pub const fn purpose(&self, purpose: Purpose) -> &'static str {
        let [signing, decryption, certificate] = self.purposes;
        match purpose {
            Purpose::Signing => signing,
            Purpose::Decryption => decryption,
            Purpose::Certificate => certificate,
        }
    }

    /// What a state is called.
    #[must_use]
    pub const fn state(&self, state: State) -> &'static str {
        let [created, awaiting, warm_up, active, cooldown, retired] = self.states;
        match state {
            State::Created => created,
            State::AwaitingRegistration => awaiting,
            State::WarmUp => warm_up,
            State::Active => active,
            State::Cooldown => cooldown,
            State::Retired => retired,
        }
    }

    /// What breaks where a key of this purpose is ended.
    #[must_use]
    pub const fn retire_help(&self, purpose: Purpose) -> &'static str {
        let [signing, decryption, certificate] = self.retire_help;
        match purpose {
            Purpose::Signing => signing,
            Purpose::Decryption => decryption,
            Purpose::Certificate => certificate,
        }
    }
}

/// In English.
pub(super) const EN: KeyringTexts = KeyringTexts {
    help: "Private keys are shown nowhere. What waits for you stands in the last column.",
    none: "No keys in the ring.",
    in_files: "The organisations are files of the operator, and their keys stand there.",
    whose: "Whose",
    purpose: "Purpose",
    kind: "Kind",
    kid: "Key id (kid)",
    since: "Since",
    made: "Came in",
    ends: "Ends",
    does: "Now",
    next: "What to do",
    signs: "signs",
    opens: "opens what is encrypted",
    published: "published",
    purposes: ["Signing", "Decryption", "Client certificate"],
    states: ["Made", "Waiting for registration", "Published", "In use", "Replaced", "Retired"],
    moves: |state, date| format!("Nothing: goes on by itself on {date} ({state})."),
    register_it: "Register the public key at the provider, then say here that it is there.",
    take_in: "Give the request to the authority, then take in the certificate that comes back.",
    rotate_it: "It ends soon: rotate it now, so that the new key is registered in time.",
    ask_anew: "It ends soon: ask for a new certificate now.",
    retire_it: "Once the provider has forgotten it, retire it.",
    nothing: "Nothing.",
    ends_in: |date, days| format!("{date}, in {days} days"),
    ended: |date| format!("{date}: it has ended"),
    new: "New key",
    new_help: "Where its place is empty, the key is in use at once. Else it follows the key there.",
    fetched: "The provider fetches the public key by itself",
    fetched_help: "Then nobody has to register it.",
    import: "Take in a key",
    import_help: "A private key that was made elsewhere: JWK or PEM as text or file. The operator also takes in PKCS#12 and what a passphrase protects.",
    text: "JWK or PEM",
    file: "File",
    passphrase: "Passphrase",
    vendor_kid: "What the provider calls it (kid)",
    vendor_kid_help: "Leave it empty where it has the key's own name.",
    known: "The provider has the key already",
    until: "Good at the provider until",
    until_help: "You are warned 30 days before.",
    request: "Ask for a certificate",
    request_help: "A key is made, and the request that the certificate authority wants (CSR).",
    common_name: "Common name",
    common_name_help: "Mostly the client id.",
    organisation: "Organisation",
    csr: "Request for the certificate (PKCS#10)",
    csr_download: "Download the request",
    certificate: "Certificate",
    certificate_help: "PEM, the certificate first, then those of its authorities. It is in use at once.",
    take: "Take it in",
    registered: "Registered at the provider",
    registered_help: "A new key comes into use, and takes the place of the one there.",
    prove: "Only if the provider proves it",
    prove_help: "A login that nobody finishes is begun with the key: a provider that takes pushed requests shows at once whether it knows it.",
    rotate: "Rotate",
    rotate_help: "A new key of the same kind is made. The one in use stays so until the new one is known to the provider, and what was made with it is good for a while after.",
    at_once: "At once, without an overlap",
    at_once_help: "For a key that somebody else may have. Logins fail until the provider knows the new one.",
    retire: "Retire",
    retire_help: [
        "The private part is destroyed, and the public part is no longer published: what was signed with the key and is not verified yet is refused.",
        "The private part is destroyed: every login fails in which the provider still encrypts to this key.",
        "The private part is destroyed: a certificate for this key can never be used.",
    ],
    public: "Public key",
    download: |form| format!("Download {form}"),
};

/// In Finnish.
pub(super) const FI: KeyringTexts = KeyringTexts {
    help: "Yksityisiä avaimia ei näytetä missään. Viimeisessä sarakkeessa on se, mikä odottaa sinua.",
    none: "Ei avaimia säilössä.",
    in_files: "Organisaatiot ovat operaattorin tiedostoja, ja niiden avaimet ovat siellä.",
    whose: "Omistaja",
    purpose: "Tarkoitus",
    kind: "Laji",
    kid: "Avaimen tunniste (kid)",
    since: "Alkaen",
    made: "Tuli säilöön",
    ends: "Päättyy",
    does: "Nyt",
    next: "Mitä tehdä",
    signs: "allekirjoittaa",
    opens: "purkaa salauksen",
    published: "julkaistu",
    purposes: ["Allekirjoitus", "Salauksen purku", "Asiakasvarmenne"],
    states: ["Luotu", "Odottaa rekisteröintiä", "Julkaistu", "Käytössä", "Korvattu", "Poistettu käytöstä"],
    moves: |state, date| format!("Ei mitään: etenee itsestään {date} ({state})."),
    register_it: "Rekisteröi julkinen avain palveluntarjoajalla ja kerro sitten täällä, että se on siellä.",
    take_in: "Anna pyyntö varmentajalle ja tuo sitten saamasi varmenne.",
    rotate_it: "Päättyy pian: vaihda nyt, jotta uusi avain ehditään rekisteröidä.",
    ask_anew: "Päättyy pian: pyydä uusi varmenne nyt.",
    retire_it: "Kun palveluntarjoaja on unohtanut avaimen, poista se käytöstä.",
    nothing: "Ei mitään.",
    ends_in: |date, days| format!("{date}, {days} päivän kuluttua"),
    ended: |date| format!("{date}: päättynyt"),
    new: "Uusi avain",
    new_help: "Jos paikka on tyhjä, avain on heti käytössä. Muuten se seuraa paikan nykyistä avainta.",
    fetched: "Palveluntarjoaja hakee julkisen avaimen itse",
    fetched_help: "Silloin kenenkään ei tarvitse rekisteröidä sitä.",
    import: "Tuo avain",
    import_help: "Muualla luotu yksityinen avain: JWK tai PEM tekstinä tai tiedostona. Operaattori tuo myös PKCS#12-tiedostot ja tunnuslauseella suojatut avaimet.",
    text: "JWK tai PEM",
    file: "Tiedosto",
    passphrase: "Tunnuslause",
    vendor_kid: "Palveluntarjoajan nimi avaimelle (kid)",
    vendor_kid_help: "Jätä tyhjäksi, jos se on avaimen oma nimi.",
    known: "Palveluntarjoajalla on avain jo",
    until: "Voimassa palveluntarjoajalla asti",
    until_help: "Saat varoituksen 30 päivää ennen.",
    request: "Pyydä varmenne",
    request_help: "Luodaan avain ja pyyntö, jonka varmentaja haluaa (CSR).",
    common_name: "Yleinen nimi (CN)",
    common_name_help: "Useimmiten asiakastunnus (client id).",
    organisation: "Organisaatio",
    csr: "Varmennepyyntö (PKCS#10)",
    csr_download: "Lataa pyyntö",
    certificate: "Varmenne",
    certificate_help: "PEM, ensin varmenne, sitten sen varmentajien varmenteet. Se on heti käytössä.",
    take: "Tuo varmenne",
    registered: "Rekisteröity palveluntarjoajalla",
    registered_help: "Uusi avain tulee käyttöön ja nykyisen tilalle.",
    prove: "Vain jos palveluntarjoaja todistaa sen",
    prove_help: "Avaimella aloitetaan kirjautuminen, jota kukaan ei vie loppuun: työnnettyjä pyyntöjä ottava palveluntarjoaja näyttää heti, tunteeko se avaimen.",
    rotate: "Vaihda",
    rotate_help: "Luodaan samanlainen uusi avain. Nykyinen pysyy käytössä, kunnes palveluntarjoaja tuntee uuden, ja sillä tehty kelpaa vielä jonkin aikaa.",
    at_once: "Heti, ilman siirtymäaikaa",
    at_once_help: "Avaimelle, joka voi olla jollakulla muulla. Kirjautumiset epäonnistuvat, kunnes palveluntarjoaja tuntee uuden avaimen.",
    retire: "Poista käytöstä",
    retire_help: [
        "Yksityinen osa tuhotaan, eikä julkista osaa enää julkaista: avaimella allekirjoitettu, jota ei ole vielä tarkistettu, hylätään.",
        "Yksityinen osa tuhotaan: jokainen kirjautuminen epäonnistuu, jossa palveluntarjoaja vielä salaa tälle avaimelle.",
        "Yksityinen osa tuhotaan: varmennetta tälle avaimelle ei voi koskaan käyttää.",
    ],
    public: "Julkinen avain",
    download: |form| format!("Lataa {form}"),
};

/// In Swedish.
pub(super) const SV: KeyringTexts = KeyringTexts {
    help: "Privata nycklar visas ingenstans. Det som väntar på dig står i den sista kolumnen.",
    none: "Inga nycklar i ringen.",
    in_files: "Organisationerna är operatörens filer, och deras nycklar finns där.",
    whose: "Ägare",
    purpose: "Ändamål",
    kind: "Slag",
    kid: "Nyckelns id (kid)",
    since: "Sedan",
    made: "Kom in",
    ends: "Upphör",
    does: "Nu",
    next: "Att göra",
    signs: "signerar",
    opens: "dekrypterar",
    published: "publicerad",
    purposes: ["Signering", "Dekryptering", "Klientcertifikat"],
    states: ["Skapad", "Väntar på registrering", "Publicerad", "I bruk", "Ersatt", "Ur bruk"],
    moves: |state, date| format!("Inget: går vidare av sig själv {date} ({state})."),
    register_it: "Registrera den publika nyckeln hos leverantören och ange sedan här att den finns där.",
    take_in: "Ge begäran till utfärdaren och ta sedan in certifikatet som kommer tillbaka.",
    rotate_it: "Upphör snart: byt nu, så att den nya nyckeln hinner registreras.",
    ask_anew: "Upphör snart: begär ett nytt certifikat nu.",
    retire_it: "När leverantören har glömt nyckeln, ta den ur bruk.",
    nothing: "Inget.",
    ends_in: |date, days| format!("{date}, om {days} dagar"),
    ended: |date| format!("{date}: har upphört"),
    new: "Ny nyckel",
    new_help: "Är platsen tom tas nyckeln i bruk genast. Annars följer den på nyckeln där.",
    fetched: "Leverantören hämtar den publika nyckeln själv",
    fetched_help: "Då behöver ingen registrera den.",
    import: "Ta in en nyckel",
    import_help: "En privat nyckel som skapats på annat håll: JWK eller PEM som text eller fil. Operatören tar också in PKCS#12 och det som en lösenfras skyddar.",
    text: "JWK eller PEM",
    file: "Fil",
    passphrase: "Lösenfras",
    vendor_kid: "Leverantörens namn på nyckeln (kid)",
    vendor_kid_help: "Lämna tomt om det är nyckelns eget namn.",
    known: "Leverantören har redan nyckeln",
    until: "Giltig hos leverantören till",
    until_help: "Du varnas 30 dagar innan.",
    request: "Begär ett certifikat",
    request_help: "En nyckel skapas, och den begäran som utfärdaren vill ha (CSR).",
    common_name: "Eget namn (CN)",
    common_name_help: "Oftast klientens id (client id).",
    organisation: "Organisation",
    csr: "Begäran om certifikat (PKCS#10)",
    csr_download: "Ladda ner begäran",
    certificate: "Certifikat",
    certificate_help: "PEM, certifikatet först, sedan utfärdarnas. Det tas i bruk genast.",
    take: "Ta in certifikatet",
    registered: "Registrerad hos leverantören",
    registered_help: "En ny nyckel tas i bruk och ersätter den nuvarande.",
    prove: "Endast om leverantören bevisar det",
    prove_help: "En inloggning som ingen avslutar påbörjas med nyckeln: en leverantör som tar emot pushade begäranden visar genast om den känner den.",
    rotate: "Byt",
    rotate_help: "En ny nyckel av samma slag skapas. Den nuvarande är i bruk tills leverantören känner den nya, och det som gjorts med den gäller ännu en tid.",
    at_once: "Genast, utan överlappning",
    at_once_help: "För en nyckel som någon annan kan ha. Inloggningar misslyckas tills leverantören känner den nya.",
    retire: "Ta ur bruk",
    retire_help: [
        "Den privata delen förstörs och den publika publiceras inte längre: det som signerats med nyckeln och ännu inte verifierats avvisas.",
        "Den privata delen förstörs: varje inloggning misslyckas där leverantören ännu krypterar till denna nyckel.",
        "Den privata delen förstörs: ett certifikat för denna nyckel kan aldrig användas.",
    ],
    public: "Publik nyckel",
    download: |form| format!("Ladda ner {form}"),
};
