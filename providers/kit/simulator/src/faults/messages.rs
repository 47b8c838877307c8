//! Faults of a message's protection, the same for every message: downgrades, foreign keys, broken
//! bytes.

use tunnus_sdk::{Reason, Stage};

use super::{Deed, Expected, FaultRow, Message, Mishap};

/// The rows of one message: the prefix of their names, what sentences call it, itself, its stage.
macro_rules! mishaps {
    ($prefix:literal, $called:literal, $message:ident, $stage:ident) => {
        &[
            FaultRow {
                name: concat!($prefix, "_not_encrypted"),
                sentence: concat!($called, " is signed but not encrypted where both are due."),
                deed: Deed::Seal(Message::$message, Mishap::NotEncrypted),
                expect: &[Expected::rejected(Reason::NotEncrypted, Stage::$stage)],
            },
            FaultRow {
                name: concat!($prefix, "_encrypted"),
                sentence: concat!($called, " is encrypted where it must not be."),
                deed: Deed::Seal(Message::$message, Mishap::Encrypted),
                expect: &[Expected::rejected(Reason::NotSigned, Stage::$stage)],
            },
            FaultRow {
                name: concat!($prefix, "_unprotected"),
                sentence: concat!($called, " is a bare JSON object where a token is due."),
                deed: Deed::Seal(Message::$message, Mishap::Unprotected),
                expect: &[
                    Expected::rejected(Reason::NotEncrypted, Stage::$stage),
                    Expected::rejected(Reason::NotSigned, Stage::$stage),
                ],
            },
            FaultRow {
                name: concat!($prefix, "_unsigned_inside"),
                sentence: concat!($called, " is encrypted but not signed inside."),
                deed: Deed::Seal(Message::$message, Mishap::UnsignedInside),
                expect: &[Expected::rejected(Reason::NotSigned, Stage::$stage)],
            },
            FaultRow {
                name: concat!($prefix, "_alg_none"),
                sentence: concat!($called, " says alg none and has no signature."),
                deed: Deed::Seal(Message::$message, Mishap::AlgNone),
                expect: &[Expected::rejected(Reason::NotSigned, Stage::$stage)],
            },
            FaultRow {
                name: concat!($prefix, "_other_algorithm"),
                sentence: concat!($called, " is signed with an algorithm that was not agreed."),
                deed: Deed::Seal(Message::$message, Mishap::OtherAlgorithm),
                expect: &[Expected::rejected(Reason::Algorithm, Stage::$stage)],
            },
            FaultRow {
                name: concat!($prefix, "_hmac"),
                sentence: concat!($called, " is an HMAC under the text of the public key."),
                deed: Deed::Seal(Message::$message, Mishap::Hmac),
                expect: &[Expected::rejected(Reason::Algorithm, Stage::$stage)],
            },
            FaultRow {
                name: concat!($prefix, "_other_enc"),
                sentence: concat!($called, " is encrypted with a content encryption that was not agreed."),
                deed: Deed::Seal(Message::$message, Mishap::OtherContentEncryption),
                expect: &[Expected::rejected(Reason::Algorithm, Stage::$stage)],
            },
            FaultRow {
                name: concat!($prefix, "_rsa1_5"),
                sentence: concat!($called, " says that its content key travels by RSA1_5."),
                deed: Deed::Seal(Message::$message, Mishap::Rsa15),
                expect: &[Expected::rejected(Reason::Algorithm, Stage::$stage)],
            },
            FaultRow {
                name: concat!($prefix, "_other_recipient"),
                sentence: concat!($called, " is encrypted to somebody else's key."),
                deed: Deed::Seal(Message::$message, Mishap::OtherRecipient),
                expect: &[Expected::rejected(Reason::Decryption, Stage::$stage)],
            },
            FaultRow {
                name: concat!($prefix, "_broken_ciphertext"),
                sentence: concat!($called, " has one flipped bit in its ciphertext."),
                deed: Deed::Seal(Message::$message, Mishap::BrokenCiphertext),
                expect: &[Expected::rejected(Reason::Decryption, Stage::$stage)],
            },
            FaultRow {
                name: concat!($prefix, "_compressed"),
                sentence: concat!($called, " says that it is compressed."),
                deed: Deed::Seal(Message::$message, Mishap::Compressed),
                expect: &[Expected::rejected(Reason::Algorithm, Stage::$stage)],
            },
            FaultRow {
                name: concat!($prefix, "_critical"),
                sentence: concat!($called, " has a critical header that nobody knows."),
                deed: Deed::Seal(Message::$message, Mishap::Critical),
                expect: &[Expected::rejected(Reason::Algorithm, Stage::$stage)],
            },
            FaultRow {
                name: concat!($prefix, "_other_key"),
                sentence: concat!($called, " is signed with another key under the right kid."),
                deed: Deed::Seal(Message::$message, Mishap::OtherKey),
                expect: &[Expected::rejected(Reason::Signature, Stage::$stage)],
            },
            FaultRow {
                name: concat!($prefix, "_unknown_key"),
                sentence: concat!($called, " is signed with a key that is never published."),
                deed: Deed::Seal(Message::$message, Mishap::UnknownKey),
                expect: &[Expected::rejected(Reason::KeyUnknown, Stage::$stage)],
            },
            FaultRow {
                name: concat!($prefix, "_broken_signature"),
                sentence: concat!($called, " has claims that were exchanged after signing."),
                deed: Deed::Seal(Message::$message, Mishap::BrokenSignature),
                expect: &[Expected::rejected(Reason::Signature, Stage::$stage)],
            },
            FaultRow {
                name: concat!($prefix, "_other_type"),
                sentence: concat!($called, " says that it is an access token."),
                deed: Deed::Seal(Message::$message, Mishap::OtherType),
                expect: &[Expected::rejected(Reason::Malformed, Stage::$stage)],
            },
            FaultRow {
                name: concat!($prefix, "_truncated"),
                sentence: concat!($called, " ends in its middle."),
                deed: Deed::Seal(Message::$message, Mishap::Truncated),
                expect: &[Expected::rejected(Reason::Malformed, Stage::$stage)],
            },
        ]
    };
}

/// Of the JARM response.
pub(super) const AUTHORIZATION_RESPONSE: &[FaultRow] =
    mishaps!("jarm", "The authorization response", AuthorizationResponse, Callback);

/// Of the ID token.
pub(super) const ID_TOKEN: &[FaultRow] = mishaps!("id_token", "The ID token", IdToken, IdToken);

/// Of the userinfo response.
pub(super) const USERINFO: &[FaultRow] = mishaps!("userinfo", "The userinfo response", Userinfo, Userinfo);
