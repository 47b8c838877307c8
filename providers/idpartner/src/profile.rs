//! How IDPartner's banks are spoken to, as values for the toolkit, and what its console must say.
//!
//! All of it follows from two settings: how the connection authenticates, and whether its keys are
//! registered.

use tunnus_oidc::{
    ClientAuth, Profile, RequestProtection, RequestRoute, ResponseMode, SignedRequest, TokenDemand,
};
use tunnus_sdk::{ContentEncryption, Encryption, KeyEncryption, SetupStep, SigningAlgorithm};

use crate::settings::{ClientAuthentication, ListedIssuer, Settings};

/// The member of a bank's metadata that names its payment details endpoint; not a standard's.
pub(crate) const PAYMENT_DETAILS: &str = "payment_details_info_endpoint";

/// The one algorithm that IDPartner's banks sign and verify with.
const SIGNING: SigningAlgorithm = SigningAlgorithm::PS256;

impl Settings {
    /// What holds for every bank of the connection.
    pub(crate) fn profile(&self) -> Profile {
        let (protection, token) = self.protections();
        let (client_auth, without_par) = match self.client_authentication {
            ClientAuthentication::MutualTls => (ClientAuth::MutualTls, None),
            ClientAuthentication::ClientSecret => {
                let direct = RequestRoute::get(protection.clone());
                (ClientAuth::SecretBasic { client_id_in_body: false }, Some(direct))
            }
        };
        Profile {
            request: RequestRoute::pushed(protection),
            without_par,
            client_auth,
            response: ResponseMode::Jarm(token.clone()),
            id_token: token,
            document_endpoints: &[PAYMENT_DETAILS],
            ..Profile::new("", self.client_id.as_str())
        }
    }

    /// The same for one bank.
    pub(crate) fn profile_of(&self, bank: &ListedIssuer) -> Profile {
        let (issuer, endpoint_hosts) = (bank.issuer.clone(), bank.endpoint_hosts.clone());
        Profile { issuer, endpoint_hosts, ..self.profile() }
    }

    /// What protects requests, and what tokens must be. Registered keys change both: the banks then
    /// want a signed request, and encrypt.
    fn protections(&self) -> (RequestProtection, TokenDemand) {
        if !self.registered_keys {
            return (RequestProtection::Plain, TokenDemand::Signed(vec![SIGNING]));
        }
        let encryption =
            Encryption { algorithm: KeyEncryption::RsaOaep, contents: vec![ContentEncryption::A256CbcHs512] };
        let request = RequestProtection::Signed(SignedRequest::new(SIGNING));
        (request, TokenDemand::Nested(encryption, vec![SIGNING]))
    }

    /// What the application's page in IDPartner's console must say.
    pub(crate) fn setup(&self) -> Vec<SetupStep> {
        let credential = match self.client_authentication {
            ClientAuthentication::MutualTls => SetupStep::new(
                "Application, Certificates",
                "upload the certificate request of `tunnus keys csr`; import what comes back with \
                 `tunnus keys certificate`",
            ),
            ClientAuthentication::ClientSecret => SetupStep::new(
                "Application, Client secret",
                "copy the secret into this connection's credentials (sandbox only)",
            ),
        };
        let keys = if self.registered_keys {
            "the public keys of this connection, from {issuer}/connections/{connection}/jwks: one \
             to verify with (PS256), one to encrypt to (RSA-OAEP, A256CBC-HS512)"
        } else {
            "leave it empty"
        };
        vec![
            SetupStep::new("Application, Origin URL", "{issuer}/return/{connection}/selected"),
            SetupStep::new("Application, Redirect URL", "{issuer}/return/{connection}/callback"),
            SetupStep::new("Application, JWKS", keys),
            credential,
        ]
    }
}
