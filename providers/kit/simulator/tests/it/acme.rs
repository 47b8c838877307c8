//! A provider as a third party would write it, and its simulator: Acme, which uses what the
//! providers at hand leave unused.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tunnus_oidc::{
    AssertionAudience, AuthorizationParams, ClientAuth, Connection, Dialect, LoginHint, Profile as Upstream,
    RequestEncryption, RequestProtection, RequestRoute, ResponseMode, SignedRequest, TokenDemand,
    UserinfoDemand,
    claims::{ClaimReader, STANDARD, STANDARD_SCOPES, map, scopes},
};
use tunnus_sdk::{
    Assurance, Cause, ContentEncryption, CredentialNeeds, Definition, Descriptor, Encryption, Environment,
    Evidence, Floor, Host, Identity, KeyEncryption, Leg, Level, LoginRequest, Member, ProviderError, Reason,
    SettingsError, SetupStep, SigningAlgorithm, Stage, SubjectSource,
    identity::Contact,
    sandbox::{Sandbox, SandboxConnection, SandboxSite},
};
use tunnus_simulator::{
    Client, ClientAuthentication, Deed, Expected, FaultRow, JwksBehaviour, Message, MessageShape,
    OpenIdProvider, Profile, RequestDemand, RequestObject, ResponseDelivery, SimulatorError, faults::set,
    register,
};

const CONTENT: ContentEncryption = ContentEncryption::A256CbcHs512;

/// The ways in which Acme can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Manner {
    /// A secret in the body, plain parameters, a form that comes back, ES256.
    Modest,
    /// An assertion, a pushed and signed request, a signed userinfo.
    Pushed,
    /// A certificate, JARM, everything nested.
    Sealed,
    /// Signed JARM, not encrypted, and a posted request that is.
    Posted,
}

/// Settings of a connection to Acme.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The issuer.
    pub issuer: String,
    /// Our id there.
    pub client_id: String,
    /// How it is used.
    pub manner: Manner,
}

/// Acme.
pub struct Acme;

fn nested() -> TokenDemand {
    let encryption = Encryption { algorithm: KeyEncryption::RsaOaep, contents: vec![CONTENT] };
    TokenDemand::Nested(encryption, vec![SigningAlgorithm::PS256])
}

fn protected(token: TokenDemand) -> UserinfoDemand {
    UserinfoDemand::Protected {
        token,
        issuer_and_audience: tunnus_oidc::Presence::Required,
        any_media_type: false,
    }
}

/// What the toolkit carries out for these settings.
pub fn upstream(settings: &Settings) -> Upstream {
    let general = Upstream {
        endpoint_hosts: vec!["localhost:4011".to_owned()],
        cancel_codes: vec!["ACME-7".to_owned()],
        ..Upstream::new(&settings.issuer, &settings.client_id)
    };
    let es256 = SigningAlgorithm::ES256;
    let ps256 = SigningAlgorithm::PS256;
    match settings.manner {
        Manner::Modest => Upstream {
            request: RequestRoute::get(RequestProtection::Plain),
            client_auth: ClientAuth::SecretPost,
            response: ResponseMode::FormPost,
            id_token: TokenDemand::Signed(vec![es256]),
            ..general
        },
        Manner::Pushed => Upstream {
            request: RequestRoute::pushed(RequestProtection::Signed(SignedRequest::new(es256))),
            client_auth: ClientAuth::PrivateKeyJwt { algorithm: es256, audience: AssertionAudience::Issuer },
            userinfo: protected(TokenDemand::Signed(vec![SigningAlgorithm::RS256])),
            id_token: TokenDemand::Signed(vec![SigningAlgorithm::RS256]),
            ..general
        },
        Manner::Sealed => Upstream {
            request: RequestRoute::pushed(RequestProtection::Plain),
            client_auth: ClientAuth::MutualTls,
            response: ResponseMode::Jarm(nested()),
            id_token: nested(),
            userinfo: protected(nested()),
            ..general
        },
        Manner::Posted => Upstream {
            request: RequestRoute::post(RequestProtection::SignedThenEncrypted(
                SignedRequest::new(ps256),
                RequestEncryption { algorithm: KeyEncryption::RsaOaep, content: CONTENT, typ: Some("JWE") },
            )),
            client_auth: ClientAuth::SecretBasic { client_id_in_body: false },
            response: ResponseMode::Jarm(TokenDemand::Signed(vec![ps256])),
            ..general
        },
    }
}

impl Definition for Acme {
    type Settings = Settings;
    type Provider = Connection<Settings>;

    const DESCRIPTOR: Descriptor = Descriptor {
        id: "acme",
        title: "Acme",
        countries: &[],
        legs: &[Leg::CALLBACK],
        methods: &[],
        selects_method: false,
        claims: &[
            Member::FullName,
            Member::GivenName,
            Member::FamilyName,
            Member::BirthDate,
            Member::Email,
            Member::Phone,
            Member::Gender,
            Member::Address,
        ],
        subject: SubjectSource::Upstream,
        remembers_visitor: false,
    };

    fn check(settings: &Settings, _: Environment) -> Vec<SettingsError> {
        let has_id = !settings.client_id.is_empty();
        if has_id { Vec::new() } else { vec![SettingsError::new("/client_id", "must not be empty")] }
    }

    fn needs(settings: &Settings) -> CredentialNeeds {
        upstream(settings).needs()
    }

    fn floor(settings: &Settings) -> Floor {
        upstream(settings).floor()
    }

    fn setup(settings: &Settings) -> Vec<SetupStep> {
        vec![SetupStep::new("Client id", settings.client_id.as_str())]
    }

    fn build(settings: Settings, host: Arc<dyn Host>) -> Result<Self::Provider, ProviderError> {
        Ok(Connection::new(upstream(&settings), settings, host))
    }

    fn sandbox(site: &SandboxSite) -> Result<Option<Sandbox>, Cause> {
        Ok(Some(sandbox(site)?))
    }
}

impl Dialect for Settings {
    fn params(&self, login: &LoginRequest) -> Result<AuthorizationParams, ProviderError> {
        Ok(AuthorizationParams {
            scope: scopes(&login.claims, STANDARD_SCOPES),
            login_hint: LoginHint::of(login, false)?,
            ..AuthorizationParams::of(login)
        })
    }

    fn identity(&self, evidence: &Evidence, _: Environment) -> Result<Identity, ProviderError> {
        let reader = ClaimReader::new(evidence);
        let mapped = map(&reader, STANDARD)?;
        let has_at = |email: &Contact| email.value.expose_str().contains('@');
        if !mapped.attributes.email.as_ref().is_none_or(has_at) {
            return Err(ProviderError::rejected(Reason::ClaimsInconsistent, Stage::Normalise));
        }
        Ok(Identity {
            upstream: reader.subject()?,
            authenticated_at: evidence.received_at,
            method: None,
            assurance: Assurance { level: Level::Low, acr: reader.acr()?, amr: Vec::new() },
            attributes: mapped.attributes,
            provenance: mapped.provenance,
            transaction_id: None,
        })
    }
}

/// The faults that only Acme has.
pub const FAULTS: &[FaultRow] = &[FaultRow {
    name: "acme_email_broken",
    sentence: "The e-mail address is none.",
    deed: Deed::Claims(Message::Userinfo, |claims, _| set(claims, "email", "nowhere".into())),
    expect: &[Expected::rejected(Reason::ClaimsInconsistent, Stage::Normalise)],
}];

const MANNERS: [(Manner, &str); 4] = [
    (Manner::Modest, "acme-modest"),
    (Manner::Pushed, "acme-pushed"),
    (Manner::Sealed, "acme-sealed"),
    (Manner::Posted, "acme-posted"),
];

fn sandbox(site: &SandboxSite) -> Result<Sandbox, SimulatorError> {
    let (simulator, connections) = simulator(site)?;
    Ok(Sandbox { connections, simulator: Arc::new(simulator) })
}

/// Acme's simulator, and the connections to it.
pub fn simulator(site: &SandboxSite) -> Result<(OpenIdProvider, Vec<SandboxConnection>), SimulatorError> {
    let mut connections = Vec::new();
    let mut clients = Vec::new();
    for (manner, id) in MANNERS {
        let settings = json!({
            "issuer": site.address("/op"), "client_id": format!("client-of-{id}"), "manner": manner,
        });
        let registration = register::<Acme>(site, id, id, settings)?;
        clients.push(client(registration.settings.manner, registration.client));
        connections.push(registration.connection);
    }
    let profile = Profile {
        issuer_path: "/op",
        mtls_aliases: true,
        clients,
        jwks: JwksBehaviour::Changing,
        auth_time: false,
        cancel_code: "ACME-7",
        faults: FAULTS,
        ..Profile::generic("Acme")
    };
    Ok((OpenIdProvider::new(site, profile)?, connections))
}

fn client(manner: Manner, client: Client) -> Client {
    let ps256 = SigningAlgorithm::PS256;
    let es256 = SigningAlgorithm::ES256;
    let nested = MessageShape::Nested { signing: ps256, algorithm: KeyEncryption::RsaOaep, content: CONTENT };
    match manner {
        Manner::Modest => Client {
            authentication: ClientAuthentication::SecretPost,
            id_token: MessageShape::Signed(es256),
            ..client
        },
        Manner::Pushed => Client {
            authentication: ClientAuthentication::PrivateKeyJwt(es256),
            request: RequestDemand { pushed: true, object: RequestObject::Signed(es256) },
            userinfo: MessageShape::Signed(SigningAlgorithm::RS256),
            ..client
        },
        Manner::Sealed => Client {
            authentication: ClientAuthentication::MutualTls,
            request: RequestDemand { pushed: true, object: RequestObject::Absent },
            response: ResponseDelivery::Jarm(nested),
            id_token: nested,
            userinfo: nested,
            ..client
        },
        Manner::Posted => Client {
            request: RequestDemand {
                pushed: false,
                object: RequestObject::SignedThenEncrypted {
                    signing: ps256,
                    algorithm: KeyEncryption::RsaOaep,
                    contents: &[CONTENT],
                },
            },
            response: ResponseDelivery::Jarm(MessageShape::Signed(ps256)),
            id_token: MessageShape::Signed(ps256),
            ..client
        },
    }
}

mod conformance {
    use std::collections::BTreeSet;

    use super::{Acme, FAULTS};

    tunnus_simulator::conformance!(Acme, FAULTS);

    #[test]
    fn acme_meets_every_fault_there_is() {
        let report = tunnus_simulator::conformance::every_fault_fails_closed::<Acme>(FAULTS);
        let all: BTreeSet<String> =
            tunnus_simulator::faults::generic().map(|row| row.name.to_owned()).collect();
        let missed: Vec<_> = all.difference(report.touched()).collect();
        assert!(missed.is_empty(), "{missed:?}");
    }
}
