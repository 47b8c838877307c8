//! Checkpoints: signed statements of how far a chain has gone and with which hash.
//!
//! A compact JWS, ES256. The key is the broker's own and sealed: who can write to the store and no more
//! can chain what it likes, but not sign it. Who keeps a checkpoint elsewhere, be it in a log, can
//! tell later that the end of a trail was cut off.

use serde_json::{Value, json};
use tunnus_jose::{KeyUse, Operations, PublicKeys, SigningKey, generate, verify};
use tunnus_sdk::{Claims, Hidden, SigningAlgorithm, Timestamp};

use super::{AuditError, event::OPERATOR, seal::place};
use crate::{ambient::Ambient, sql::Sql, vault::DataKey};

/// What a checkpoint's header calls it.
const TYP: &str = "tunnus-audit+jwt";

/// How far a chain has gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose chain.
    pub tenant: String,
    /// The place of its last event.
    pub seq: i64,
    /// The hash there.
    pub hash: String,
    /// When that was so.
    pub at: Timestamp,
}

impl Checkpoint {
    /// Signs it.
    ///
    /// # Errors
    /// Where the key does not sign.
    pub fn sign(&self, key: &SigningKey) -> Result<String, AuditError> {
        let claims = json!({ "tenant": self.tenant, "seq": self.seq, "hash": self.hash, "iat": self.at.0 });
        let Value::Object(claims) = claims else { return Err(AuditError::Row) };
        let signed = key.sign(&Operations::default(), SigningAlgorithm::ES256, Some(TYP), &claims);
        Ok(signed.map_err(|_| AuditError::Key)?.expose().clone())
    }

    /// What a checkpoint says; none where one of `keys` has not signed it.
    #[must_use]
    pub fn open(keys: &PublicKeys, jws: &str) -> Option<Self> {
        let verified = verify(&Operations::default(), &[SigningAlgorithm::ES256], keys, jws).ok()?;
        if verified.typ.as_deref() != Some(TYP) {
            return None;
        }
        let text = |claims: &Claims, name: &str| claims.get(name)?.as_str().map(str::to_owned);
        let claims = &verified.claims;
        Some(Self {
            tenant: text(claims, "tenant")?,
            seq: claims.get("seq")?.as_i64()?,
            hash: text(claims, "hash")?,
            at: Timestamp(claims.get("iat")?.as_i64()?),
        })
    }
}

/// What signs: made where there is none yet, and put down sealed.
///
/// # Errors
/// Where it cannot be made, kept or opened.
pub(super) async fn signing_key(
    sql: &Sql,
    data_key: &DataKey,
    ambient: &Ambient,
) -> Result<SigningKey, AuditError> {
    if let Some(key) = signing_keys(sql, data_key).await?.pop() {
        return Ok(key);
    }
    let key = generate::p256(KeyUse::Signature).map_err(|_| AuditError::Key)?;
    // The first of several that make one is the one: its row is called so.
    let id = "1";
    let sealed = data_key.seal(&place(OPERATOR, "checkpoints"), id, &key)?;
    let insert = "INSERT INTO audit_signing_keys (id, sealed, created_at) VALUES ($1, $2, $3)
                  ON CONFLICT (id) DO NOTHING";
    let insert = sqlx::query(insert).bind(id).bind(sealed).bind(ambient.now().0);
    insert.execute(sql.pool()).await?;
    signing_keys(sql, data_key).await?.pop().ok_or(AuditError::Key)
}

/// The public keys of all checkpoints, as a JWK set. They come from the sealed private ones: a key
/// that somebody else has put down does not open.
///
/// # Errors
/// Where they cannot be read or opened.
pub(super) async fn public_keys(sql: &Sql, data_key: Option<&DataKey>) -> Result<Value, AuditError> {
    let keys = match data_key {
        Some(data_key) => signing_keys(sql, data_key).await?,
        None => Vec::new(),
    };
    Ok(json!({ "keys": keys.iter().map(SigningKey::public_jwk).collect::<Vec<_>>() }))
}

/// All that ever signed, the active one last.
async fn signing_keys(sql: &Sql, data_key: &DataKey) -> Result<Vec<SigningKey>, AuditError> {
    let rows = "SELECT id, sealed FROM audit_signing_keys ORDER BY created_at, id";
    let rows: Vec<(String, String)> = sqlx::query_as(rows).fetch_all(sql.pool()).await?;
    let open = |(id, sealed): &(String, String)| {
        let key: Hidden<String> = data_key.open(&place(OPERATOR, "checkpoints"), id, sealed)?;
        SigningKey::parse(&key).map_err(|_| AuditError::Key)
    };
    rows.iter().map(open).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SigningKey {
        SigningKey::parse(&generate::p256(KeyUse::Signature).unwrap()).unwrap()
    }

    fn public(key: &SigningKey) -> PublicKeys {
        PublicKeys::parse(json!({ "keys": [key.public_jwk()] }).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_checkpoint_is_read_back_where_the_trails_key_has_signed_it() {
        let (key, other) = (key(), key());
        let at = Timestamp(1_000);
        let checkpoint = Checkpoint { tenant: "acme".to_owned(), seq: 7, hash: "h".to_owned(), at };
        let jws = checkpoint.sign(&key).unwrap();
        assert_eq!(Checkpoint::open(&public(&key), &jws), Some(checkpoint));
        assert_eq!(Checkpoint::open(&public(&other), &jws), None);
        assert_eq!(Checkpoint::open(&PublicKeys::empty(), &jws), None);
    }

    #[test]
    fn a_token_of_another_kind_is_no_checkpoint() {
        let key = key();
        let Value::Object(claims) = json!({ "tenant": "a", "seq": 1, "hash": "h", "iat": 1 }) else {
            panic!("an object");
        };
        for typ in [None, Some("JWT")] {
            let jws = key.sign(&Operations::default(), SigningAlgorithm::ES256, typ, &claims).unwrap();
            assert_eq!(Checkpoint::open(&public(&key), jws.expose_str()), None);
        }
    }
}
