//! The cookies of a browser, and sealed values: a stranger writes none that open.
//!
//! Cookies stand line by line, `NAME=VALUE`; a line without `=` is a sealed value in base64url.
#![no_main]

use std::{sync::LazyLock, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use libfuzzer_sys::fuzz_target;
use tunnus::{
    ambient::Ambient,
    flow::binding::{ATTEMPTS_MAX, Bindings, cookie_prefix},
    store::{Key, MasterKey, Sealer, seal::sealed_by},
};
use tunnus_sdk::{Hidden, Timestamp};

static SEALER: LazyLock<Sealer> = LazyLock::new(|| {
    let key = MasterKey::new("2026a", Hidden::new([7; 32])).expect("a key");
    let ambient = Ambient::given(|| Timestamp(1_795_256_803), |bytes| bytes.fill(1));
    Sealer::new(vec![key], ambient).expect("a sealer")
});

/// The one value that was sealed here.
static SEALED: LazyLock<Vec<u8>> =
    LazyLock::new(|| SEALER.seal("attempt", &["state", "binding"], &place(), b"{}").expect("sealed"));

fn place() -> Key {
    Key::new("attempt", "hash")
}

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let cookies: Vec<_> = text.lines().filter_map(|line| line.split_once('=')).collect();
    for https in [true, false] {
        let bindings = Bindings::read(https, cookies.iter().copied());
        let mine = bindings.of("acme", "ftn");
        assert!(mine.len() <= ATTEMPTS_MAX);
        for binding in &mine {
            assert!(binding.tenant == "acme" && binding.connection == "ftn", "another's attempt");
            let again = binding.to_cookie(cookie_prefix(https), Duration::from_secs(60));
            assert!(cookies.iter().any(|(name, _)| *name == again.name), "a cookie under another name");
            assert!(binding.state.expose_str().len() == 43 && binding.secret.expose_str().len() == 43);
        }
        if let Some(binding) = mine.first() {
            let set = bindings.with(binding, Duration::from_secs(60));
            assert!(set.iter().filter(|cookie| cookie.value.is_some()).count() == 1);
        }
    }
    for line in text.lines().filter(|line| !line.contains('=')) {
        let Ok(sealed) = URL_SAFE_NO_PAD.decode(line) else { continue };
        let opened = SEALER.open("attempt", &["state", "binding"], &place(), &sealed);
        assert_eq!(opened.is_ok(), sealed == *SEALED, "only what was sealed here opens");
        assert_eq!(SEALER.is_active(&sealed).is_none(), sealed_by(&sealed).is_none() && !is_whole(&sealed));
        assert!(SEALER.open("attempt", &["state", "other"], &place(), &sealed).is_err());
        assert!(SEALER.open("result", &["state", "binding"], &place(), &sealed).is_err());
    }
});

/// Whether a value has the parts of a sealed one, whatever the name of its key.
fn is_whole(sealed: &[u8]) -> bool {
    let id = sealed.get(1).copied().map_or(0, usize::from);
    sealed.first() == Some(&1) && sealed.len() >= 2 + id + 12 + 16
}
