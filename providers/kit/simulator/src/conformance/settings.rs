//! What a provider says of itself: its settings, the doctor's answers, and nothing private in debug
//! output.

use serde_json::{Value, json};
use tunnus_sdk::{
    CredentialNeeds, Credentials, Definition, Environment, Finding, Severity, SigningAlgorithm,
};

use super::{
    Report,
    attempt::{Ending, Next, block_on, hinted, resume, start},
    fresh, on_each_connection,
};
use crate::{Click, Setup, personas};

/// The sandbox's settings pass the provider's own check, its schema describes every setting, a word
/// too many is refused, and the credentials are those that the settings need.
#[must_use]
pub fn settings_are_described<D: Definition>() -> Report {
    on_each_connection::<D>(|bench, connection, report| {
        let id = &connection.id;
        let definition = &bench.definition;
        let faults = definition.check(&connection.settings, Environment::Sandbox);
        report.demand(faults.is_empty(), || format!("{id}: the settings have faults: {faults:?}"));
        let schema = definition.schema().to_value();
        check_schema(id, &schema, &connection.settings, report);
        let mut settings = connection.settings.clone();
        if let Some(members) = settings.as_object_mut() {
            members.insert("no_such_setting".to_owned(), json!(true));
        }
        let refused = !definition.check(&settings, Environment::Sandbox).is_empty();
        report.demand(refused, || format!("{id}: an unknown setting is taken"));
        let needs = definition.needs(&connection.settings);
        let has_all = needs.is_some_and(|needs| fit(needs, &connection.credentials));
        report.demand(has_all, || format!("{id}: the credentials are not those that are needed"));
        report.demand(!definition.setup(&connection.settings).is_empty(), || format!("{id}: no setup sheet"));
        Ok(())
    })
}

/// The doctor finds nothing where all is well, and finds out when the upstream is not.
#[must_use]
pub fn probe_sees_faults<D: Definition>() -> Report {
    on_each_connection::<D>(|bench, connection, report| {
        let worst = |fault: Option<&str>| -> Result<Option<Severity>, String> {
            bench.sandbox.simulator.set_fault(fault);
            let setup = fresh(bench, connection);
            let findings = setup.and_then(|setup| block_on(setup.provider.probe()));
            bench.sandbox.simulator.set_fault(None);
            Ok(findings?.iter().map(|finding: &Finding| finding.severity).max())
        };
        let id = &connection.id;
        let well = worst(None)?;
        report
            .demand(well == Some(Severity::Fine), || format!("{id}: all is well, the doctor says {well:?}"));
        for fault in ["discovery_server_error", "discovery_other_issuer", "jwks_server_error"] {
            let found = worst(Some(fault))?;
            report.demand(found > Some(Severity::Fine), || format!("{id}: {fault} escapes the doctor"));
        }
        Ok(())
    })
}

/// Nothing of a person, a token or a secret stands in the debug output of anything that a login makes.
#[must_use]
pub fn debug_shows_nothing_private<D: Definition>() -> Report {
    on_each_connection::<D>(|bench, connection, report| {
        for id in bench.sandbox.simulator.personas() {
            let persona = personas::find(id).ok_or_else(|| format!("{id} is no persona"))?;
            let setup = fresh(bench, connection)?;
            let (printed, secrets) = block_on(print_all(&setup, id))?;
            let private = persona.private_values().into_iter().map(str::to_owned).chain(secrets);
            for value in private.filter(|value| value.len() > 3) {
                let shown = printed.iter().find(|text| text.contains(&value));
                report.demand(shown.is_none(), || {
                    format!(
                        "{}/{id}: private in {:?}",
                        connection.id,
                        shown.and_then(|text| text.split('(').next())
                    )
                });
            }
        }
        Ok(())
    })
}

/// The debug output of every value of one login, and the secrets that were in it.
async fn print_all(setup: &Setup, persona: &str) -> (Vec<String>, Vec<String>) {
    let request = hinted(setup, Some("070770-905D"));
    let mut printed = vec![format!("{request:?}")];
    let mut secrets = vec![request.state.expose_str().to_owned(), "070770-905D".to_owned()];
    let request = setup.login_for_all();
    let click = Click::Persona(persona);
    let mut next = start(setup, request, click).await;
    while let Next::Back(waiting) = next {
        printed.push(format!("{:?} {:?} {:?}", waiting.login, waiting.state, waiting.inbound));
        secrets.push(waiting.login.state.expose_str().to_owned());
        secrets.extend(waiting.inbound.params.one("code").map(str::to_owned));
        let mut foreign = (*waiting).clone();
        foreign.login.state = "another".into();
        foreign.inbound.params =
            [("state", "another-value-of-state"), ("code", "code-of-another")].into_iter().collect();
        let error = setup.provider.resume(&foreign.login, foreign.state, foreign.inbound).await.err();
        printed.extend(error.map(|error| format!("{error:?} {error}")));
        next = resume(setup, *waiting, click).await;
    }
    if let Next::End(Ending::Identified(evidence, identity)) = next {
        printed.push(format!("{evidence:?} {identity:?}"));
    }
    (printed, secrets)
}

fn check_schema(id: &str, schema: &Value, settings: &Value, report: &mut Report) {
    let properties = schema.get("properties").and_then(Value::as_object);
    let closed = schema.get("additionalProperties") == Some(&json!(false));
    report.demand(closed, || format!("{id}: the schema takes unknown settings"));
    let Some(properties) = properties else {
        report.note(format!("{id}: the schema has no properties"));
        return;
    };
    for (name, property) in properties {
        let has_text = |property: &Value| property.get("description").is_some();
        report.demand(has_text(property), || format!("{id}: setting {name} has no description"));
    }
    for name in settings.as_object().into_iter().flat_map(serde_json::Map::keys) {
        report.demand(properties.contains_key(name), || format!("{id}: the schema lacks {name}"));
    }
}

/// Whether the credentials are of just the kinds needed.
fn fit(needs: CredentialNeeds, credentials: &Credentials) -> bool {
    let signs = |algorithm: SigningAlgorithm| {
        credentials
            .signing
            .iter()
            .any(|key| tunnus_jose::SigningKey::parse(key).is_ok_and(|key| key.supports(algorithm)))
    };
    needs.client_secret == credentials.client_secret.is_some()
        && needs.decryption != credentials.decryption.is_empty()
        && needs.certificate == credentials.certificate.is_some()
        && needs.signing.map_or(credentials.signing.is_empty(), signs)
}
