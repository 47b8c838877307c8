//! Who asks too much: requests counted by address, app and tenant, and refused beyond the settings.
//!
//! Owns the counting: in this process (`table`), and with others that share its flow store ([`share`]).
//! Who a sender is and what a refusal looks like are `http`'s, who an app is `http::auth`'s.

pub mod share;
mod table;
mod tally;

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use self::{table::Table, tally::Tally};
use crate::config::Limits;

/// The cells of a row for addresses, of which there can be any number: half a MiB a row.
const ADDRESS_CELLS: usize = 1 << 16;
/// The cells of a row for apps and tenants, and for the addresses of admins.
const NAME_CELLS: usize = 1 << 12;

/// Time that only goes on, since some beginning.
#[derive(Clone)]
pub struct Ticks(Arc<dyn Fn() -> Duration + Send + Sync>);

impl Ticks {
    /// The system's: it does not jump when the clock is set.
    #[must_use]
    pub fn system() -> Self {
        let begin = Instant::now();
        Self(Arc::new(move || begin.elapsed()))
    }

    /// A given one, for tests.
    pub fn given(elapsed: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Arc::new(elapsed))
    }

    /// How long it has been.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        (self.0)()
    }
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// A login begins or goes on.
    Start,
    /// A browser comes back from an upstream.
    Return,
    /// Anything else of apps and browsers.
    Call,
    /// Anything of admins.
    Admin,
}

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject<'a> {
    /// A sender's: an IPv4 address, or an IPv6 network of 64 bits, which one customer has at least.
    Address(Network64),
    /// An app's.
    App {
        /// Its tenant.
        tenant: &'a str,
        /// Its id.
        app: &'a str,
    },
    /// A tenant's.
    Tenant(&'a str),
}

/// As much of an address as tells customers apart: IPv4 mapped, and of IPv6 the first half.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network64(u128);

impl From<IpAddr> for Network64 {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(address.to_ipv6_mapped().to_bits()),
            IpAddr::V6(address) => Self(address.to_bits() >> 64 << 64),
        }
    }
}

/// An address is personal data.
impl fmt::Debug for Network64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Network64")
    }
}

impl Class {
    /// Its name in metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "starts",
            Self::Return => "returns",
            Self::Call => "calls",
            Self::Admin => "admin",
        }
    }
}

impl Subject<'_> {
    /// What it is, for metrics; never which.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Address(_) => "address",
            Self::App { .. } => "app",
            Self::Tenant(_) => "tenant",
        }
    }
}

/// The limits of one broker.
pub struct Limiter {
    hasher: RandomState,
    address: Tables,
    app: Tables,
    tenant: Tables,
    /// What the other brokers are to be told; none where there are no others.
    tally: Option<Tally>,
}

/// The limits of one kind of subject; none where nothing is limited.
struct Tables {
    starts: Option<Table>,
    returns: Option<Table>,
    calls: Option<Table>,
    admin: Option<Table>,
}

impl Limiter {
    /// The limits that `settings` name.
    #[must_use]
    pub fn new(settings: &Limits, ticks: &Ticks) -> Self {
        let table =
            |rate: u32, cells| Table::new(rate, rate.saturating_mul(settings.burst_seconds), cells, ticks);
        Self {
            hasher: RandomState::new(),
            address: Tables {
                starts: table(settings.address_starts, ADDRESS_CELLS),
                returns: table(settings.address_returns, ADDRESS_CELLS),
                calls: table(settings.address_calls, ADDRESS_CELLS),
                admin: table(settings.address_admin, NAME_CELLS),
            },
            app: Tables {
                starts: table(settings.app_starts, NAME_CELLS),
                returns: None,
                calls: table(settings.app_calls, NAME_CELLS),
                admin: None,
            },
            tenant: Tables {
                starts: table(settings.tenant_starts, NAME_CELLS),
                returns: None,
                calls: table(settings.tenant_calls, NAME_CELLS),
                admin: None,
            },
            tally: None,
        }
    }

    /// Counts what other brokers are to be told ([`share::Sharing`]).
    #[must_use]
    pub fn shared(self) -> Self {
        Self { tally: Some(Tally::default()), ..self }
    }

    /// Without any limit.
    #[must_use]
    pub fn none() -> Self {
        Self::new(&Limits::none(), &Ticks::system())
    }

    /// Whether one more request of `subject` is let through.
    #[must_use]
    pub fn admit(&self, subject: &Subject<'_>, class: Class) -> bool {
        let Some(table) = self.table(subject, class) else { return true };
        let admitted = table.admit(self.hasher.hash_one(subject));
        if let Some(tally) = self.tally.as_ref().filter(|_| admitted) {
            self.count(tally, subject, class);
        }
        admitted
    }

    fn table(&self, subject: &Subject<'_>, class: Class) -> Option<&Table> {
        let tables = match subject {
            Subject::Address(_) => &self.address,
            Subject::App { .. } => &self.app,
            Subject::Tenant(_) => &self.tenant,
        };
        match class {
            Class::Start => tables.starts.as_ref(),
            Class::Return => tables.returns.as_ref(),
            Class::Call => tables.calls.as_ref(),
            Class::Admin => tables.admin.as_ref(),
        }
    }
}

#[cfg(test)]
#[path = "limits_tests.rs"]
mod tests;
