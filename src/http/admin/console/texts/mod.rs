//! What the console says, in every language.
//!
//! One constant of one struct per language: a text that is missing does not compile. The help texts of
//! a form's fields are the schema's, in English.

mod en;
mod fi;
mod keyring;
mod login;
mod platform;
mod sv;
mod trail;
pub mod trials;

use tunnus_sdk::Locale;

use self::login::LoginTexts;
pub use self::{keyring::KeyringTexts, platform::PlatformTexts, trail::TrailTexts};
use crate::admin::Role;

/// A heading and what stands beneath it.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// What has happened.
    pub title: &'static str,
    /// What to do next.
    pub text: &'static str,
}

/// All texts of one language.
#[derive(Clone, Copy, Debug)]
pub struct Texts {
    /// Skips the head of the page.
    pub skip: &'static str,
    /// What the main links are.
    pub areas: &'static str,
    /// What the way here is.
    pub trail: &'static str,
    /// What the links beside a page are.
    pub tenant_pages: &'static str,
    /// What the links of languages are.
    pub language: &'static str,
    /// Before who is signed in.
    pub signed_in_as: &'static str,
    /// Ends the session.
    pub sign_out: &'static str,
    /// Begins one.
    pub sign_in: &'static str,
    /// The heading of the way in.
    pub sign_in_title: &'static str,
    /// An admin token.
    pub admin_token: &'static str,
    /// Where one comes from.
    pub token_help: &'static str,
    /// The token does not hold.
    pub wrong_token: &'static str,
    /// Sign-in by OpenID Connect.
    pub login: LoginTexts,
    /// Leads back.
    pub to_console: &'static str,
    /// Above what is wrong with a form.
    pub has_faults: &'static str,
    /// A form was not taken.
    pub not_saved: &'static str,
    /// A form was taken.
    pub saved: &'static str,
    /// Somebody else was faster.
    pub stale: &'static str,
    /// Somebody else has removed it.
    pub gone: &'static str,
    /// The two versions.
    pub differences: &'static str,
    /// They are the same.
    pub no_differences: &'static str,
    /// What differs.
    pub member: &'static str,
    /// The version of the other.
    pub theirs: &'static str,
    /// The version of this form.
    pub yours: &'static str,
    /// Nothing can be changed.
    pub read_only: &'static str,
    /// Must be filled.
    pub required: &'static str,
    /// Nothing is picked yet.
    pub choose: &'static str,
    /// What counts where nothing is picked.
    pub by_default: &'static str,
    /// The key of a row.
    pub key: &'static str,
    /// An empty row.
    pub one_more: &'static str,
    /// A secret is set.
    pub set: &'static str,
    /// Takes something away.
    pub remove: &'static str,
    /// What takes the place of a secret.
    pub new_value: &'static str,
    /// All, also those to come.
    pub all_of_them: &'static str,
    /// Those that are picked.
    pub only_these: &'static str,
    /// Keeps a form.
    pub save: &'static str,
    /// Makes something.
    pub create: &'static str,
    /// Looks for something.
    pub find: &'static str,
    /// What is looked for.
    pub search: &'static str,
    /// Shows the next ones.
    pub more: &'static str,
    /// A name.
    pub name: &'static str,
    /// An id.
    pub id: &'static str,
    /// How something is.
    pub state: &'static str,
    /// Who did it.
    pub by: &'static str,
    /// Yes.
    pub yes: &'static str,
    /// No.
    pub no: &'static str,
    /// The settings of a tenant.
    pub settings: &'static str,
    /// Organisations.
    pub tenants: &'static str,
    /// An organisation.
    pub tenant: &'static str,
    /// A platform.
    pub platform: &'static str,
    /// There are none.
    pub no_tenants: &'static str,
    /// A new one.
    pub new_tenant: &'static str,
    /// What it gets.
    pub new_tenant_help: &'static str,
    /// Removes it.
    pub remove_tenant: &'static str,
    /// What that does.
    pub remove_tenant_help: &'static str,
    /// The issuer.
    pub issuer: &'static str,
    /// Apps.
    pub apps: &'static str,
    /// There are none.
    pub no_apps: &'static str,
    /// A new one.
    pub new_app: &'static str,
    /// Removes it.
    pub remove_app: &'static str,
    /// What that does.
    pub remove_app_help: &'static str,
    /// How an app proves itself.
    pub authentication: &'static str,
    /// A secret.
    pub secret: &'static str,
    /// Secrets.
    pub secrets: &'static str,
    /// There are none.
    pub no_secrets: &'static str,
    /// When it was set.
    pub set_at: &'static str,
    /// Makes one.
    pub new_secret: &'static str,
    /// How one replaces another.
    pub new_secret_help: &'static str,
    /// What that does.
    pub remove_secret_help: &'static str,
    /// A secret is shown.
    pub shown_once: &'static str,
    /// What a developer copies.
    pub client_settings: &'static str,
    /// Connections.
    pub connections: &'static str,
    /// There are none.
    pub no_connections: &'static str,
    /// A new one.
    pub new_connection: &'static str,
    /// Where its keys come from.
    pub new_keys_help: &'static str,
    /// Removes it.
    pub remove_connection: &'static str,
    /// What that does.
    pub remove_connection_help: &'static str,
    /// Which provider.
    pub pick_provider: &'static str,
    /// A provider.
    pub provider: &'static str,
    /// Providers.
    pub providers: &'static str,
    /// Countries.
    pub countries: &'static str,
    /// Whether persons are real.
    pub environment: &'static str,
    /// It can be used.
    pub enabled: &'static str,
    /// It cannot.
    pub switched_off: &'static str,
    /// For a while it cannot.
    pub paused: &'static str,
    /// The order of the chooser.
    pub order: &'static str,
    /// How to write it.
    pub order_help: &'static str,
    /// Whether it is offered.
    pub offered: &'static str,
    /// The apps that may use it.
    pub offered_to: &'static str,
    /// Admin tokens.
    pub tokens: &'static str,
    /// There are none.
    pub no_tokens: &'static str,
    /// A new one.
    pub new_token: &'static str,
    /// What somebody may do.
    pub role_label: &'static str,
    /// What somebody reaches.
    pub reach: &'static str,
    /// Until when.
    pub expires: &'static str,
    /// For how long.
    pub days: &'static str,
    /// Ends a token.
    pub revoke: &'static str,
    /// What that does.
    pub revoke_help: &'static str,
    /// It was ended.
    pub revoked: &'static str,
    /// It has ended.
    pub expired: &'static str,
    /// It is good.
    pub holds: &'static str,
    /// Identifications that have ended.
    pub recent: &'static str,
    /// The audit trail.
    pub audit: &'static str,
    /// The trail is not in a database.
    pub no_trail: &'static str,
    /// Nobody has identified yet.
    pub nothing_yet: &'static str,
    /// No event.
    pub nothing_found: &'static str,
    /// When.
    pub time: &'static str,
    /// Which app.
    pub app: &'static str,
    /// Which connection.
    pub connection: &'static str,
    /// Who authenticated the person.
    pub method: &'static str,
    /// What it came to.
    pub outcome: &'static str,
    /// A trace id.
    pub trace: &'static str,
    /// Those before.
    pub earlier: &'static str,
    /// What happened.
    pub event: &'static str,
    /// What it was about.
    pub about: &'static str,
    /// What is known.
    pub find_by: &'static str,
    /// What is looked for.
    pub sought: &'static str,
    /// The app's own order id.
    pub reference: &'static str,
    /// The upstream's id.
    pub transaction: &'static str,
    /// An identification's id.
    pub identification: &'static str,
    /// What the upstream's admin must set.
    pub sheet: &'static str,
    /// What it is for.
    pub sheet_help: &'static str,
    /// What is to be set there.
    pub to_be_set: &'static str,
    /// Where the browser comes back.
    pub return_urls: &'static str,
    /// Our public keys.
    pub public_keys: &'static str,
    /// Where they are fetched.
    pub also_at: &'static str,
    /// Has the doctor look.
    pub check: &'static str,
    /// What the doctor has found.
    pub findings: &'static str,
    /// One finding.
    pub finding: &'static str,
    /// What mends it.
    pub remedy: &'static str,
    /// Nothing to do.
    pub fine: &'static str,
    /// Soon something to do.
    pub warning: &'static str,
    /// Something to mend.
    pub fault: &'static str,
    /// What need not be filled.
    pub more_settings: &'static str,
    /// Keys.
    pub keys: &'static str,
    /// The pages of keys.
    pub keyring: KeyringTexts,
    /// Whole trails.
    pub trails: TrailTexts,
    /// Platforms, and what tenants share with them.
    pub platform_pages: PlatformTexts,
    /// The role may not.
    pub forbidden: Words,
    /// Nothing is there.
    pub not_found: Words,
    /// Somebody else was faster.
    pub stale_page: Words,
    /// What was sent has faults.
    pub faulty: Words,
    /// The tenants are files.
    pub files_only: Words,
    /// Too many wrong tokens.
    pub too_many: Words,
    /// A store does not answer.
    pub unavailable: Words,
    /// A fault of ours.
    pub internal: Words,
    /// The form is none of this session.
    pub foreign_form: Words,
    /// The form is too long.
    pub too_long: Words,
    /// An entry of a list, by its number.
    pub entry: fn(usize) -> String,
    /// A fault in one of several lines.
    pub line: fn(usize, &str) -> String,
    /// When a secret was set, and by whom.
    pub set_by: fn(&str, &str) -> String,
    /// The languages in which a text is given: Finnish, Swedish, English.
    pub languages: [&'static str; 3],
    /// The roles, in the order of [`Role::ALL`].
    pub roles: [&'static str; 4],
    /// Of trials.
    pub trials: trials::TrialTexts,
    /// The names of fields, by their members.
    pub labels: &'static [(&'static str, &'static str)],
}

impl Texts {
    /// The texts of a language.
    #[must_use]
    pub const fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::Fi => &fi::TEXTS,
            Locale::Sv => &sv::TEXTS,
            Locale::En => &en::TEXTS,
        }
    }

    /// What a member is called on a form.
    #[must_use]
    pub fn label(&self, member: &str) -> Option<&'static str> {
        self.labels.iter().find(|(name, _)| *name == member).map(|(_, label)| *label)
    }

    /// What a role is called.
    #[must_use]
    pub fn role(&self, role: Role) -> &'static str {
        let named = Role::ALL.into_iter().zip(self.roles).find(|(known, _)| *known == role);
        named.map_or("", |(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_names_the_same_fields() {
        let members = |locale| Texts::of(locale).labels.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        assert_eq!(members(Locale::Fi), members(Locale::En));
        assert_eq!(members(Locale::Sv), members(Locale::En));
    }
}
