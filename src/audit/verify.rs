//! Checks a trail where it is kept: every link, every signature, and what events are filed under.

use sqlx::Row as _;
use tunnus_jose::PublicKeys;

use super::{
    AuditError,
    chain::{ChainFault, Link, Verified, Verifier},
    checkpoint::{Checkpoint, public_keys},
    event::{Body, OPERATOR},
    records::Records,
    store::{Filed, entry},
};

/// How many events are read at a time.
const PAGE: i64 = 1_000;

/// A page of a trail, in its order.
pub(super) struct Page {
    /// The events, with what they are filed under.
    pub(super) links: Vec<(Link, Filed)>,
    /// The checkpoints among them: the place where each is kept, and what is kept there.
    pub(super) checkpoints: Vec<(i64, String)>,
}

/// Why a checkpoint does not hold.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// Another key has signed it, or none.
    #[error("the trail's key has not signed the checkpoint")]
    Signature,
    /// What it signs is not there.
    #[error("what the checkpoint signs is not in the trail: it was cut off or made anew")]
    Gone,
    /// The trail.
    #[error(transparent)]
    Audit(#[from] AuditError),
}

impl Records {
    /// The tenants that have a trail, in order; the empty one is the operator's.
    ///
    /// # Errors
    /// Where the trail cannot be read.
    pub async fn tenants(&self) -> Result<Vec<String>, AuditError> {
        let tenants = "SELECT tenant FROM audit_heads
                       UNION SELECT tenant FROM audit_events WHERE seq = 0 ORDER BY tenant";
        Ok(sqlx::query_scalar(tenants).fetch_all(self.sql.pool()).await?)
    }

    /// The public keys of the trail's checkpoints, as a JWK set: what verifies an export.
    ///
    /// # Errors
    /// Where they cannot be read.
    pub async fn public_keys(&self) -> Result<serde_json::Value, AuditError> {
        let data_key = self.audit.known_data_key(OPERATOR).await?;
        public_keys(&self.sql, data_key.as_ref()).await
    }

    /// Checks the trail of a tenant.
    ///
    /// # Errors
    /// Where it cannot be read; what is wrong with it is no error.
    pub async fn verify(&self, tenant: &str) -> Result<Verified, AuditError> {
        let keys = self.parsed_keys().await?;
        let mut verifier = Verifier::new(tenant);
        let mut after = 0;
        while let Some(page) = self.page(tenant, after).await? {
            for (at, jws) in &page.checkpoints {
                check_checkpoint(&mut verifier, tenant, &keys, (*at, jws));
            }
            for (link, filed) in &page.links {
                verifier.next(link);
                check_filed(&mut verifier, link, filed);
                after = link.seq;
            }
        }
        for (at, jws) in self.checkpoints(tenant, after, i64::MAX).await? {
            check_checkpoint(&mut verifier, tenant, &keys, (at, &jws));
        }
        self.check_waiting(tenant, &mut verifier).await?;
        let now = self.audit.0.ambient.now();
        Ok(verifier.finish(self.head(tenant).await?, Some(now.0)))
    }

    /// Checks that what a checkpoint signs, which was kept elsewhere, is there still.
    ///
    /// # Errors
    /// Where it is not, or the trail's key has not signed it.
    pub async fn check(&self, jws: &str) -> Result<Checkpoint, CheckError> {
        let checkpoint = Checkpoint::open(&self.parsed_keys().await?, jws).ok_or(CheckError::Signature)?;
        let hash = "SELECT hash FROM audit_events WHERE tenant = $1 AND seq = $2 AND seq > 0";
        let hash = sqlx::query_scalar::<_, String>(hash).bind(&checkpoint.tenant).bind(checkpoint.seq);
        let found = hash.fetch_optional(self.sql.pool()).await.map_err(AuditError::from)?;
        if found.as_ref() == Some(&checkpoint.hash) { Ok(checkpoint) } else { Err(CheckError::Gone) }
    }

    async fn parsed_keys(&self) -> Result<PublicKeys, AuditError> {
        let keys = self.public_keys().await?.to_string();
        PublicKeys::parse(keys.as_bytes()).map_err(|_| AuditError::Key)
    }

    /// The next page of a trail, behind the place `after`; none where there is no more.
    pub(super) async fn page(&self, tenant: &str, after: i64) -> Result<Option<Page>, AuditError> {
        let rows = "SELECT id, tenant, happened_at, class, body, seq, hash, kind, identification, trace_id,
                        transaction_id
                    FROM audit_events WHERE tenant = $1 AND seq > $2 AND seq > 0 ORDER BY seq LIMIT $3";
        let rows = sqlx::query(rows).bind(tenant).bind(after).bind(PAGE).fetch_all(self.sql.pool()).await?;
        let link = |row| {
            let link = Link { entry: entry(row)?, seq: row.try_get("seq")?, hash: row.try_get("hash")? };
            Ok::<_, AuditError>((link, filed(row)?))
        };
        let links: Vec<_> = rows.iter().map(link).collect::<Result<_, _>>()?;
        let Some(last) = links.last().map(|(link, _)| link.seq) else { return Ok(None) };
        let checkpoints = self.checkpoints(tenant, after, last).await?;
        Ok(Some(Page { links, checkpoints }))
    }

    async fn checkpoints(
        &self,
        tenant: &str,
        after: i64,
        last: i64,
    ) -> Result<Vec<(i64, String)>, AuditError> {
        let rows = "SELECT seq, jws FROM audit_checkpoints
                    WHERE tenant = $1 AND seq > $2 AND seq <= $3 ORDER BY seq";
        Ok(sqlx::query_as(rows).bind(tenant).bind(after).bind(last).fetch_all(self.sql.pool()).await?)
    }

    async fn check_waiting(&self, tenant: &str, verifier: &mut Verifier) -> Result<(), AuditError> {
        let rows = "SELECT id, tenant, happened_at, class, body, kind, identification, trace_id,
                        transaction_id
                    FROM audit_events WHERE seq = 0 AND tenant = $1 ORDER BY id";
        for row in sqlx::query(rows).bind(tenant).fetch_all(self.sql.pool()).await? {
            verifier.unchained();
            let link = Link { seq: 0, hash: String::new(), entry: entry(&row)? };
            check_filed(verifier, &link, &filed(&row)?);
        }
        Ok(())
    }

    /// How far the chain went, and how far it was signed.
    async fn head(&self, tenant: &str) -> Result<(i64, i64), AuditError> {
        let head = "SELECT seq, signed_seq FROM audit_heads WHERE tenant = $1";
        let head = sqlx::query_as(head).bind(tenant).fetch_optional(self.sql.pool()).await?;
        Ok(head.unwrap_or_default())
    }
}

/// Checks one checkpoint, kept at the place `at`.
pub(super) fn check_checkpoint(
    verifier: &mut Verifier,
    tenant: &str,
    keys: &PublicKeys,
    (at, jws): (i64, &str),
) {
    let opened = Checkpoint::open(keys, jws);
    match opened.filter(|checkpoint| checkpoint.tenant == tenant && checkpoint.seq == at) {
        Some(checkpoint) => verifier.signed(checkpoint.seq, &checkpoint.hash),
        None => verifier.fault(ChainFault::Checkpoint { seq: at }),
    }
}

/// What an event is found by is what it says.
fn check_filed(verifier: &mut Verifier, link: &Link, filed: &Filed) {
    let said = serde_json::from_str::<Body>(&link.entry.body).map(|body| Filed::of(&body));
    if said.ok().as_ref() != Some(filed) {
        verifier.fault(ChainFault::Misfiled { seq: link.seq, id: link.entry.id.clone() });
    }
}

fn filed(row: &sqlx::any::AnyRow) -> Result<Filed, AuditError> {
    Ok(Filed {
        kind: row.try_get("kind")?,
        identification: row.try_get("identification")?,
        trace_id: row.try_get("trace_id")?,
        transaction_id: row.try_get("transaction_id")?,
    })
}
