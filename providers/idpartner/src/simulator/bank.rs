//! The banks behind the selector, simulated: FAPI 1.0 OpenID providers in IDPartner's ways.

use std::time::Duration;

use serde_json::{Map, Value, json};
use tunnus_sdk::{
    Claims, ContentEncryption, KeyEncryption, Params, SigningAlgorithm,
    sandbox::{SimulatedRequest, SimulatedResponse},
};
use tunnus_simulator::{
    Client, ClientAuthentication, Endpoints, Login, MessageShape, OpenIdProvider, Profile, RequestDemand,
    RequestObject, ResponseDelivery, Route, claims, personas,
};

use super::faults::FAULTS;

/// A simulated bank.
pub(super) struct Bank {
    /// The issuer's path below the simulator's base.
    pub issuer_path: &'static str,
    /// The selector's name for it.
    pub idp_id: &'static str,
    /// Its name for people.
    pub title: &'static str,
    check_request: fn(&Params) -> Result<(), &'static str>,
    payment_details: Route,
}

/// The one `acr` that the banks know.
pub(super) const ACR: &str = "urn:mace:incommon:iap:silver";

/// What the selector hands out, and the banks want to see again.
pub(super) const TOKEN: &str = "sandbox.idpartner-token";

/// Where [`BANKS`] tell the payment details.
pub(super) const SPECIMEN_ACCOUNTS: &str = "/specimen/oidc/payment_details";
const PLACEHOLDER_ACCOUNTS: &str = "/placeholder/oidc/payment_details";

/// The banks, in the order of the selector's page.
pub(super) const BANKS: [Bank; 2] = [
    Bank {
        issuer_path: "/specimen/oidc",
        idp_id: "1001",
        title: "Specimen Bank",
        check_request: |params| check_request(params, "1001"),
        payment_details: Route { path: SPECIMEN_ACCOUNTS, answer: specimen_accounts },
    },
    Bank {
        issuer_path: "/placeholder/oidc",
        idp_id: "1002",
        title: "Placeholder Credit Union",
        check_request: |params| check_request(params, "1002"),
        payment_details: Route { path: PLACEHOLDER_ACCOUNTS, answer: placeholder_accounts },
    },
];

/// How a connection is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Registration {
    /// With a secret, without keys.
    Secret,
    /// With a certificate, and with keys.
    MutualTls,
}

const SIGNED: MessageShape = MessageShape::Signed(SigningAlgorithm::PS256);
const NESTED: MessageShape = MessageShape::Nested {
    signing: SigningAlgorithm::PS256,
    algorithm: KeyEncryption::RsaOaep,
    content: ContentEncryption::A256CbcHs512,
};

impl Registration {
    /// The connection's name on the chooser.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Secret => "IDPartner",
            Self::MutualTls => "IDPartner (mutual TLS, encrypted)",
        }
    }

    /// `client` as a bank knows it.
    pub(super) fn apply(self, client: Client) -> Client {
        let (authentication, request, message) = match self {
            Self::Secret => {
                let basic = ClientAuthentication::SecretBasic { client_id_in_body: false };
                (basic, RequestDemand { pushed: false, object: RequestObject::Absent }, SIGNED)
            }
            Self::MutualTls => {
                let object = RequestObject::Signed(SigningAlgorithm::PS256);
                (ClientAuthentication::MutualTls, RequestDemand { pushed: true, object }, NESTED)
            }
        };
        Client {
            authentication,
            request,
            response: ResponseDelivery::Jarm(message),
            id_token: message,
            userinfo: MessageShape::Plain,
            ..client
        }
    }
}

impl Bank {
    /// The OpenID provider of this bank.
    pub(super) fn profile(&self, clients: Vec<Client>) -> Profile {
        Profile {
            issuer_path: self.issuer_path,
            endpoints: Endpoints {
                authorization: "/auth",
                token: "/token",
                userinfo: "/me",
                jwks: "/jwks",
                pushed: Some("/request"),
            },
            metadata: metadata(),
            mtls_aliases: true,
            clients,
            request_object_nbf: true,
            code_lifetime: Duration::from_secs(60),
            id_token_lifetime: Duration::from_secs(60),
            access_token_lifetime: Duration::from_secs(60),
            auth_time: false,
            personas: personas::everyone().into_iter().filter(|one| !one.accounts.is_empty()).collect(),
            id_token_claims,
            userinfo_claims,
            check_request: self.check_request,
            routes: vec![self.payment_details],
            faults: FAULTS,
            ..Profile::generic(self.title)
        }
    }
}

fn metadata() -> Map<String, Value> {
    let members = [
        ("payment_details_info_endpoint", json!("/payment_details")),
        ("acr_values_supported", json!([ACR])),
        (
            "scopes_supported",
            json!([
                "openid",
                "profile",
                "address",
                "email",
                "phone",
                "payment_details",
                "age_over_18",
                "age_over_21",
                "age_over_25",
            ]),
        ),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What the banks refuse beside what every OpenID provider does.
fn check_request(params: &Params, idp_id: &str) -> Result<(), &'static str> {
    if params.one("identity_provider_id") != Some(idp_id) {
        return Err("identity_provider_id is missing or another bank's");
    }
    if params.one("idpartner_token") != Some(TOKEN) {
        return Err("idpartner_token did not come through unchanged");
    }
    Ok(())
}

fn id_token_claims(login: &Login<'_>) -> Claims {
    let mut told = Claims::new();
    if login.parameters.one("acr_values").is_some_and(|values| values.split(' ').any(|acr| acr == ACR)) {
        told.insert("acr".to_owned(), json!(ACR));
    }
    told
}

fn userinfo_claims(login: &Login<'_>) -> Claims {
    let mut told = claims::standard(login);
    for (scope, years) in [("age_over_18", 18), ("age_over_21", 21), ("age_over_25", 25)] {
        let age = login.authenticated_at.to_date().and_then(|today| login.persona.age_on(&today));
        if login.has_scope(scope) {
            told.insert(scope.to_owned(), json!(age.map(|age| age >= years)));
        }
    }
    if login.has_scope("payment_details") {
        let first = claims::payment_accounts(login).get(0).cloned();
        told.insert("payment_details".to_owned(), json!(first));
    }
    told
}

/// Specimen Bank tells all accounts, as an array.
fn specimen_accounts(bank: &OpenIdProvider, request: &SimulatedRequest) -> SimulatedResponse {
    bank.protected_document(SPECIMEN_ACCOUNTS, request, |login| {
        login.has_scope("payment_details").then(|| claims::payment_accounts(login))
    })
}

/// Placeholder Credit Union tells one account, as an object.
fn placeholder_accounts(bank: &OpenIdProvider, request: &SimulatedRequest) -> SimulatedResponse {
    bank.protected_document(PLACEHOLDER_ACCOUNTS, request, |login| {
        let accounts = claims::payment_accounts(login);
        login.has_scope("payment_details").then(|| accounts.get(0).cloned()).flatten()
    })
}
