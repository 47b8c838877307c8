use super::*;

fn signature(algorithms: &[SigningAlgorithm]) -> Signature {
    let jwks_uri = Url::parse("https://op.example/jwks").unwrap();
    let keys = KeySource { issuer: "https://op.example".to_owned(), jwks_uri, channel: Channel::Direct };
    Signature { algorithms: algorithms.to_vec(), keys }
}

fn nested(contents: &[ContentEncryption]) -> Protection {
    let encryption = Encryption { algorithm: KeyEncryption::RsaOaep, contents: contents.to_vec() };
    Protection::Nested(encryption, signature(&[SigningAlgorithm::RS256]))
}

fn expect(kind: TokenKind, protection: Protection) -> Expect {
    Expect { kind, stage: Stage::IdToken, protection }
}

fn floor() -> Floor {
    let demand = Demand {
        shape: Shape::Nested,
        signing: vec![SigningAlgorithm::RS256],
        key_encryption: vec![KeyEncryption::RsaOaep],
        content_encryption: vec![ContentEncryption::A128CbcHs256],
    };
    Floor { id_token: Some(demand.clone()), userinfo: Some(demand), ..Floor::default() }
}

#[test]
fn what_the_connection_demands_is_permitted() {
    assert!(floor().permits(&expect(TokenKind::IdToken, nested(&[ContentEncryption::A128CbcHs256]))));
}

#[test]
fn anything_weaker_is_not() {
    let weaker = [
        Protection::Plain,
        Protection::Signed(signature(&[SigningAlgorithm::RS256])),
        nested(&[]),
        nested(&[ContentEncryption::A256Gcm]),
        nested(&[ContentEncryption::A128CbcHs256, ContentEncryption::A256Gcm]),
    ];
    for protection in weaker {
        assert!(!floor().permits(&expect(TokenKind::IdToken, protection.clone())), "{protection:?}");
        assert!(!floor().permits(&expect(TokenKind::Userinfo, protection)));
    }
}

#[test]
fn a_kind_without_a_demand_is_never_opened() {
    let jarm = expect(TokenKind::AuthorizationResponse, nested(&[ContentEncryption::A128CbcHs256]));
    assert!(!floor().permits(&jarm));
}

#[test]
fn an_empty_list_of_algorithms_permits_nothing() {
    let demand =
        Demand { shape: Shape::Signed, signing: vec![], key_encryption: vec![], content_encryption: vec![] };
    let floor = Floor { id_token: Some(demand), ..Floor::default() };
    assert!(!floor.permits(&expect(TokenKind::IdToken, Protection::Signed(signature(&[])))));
    assert!(
        !floor
            .permits(&expect(TokenKind::IdToken, Protection::Signed(signature(&[SigningAlgorithm::RS256]))))
    );
}
