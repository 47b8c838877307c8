//! From the settings to the profile that the toolkit carries out.

use std::time::Duration;

use tunnus_oidc::{
    ClientAuth, Profile, RequestProtection, RequestRoute, ResponseMode, SignedRequest, UserinfoDemand,
    settings::ClientAuthentication,
};

use crate::{RequestObject, ResponseForm, Settings, UserinfoForm};

impl Settings {
    /// How the upstream is spoken to.
    pub(crate) fn profile(&self) -> Profile {
        Profile {
            endpoint_hosts: self.endpoint_hosts.clone(),
            request: RequestRoute { delivery: self.request_delivery, protection: self.protection() },
            client_auth: self.client_auth(),
            pkce: self.pkce,
            nonce: self.nonce,
            response: match self.response {
                ResponseForm::Query => ResponseMode::Query,
                ResponseForm::FormPost => ResponseMode::FormPost,
                ResponseForm::Jwt => ResponseMode::Jarm(self.response_protection.demand()),
            },
            callback_iss: self.response_issuer,
            id_token: self.id_token.demand(),
            at_hash: self.at_hash,
            auth_time: self.auth_time,
            userinfo: match self.userinfo {
                UserinfoForm::NotFetched => UserinfoDemand::NotFetched,
                UserinfoForm::Json => UserinfoDemand::Plain,
                UserinfoForm::Jwt => UserinfoDemand::Protected {
                    token: self.userinfo_protection.demand(),
                    issuer_and_audience: self.userinfo_issuer,
                    any_media_type: false,
                },
            },
            clock_skew: Duration::from_secs(self.clock_skew_seconds.into()),
            cancel_codes: self.cancel_codes.clone(),
            ..Profile::new(&self.issuer, &self.client_id)
        }
    }

    fn protection(&self) -> RequestProtection {
        let signed = SignedRequest {
            typ: self.request_type.header(),
            lifetime: Duration::from_secs(self.request_lifetime_seconds.into()),
            not_before: self.request_not_before,
            repeat_outside: self.request_repeats_outside,
            ..SignedRequest::new(self.signing_algorithm)
        };
        let encryption = self.request_encryption.into();
        match self.request_protection {
            RequestObject::Plain => RequestProtection::Plain,
            RequestObject::Signed => RequestProtection::Signed(signed),
            RequestObject::SignedThenEncrypted => RequestProtection::SignedThenEncrypted(signed, encryption),
            RequestObject::Encrypted => RequestProtection::Encrypted(encryption),
        }
    }

    /// Basic alone has a variant: some upstreams want `client_id` in the body too.
    const fn client_auth(&self) -> ClientAuth {
        match self.client_authentication {
            ClientAuthentication::ClientSecretBasic => {
                ClientAuth::SecretBasic { client_id_in_body: self.client_id_in_body }
            }
            other => other.to_client_auth(self.signing_algorithm, self.assertion_audience),
        }
    }
}
