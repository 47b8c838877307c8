//! What the doctor says of sign-in by OpenID Connect.

use tunnus_sdk::{Finding, Severity};

use super::Login;
use crate::{
    admin::Scope,
    tenant::lookup::{Tenants, TenantsError},
};

impl Login {
    /// What must be registered, rules that lead nowhere and, `live`, what the issuer says.
    ///
    /// # Errors
    /// Where the tenants cannot be read.
    pub async fn findings(&self, tenants: &dyn Tenants, live: bool) -> Result<Vec<Finding>, TenantsError> {
        let text = format!("{} has this redirect URI to register: {}", self.name, self.redirect_uri);
        let mut findings = vec![finding(Severity::Fine, "redirect URI", text, None)];
        for grant in self.rules.grants() {
            if let Scope::Tenant(id) = &grant.scope
                && tenants.tenant(id).await?.is_none()
            {
                let text = format!("a rule lets admins of the tenant {id} in, which is not there");
                let remedy = "make the tenant, or take the rule out of admin.oidc.roles";
                findings.push(finding(Severity::Warning, "roles", text, Some(remedy)));
            }
        }
        if live {
            findings.extend(self.probe().await.into_iter().map(of_admin));
        }
        Ok(findings)
    }
}

fn finding(severity: Severity, subject: &str, text: String, remedy: Option<&str>) -> Finding {
    of_admin(Finding { severity, subject: subject.to_owned(), text, remedy: remedy.map(str::to_owned) })
}

/// Told apart from what is found of connections.
fn of_admin(finding: Finding) -> Finding {
    Finding { subject: format!("admin.oidc {}", finding.subject), ..finding }
}
