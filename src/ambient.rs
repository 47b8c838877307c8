//! Time and chance: the only place that reads them. Everything else is given an [`Ambient`].

use std::{fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::rand::{SecureRandom, SystemRandom};
use tunnus_sdk::{Hidden, Timestamp};

/// The time and the chance that the program runs on.
#[derive(Clone)]
pub struct Ambient {
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    fill: Arc<Fill>,
}

type Fill = dyn Fn(&mut [u8]) + Send + Sync;

impl Ambient {
    /// The system's clock and randomness.
    #[must_use]
    pub fn system() -> Self {
        let random = SystemRandom::new();
        let fill = move |bytes: &mut [u8]| {
            if random.fill(bytes).is_err() {
                // Without randomness no secret is secret: there is nothing safe left to do.
                std::process::abort();
            }
        };
        Self { now: Arc::new(system_time), fill: Arc::new(fill) }
    }

    /// A given clock and given chance, for tests.
    pub fn given(
        now: impl Fn() -> Timestamp + Send + Sync + 'static,
        fill: impl Fn(&mut [u8]) + Send + Sync + 'static,
    ) -> Self {
        Self { now: Arc::new(now), fill: Arc::new(fill) }
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.fill)(&mut bytes);
        bytes
    }

    /// 256 random bits in base64url: 43 characters.
    #[must_use]
    pub fn secret(&self) -> Hidden<String> {
        Hidden::new(URL_SAFE_NO_PAD.encode(self.bytes::<32>()))
    }

    /// 128 random bits in base64url, 22 characters: an id that may be public.
    #[must_use]
    pub fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes::<16>())
    }
}

impl fmt::Debug for Ambient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ambient")
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
fn system_time() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Timestamp(since.ok().and_then(|since| i64::try_from(since.as_secs()).ok()).unwrap_or_default())
}
