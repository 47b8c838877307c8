//! The people who log in at a simulator: invented, in one table.
//!
//! Finnish personal identity codes are of the range 900–999, which is never given to anybody. The
//! codes' check characters are right, so that a provider may check them as strictly as in production.

use std::fmt;

/// An invented person.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Persona {
    /// The name in `sandbox:persona=NAME`.
    pub id: &'static str,
    /// All given names, parted by spaces.
    pub given: &'static str,
    /// The family name.
    pub family: &'static str,
    /// `YYYY-MM-DD`.
    pub birth_date: &'static str,
    /// `male` or `female`.
    pub gender: &'static str,
    /// The Finnish personal identity code.
    pub hetu: Option<&'static str>,
    /// The Finnish electronic client identifier.
    pub satu: Option<&'static str>,
    /// The e-mail address, verified.
    pub email: Option<&'static str>,
    /// The phone number in E.164, not verified.
    pub phone: Option<&'static str>,
    /// The postal address.
    pub address: Option<PostalAddress>,
    /// ISO 3166-1 alpha-2 code of the nationality.
    pub nationality: &'static str,
    /// Who authenticates the person: `fi-nordea`.
    pub method: &'static str,
    /// The person's accounts.
    pub accounts: &'static [PaymentAccount],
}

/// Where an invented person lives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PostalAddress {
    /// Street and number.
    pub street: &'static str,
    /// City.
    pub locality: &'static str,
    /// State or region; empty where there is none.
    pub region: &'static str,
    /// Postal code.
    pub postal_code: &'static str,
    /// ISO 3166-1 alpha-2 code.
    pub country: &'static str,
}

/// An account of an invented person.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PaymentAccount {
    /// The bank's number.
    pub bank_id: &'static str,
    /// The account's number.
    pub identifier: &'static str,
    /// What kind of number that is.
    pub identifier_type: &'static str,
    /// The payment scheme.
    pub kind: &'static str,
    /// Whether money may be sent to it.
    pub transfer_in: bool,
    /// Whether money may be taken from it.
    pub transfer_out: bool,
    /// The bank's own id of it.
    pub account_id: &'static str,
}

impl Persona {
    /// Given names and family name.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.given, self.family)
    }

    /// The full years since birth on `date`, `YYYY-MM-DD`; none where that is no date.
    #[must_use]
    pub fn age_on(&self, date: &str) -> Option<u16> {
        let year = |date: &str| date.get(..4)?.parse::<u16>().ok();
        let had_birthday = date.get(5..)? >= self.birth_date.get(5..)?;
        year(date)?.checked_sub(year(self.birth_date)?)?.checked_sub(u16::from(!had_birthday))
    }

    /// Every value that must stand in no log and no debug output.
    #[must_use]
    pub fn private_values(&self) -> Vec<&'static str> {
        let fixed = [self.given, self.family, self.birth_date];
        let optional = [self.hetu, self.satu, self.email, self.phone, self.address.map(|place| place.street)];
        let accounts = self.accounts.iter().flat_map(|account| [account.identifier, account.account_id]);
        fixed.into_iter().chain(optional.into_iter().flatten()).chain(accounts).collect()
    }
}

impl fmt::Debug for Persona {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Persona({})", self.id)
    }
}

/// The persona with this name.
#[must_use]
pub fn find(id: &str) -> Option<&'static Persona> {
    PERSONAS.iter().find(|persona| persona.id == id)
}

/// Every persona.
#[must_use]
pub fn everyone() -> Vec<&'static Persona> {
    PERSONAS.iter().collect()
}

/// The personas with a Finnish personal identity code.
#[must_use]
pub fn finnish() -> Vec<&'static Persona> {
    PERSONAS.iter().filter(|persona| persona.hetu.is_some()).collect()
}

/// The table.
pub const PERSONAS: &[Persona] = &[
    Persona {
        id: "onni",
        given: "Onni Juhani",
        family: "Korhonen",
        birth_date: "1970-07-07",
        gender: "male",
        hetu: Some("070770-905D"),
        satu: Some("10000001N"),
        email: Some("onni.korhonen@example.fi"),
        phone: Some("+358401000905"),
        address: Some(PostalAddress {
            street: "Esimerkkikatu 5 A 12",
            locality: "Tampere",
            region: "",
            postal_code: "33100",
            country: "FI",
        }),
        nationality: "FI",
        method: "fi-nordea",
        accounts: &[],
    },
    // The century sign Y, of those that stand beside the hyphen since 2024.
    Persona {
        id: "aada",
        given: "Aada Säde",
        family: "Hämäläinen-Yrjölä",
        birth_date: "1985-11-13",
        gender: "female",
        hetu: Some("131185Y922X"),
        satu: Some("100000187"),
        email: Some("aada.hamalainen-yrjola@example.fi"),
        phone: Some("+358401000922"),
        address: None,
        nationality: "FI",
        method: "fi-op",
        accounts: &[],
    },
    Persona {
        id: "ylva",
        given: "Ylva Åsa-Maria",
        family: "Öhman",
        birth_date: "1958-12-06",
        gender: "female",
        hetu: Some("061258-9483"),
        satu: None,
        email: Some("ylva.ohman@example.ax"),
        phone: None,
        address: Some(PostalAddress {
            street: "Exempelgränd 7",
            locality: "Mariehamn",
            region: "Åland",
            postal_code: "22100",
            country: "AX",
        }),
        nationality: "FI",
        method: "fi-alandsbanken",
        accounts: &[],
    },
    Persona {
        id: "hilla",
        given: "Hilla Eevi",
        family: "Mäkelä",
        birth_date: "2015-06-30",
        gender: "female",
        hetu: Some("300615A9047"),
        satu: Some("99000011R"),
        email: None,
        phone: None,
        address: None,
        nationality: "FI",
        method: "fi-op",
        accounts: &[],
    },
    Persona {
        id: "eliel",
        given: "Eliel Aleksanteri Johannes Mikael Olavi Kristian",
        family: "af Enehjelm",
        birth_date: "2003-03-24",
        gender: "male",
        hetu: Some("240303B9178"),
        satu: Some("100000420"),
        email: Some("eliel.af.enehjelm@example.fi"),
        phone: Some("+358401000917"),
        address: None,
        nationality: "FI",
        method: "fi-aktia",
        accounts: &[],
    },
    Persona {
        id: "john",
        given: "John",
        family: "Smithfield",
        birth_date: "1988-08-08",
        gender: "male",
        hetu: None,
        satu: None,
        email: Some("john.smithfield@example.com"),
        phone: Some("+14085550123"),
        address: Some(PostalAddress {
            street: "4360 Specimen Drive",
            locality: "Saluda",
            region: "Virginia",
            postal_code: "23149",
            country: "US",
        }),
        nationality: "US",
        method: "us-specimen",
        accounts: &[PaymentAccount {
            bank_id: "125000024",
            identifier: "454992210071",
            identifier_type: "ACCOUNT_NUMBER",
            kind: "US_ACH",
            transfer_in: true,
            transfer_out: true,
            account_id: "g833202fb0866d0ad83472c429",
        }],
    },
    Persona {
        id: "maria",
        given: "María José",
        family: "O’Brien-Núñez",
        birth_date: "2004-02-29",
        gender: "female",
        hetu: None,
        satu: None,
        email: Some("maria@example.net"),
        phone: Some("+15055550174"),
        address: Some(PostalAddress {
            street: "12 Placeholder Avenue, Apt 3",
            locality: "Santa Fe",
            region: "New Mexico",
            postal_code: "87501",
            country: "US",
        }),
        nationality: "US",
        method: "us-specimen",
        accounts: &[
            PaymentAccount {
                bank_id: "107000327",
                identifier: "771200340056",
                identifier_type: "ACCOUNT_NUMBER",
                kind: "US_ACH",
                transfer_in: true,
                transfer_out: false,
                account_id: "g10077ab31",
            },
            PaymentAccount {
                bank_id: "107000327",
                identifier: "771200340064",
                identifier_type: "ACCOUNT_NUMBER",
                kind: "US_RTP",
                transfer_in: true,
                transfer_out: true,
                account_id: "g10077ab32",
            },
        ],
    },
];

#[cfg(test)]
#[path = "personas_tests.rs"]
mod tests;
