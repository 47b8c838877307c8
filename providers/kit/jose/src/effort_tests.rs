use openssl::{pkcs12::Pkcs12, pkey::PKey, rsa::Rsa, symm::Cipher};

use super::*;

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x82], &length[..], content].concat()
}

fn salted(numbers: &[u64]) -> Vec<u8> {
    let numbers = numbers.iter().flat_map(|number| der(INTEGER, &[&[0], &number.to_be_bytes()[..]].concat()));
    der(SEQUENCE, &[der(OCTETS, b"salt"), numbers.collect()].concat())
}

/// The same without a length, its end marked.
fn unmeasured(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, 0x80], content, &[0, 0]].concat()
}

#[test]
fn rounds_are_counted_wherever_a_salt_stands_before_them() {
    assert_eq!(cost(&salted(&[2_048]), DEPTH), 2_048);
    assert_eq!(cost(&salted(&[2_048, 32]), DEPTH), 2_048, "with the length of the key");
    assert_eq!(cost(&salted(&[16_384, 8, 2]), DEPTH), 16_384 * 8 * 2, "scrypt");
    assert_eq!(cost(&salted(&[16_384, 8, 2, 32]), DEPTH), 16_384 * 8 * 2);
    assert_eq!(cost(&[salted(&[7]), salted(&[8])].concat(), DEPTH), 15, "one after the other");
    assert_eq!(cost(&der(SEQUENCE, &der(OCTETS, &salted(&[9]))), DEPTH), 9, "within octets");
    assert_eq!(cost(&der(0xa0, &salted(&[9])), DEPTH), 9);
    let mac = der(SEQUENCE, &[der(SEQUENCE, &[]), der(OCTETS, b"salt"), der(INTEGER, &[5])].concat());
    assert_eq!(cost(&mac, DEPTH), 5, "the MAC of PKCS#12");
}

#[test]
fn what_openssl_reads_hides_nothing() {
    let hard = salted(&[u64::from(u32::MAX)]);
    let pieces = [der(OCTETS, &hard[..9]), der(OCTETS, &hard[9..])].concat();
    for (hidden, how) in [
        (unmeasured(SEQUENCE, &hard), "no length"),
        (unmeasured(SEQUENCE, &unmeasured(0xa0, &unmeasured(PIECES, &pieces))), "in pieces"),
        (der(PIECES, &pieces), "in pieces with a length"),
        (der(PIECES, &der(PIECES, &pieces)), "in pieces of pieces"),
        ([der(SEQUENCE, &hard), vec![0xff; 9]].concat(), "before junk"),
        ([[0x30, 0x80].repeat(100), [0, 0].repeat(100), hard.clone()].concat(), "behind what is deep"),
        (
            der(0xbf, &hard)
                .into_iter()
                .enumerate()
                .flat_map(|(at, byte)| if at == 0 { vec![byte, 0x81, 0x01] } else { vec![byte] })
                .collect(),
            "under a long tag",
        ),
        (salted(&[u64::MAX]), "more than there can be"),
        (salted(&[65_536, u64::MAX, 2]), "a product that overflows"),
        (der(SEQUENCE, &[der(OCTETS, b"salt"), der(INTEGER, &[0xff])].concat()), "negative"),
        (der(SEQUENCE, &[der(OCTETS, b"salt"), der(INTEGER, &[1; 9])].concat()), "longer than a number"),
        (
            der(SEQUENCE, &[der(OCTETS, b"salt"), der(INTEGER, &[1, 0, 0, 0, 0, 0, 0, 0, 0])].concat()),
            "longer than a number, its end zeros",
        ),
        (
            der(SEQUENCE, &[der(PIECES, &der(OCTETS, b"salt")), der(INTEGER, &[0x7f; 4])].concat()),
            "behind a salt in pieces",
        ),
        ((0..60).fold(hard.clone(), |inner, _| der(SEQUENCE, &inner)), "deep"),
        ((0..200).fold(vec![], |inner, _| der(SEQUENCE, &inner)), "deeper than anybody looks"),
        ((0..500).flat_map(|_| salted(&[5_000])).collect(), "little by little"),
    ] {
        assert!(!is_bounded(&hidden), "{how}");
    }
}

#[test]
fn what_programs_write_is_bounded_and_what_is_nothing_costs_nothing() {
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let pem = key.private_key_to_pkcs8_passphrase(Cipher::aes_256_cbc(), b"secret").unwrap();
    assert_eq!(cost(&pem, DEPTH), 2_048);
    let p12 = Pkcs12::builder().pkey(&key).build2("secret").unwrap().to_der().unwrap();
    assert!((2_048..10_000).contains(&cost(&p12, DEPTH)));
    for nothing in [&[][..], &[0x30], &[0x30, 0x80], &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], &[0xff; 100]] {
        assert_eq!(cost(nothing, DEPTH), 0);
    }
}

#[test]
fn looking_takes_no_longer_than_the_file_is_long() {
    // Each of these would take for ever if a level were looked at more than once.
    let nested = |tag: u8| (0..28).fold(b"x".to_vec(), |inner, _| der(tag, &der(OCTETS, &inner)));
    assert_eq!(cost(&nested(PIECES), DEPTH), 0);
    assert_eq!(cost(&nested(SEQUENCE), DEPTH), 0);
    let endless = [0x30, 0x80].repeat(16 * 1024);
    assert_eq!(cost(&endless, DEPTH), 0, "it never ends, and OpenSSL reads no such thing");
}
