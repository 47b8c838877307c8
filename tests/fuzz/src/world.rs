//! A folder of tenants in memory, and the secrets that its files name.

use std::{fs, path::PathBuf, sync::Arc};

use tempfile::TempDir;
use tunnus::{
    config::{Environment, Faults, References},
    providers::Providers,
    tenant::{files::Folder, set::TenantSet},
};

use crate::keys;

/// A secret that stands in no message.
pub const SECRET: &str = "shop-secretmarker-shop";

/// The tenant that an honest operator wrote.
pub const TENANT: &str = include_str!("../seeds/tenant/good");

/// A folder with one tenant's file.
pub struct World {
    root: TempDir,
    folder: Folder,
}

impl World {
    /// The secrets, and no tenant.
    ///
    /// # Panics
    /// Where the folder cannot be written.
    #[must_use]
    pub fn new() -> Self {
        let shared = PathBuf::from("/dev/shm");
        let root = if shared.is_dir() { TempDir::new_in(shared) } else { TempDir::new() };
        let root = root.expect("a folder");
        let secrets = root.path().join("secrets");
        for dir in [&secrets, &root.path().join("tenants"), &root.path().join("tenants/platforms")] {
            fs::create_dir(dir).expect("a folder");
        }
        let subject = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        let files = [
            ("rsa", keys::SIGNING),
            ("p256", keys::SIGNING_P256),
            ("enc", keys::DECRYPTION),
            ("subject", subject),
        ];
        for (name, text) in files {
            fs::write(secrets.join(name), text).expect("a file");
        }
        let environment: Environment = [("TUNNUS_SECRET_SHOP", SECRET)].into_iter().collect();
        let references = References::new(secrets, Arc::new(environment));
        let folder = Folder::new(root.path().join("tenants"), Providers::built_in(), references);
        Self { root, folder }
    }

    /// Reads the folder with `tenant` as its one tenant, and `platform` as its one platform.
    ///
    /// # Errors
    /// As [`Folder::load`].
    ///
    /// # Panics
    /// Where the folder cannot be written.
    pub fn load(&self, tenant: &str, platform: &str) -> Result<TenantSet, Faults> {
        let tenants = self.root.path().join("tenants");
        fs::write(tenants.join("tenant.toml"), tenant).expect("a file");
        let file = tenants.join("platforms/platform.toml");
        if platform.is_empty() {
            let _ = fs::remove_file(file);
        } else {
            fs::write(file, platform).expect("a file");
        }
        self.folder.load()
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}
