use super::*;

const ALL: [ContentEncryption; 5] = [
    ContentEncryption::A128CbcHs256,
    ContentEncryption::A192CbcHs384,
    ContentEncryption::A256CbcHs512,
    ContentEncryption::A128Gcm,
    ContentEncryption::A256Gcm,
];

fn opened(content: ContentEncryption, key: &[u8], aad: &[u8], parts: &Parts) -> Option<Vec<u8>> {
    let sealed = Sealed::new(content, aad, [&parts.iv, &parts.ciphertext, &parts.tag])?;
    sealed.open(key).map(|plaintext| plaintext.to_vec())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    })
}

/// RFC 7518, appendix B: the tag covers the ciphertext, so that it stands for both.
#[test]
fn cbc_with_hmac_gives_the_answers_of_rfc_7518() {
    let plaintext = b"A cipher system must not be required to be secret, and it must be able to fall into \
                      the hands of the enemy without inconvenience";
    let aad = b"The second principle of Auguste Kerckhoffs";
    let iv = [0x1a, 0xf3, 0x8c, 0x2d, 0xc2, 0xb9, 0x6f, 0xfd, 0xd8, 0x66, 0x94, 0x09, 0x23, 0x41, 0xbc, 0x04];
    let cases = [
        (ContentEncryption::A128CbcHs256, "652c3fa36b0a7c5b3219fab3a30bc1c4"),
        (ContentEncryption::A192CbcHs384, "8490ac0e58949bfe51875d733f93ac2075168039ccc733d7"),
        (ContentEncryption::A256CbcHs512, "4dd3b4c088a7f45c216839645b2012bf2e6269a8c56a816dbc1b267761955bc5"),
    ];
    for (content, tag) in cases {
        let key: Vec<u8> = (0..).take(key_len(content)).collect();
        let parts = seal_with(content, &key, [aad, &iv], plaintext).unwrap();
        assert_eq!(hex(&parts.tag), tag, "{content:?}");
        assert_eq!(opened(content, &key, aad, &parts).unwrap(), plaintext);
    }
}

#[test]
fn what_is_sealed_opens_with_the_same_key_and_data_only() {
    for content in ALL {
        for len in [0, 1, 15, 16, 17, 4096] {
            let (key, plaintext) = (content_key(content).unwrap(), vec![7; len]);
            let parts = seal(content, &key, b"header", &plaintext).unwrap();
            assert_eq!(opened(content, &key, b"header", &parts), Some(plaintext), "{content:?}");
            assert_eq!(opened(content, &key, b"Header", &parts), None);
            assert_eq!(opened(content, &content_key(content).unwrap(), b"header", &parts), None);
        }
    }
}

#[test]
fn one_flipped_bit_anywhere_opens_nothing() {
    for content in ALL {
        let key = content_key(content).unwrap();
        let parts = seal(content, &key, b"header", &[7; 40]).unwrap();
        for part in 0..3 {
            let len = [&parts.iv, &parts.ciphertext, &parts.tag][part].len();
            for bit in 0..len * 8 {
                let mut flipped = [parts.iv.clone(), parts.ciphertext.clone(), parts.tag.clone()];
                flipped[part][bit / 8] ^= 1 << (bit % 8);
                let [iv, ciphertext, tag] = flipped;
                assert_eq!(opened(content, &key, b"header", &Parts { iv, ciphertext, tag }), None);
            }
        }
    }
}

#[test]
fn a_part_of_another_length_is_refused_before_any_key_is_used() {
    for content in ALL {
        let key = content_key(content).unwrap();
        let parts = seal(content, &key, b"", &[7; 40]).unwrap();
        for part in 0..3 {
            let right = [&parts.iv, &parts.ciphertext, &parts.tag][part].len();
            let is_gcm_text = part == 1 && matches!(kind(content), Kind::Gcm(_));
            for len in (0..right + 40).filter(|len| *len != right && !is_gcm_text) {
                if part == 1 && len % 16 == 0 && len > 0 {
                    continue;
                }
                let mut cut = [parts.iv.clone(), parts.ciphertext.clone(), parts.tag.clone()];
                cut[part].resize(len, 0);
                let [iv, ciphertext, tag] = &cut;
                assert!(
                    Sealed::new(content, b"", [iv, ciphertext, tag]).is_none(),
                    "{content:?} {part} {len}"
                );
            }
        }
    }
}

#[test]
fn a_content_key_of_another_length_opens_and_seals_nothing() {
    for content in ALL {
        let key = content_key(content).unwrap();
        let parts = seal(content, &key, b"", b"text").unwrap();
        for len in (0..=80).filter(|len| *len != key.len()) {
            assert_eq!(opened(content, &vec![0; len], b"", &parts), None);
            assert!(seal(content, &vec![0; len], b"", b"text").is_none());
        }
    }
}

#[test]
fn keys_and_vectors_are_fresh_each_time() {
    for content in ALL {
        let key = content_key(content).unwrap();
        assert_ne!(*key, *content_key(content).unwrap());
        assert_ne!(seal(content, &key, b"", b"").unwrap().iv, seal(content, &key, b"", b"").unwrap().iv);
    }
}

/// Hazard 10 of the library beneath: it leaves keys in freed memory.
#[test]
fn hazard_10_content_keys_and_plaintexts_wipe_themselves() {
    fn wipes_itself(_: &impl zeroize::ZeroizeOnDrop) {}
    let key = content_key(ContentEncryption::A256CbcHs512).unwrap();
    wipes_itself(&key);
    let parts = seal(ContentEncryption::A256CbcHs512, &key, b"", b"text").unwrap();
    let sealed =
        Sealed::new(ContentEncryption::A256CbcHs512, b"", [&parts.iv, &parts.ciphertext, &parts.tag]);
    wipes_itself(&sealed.unwrap().open(&key).unwrap());
}
