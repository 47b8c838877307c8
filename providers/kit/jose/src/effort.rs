//! What opening a protected key would cost, read from its ASN.1 before anything is opened.
//!
//! A passphrase is made into a key in as many rounds as the file says, and who made the file chose
//! the number. Wherever rounds stand, in PBES1, PBKDF2, scrypt or the MAC of PKCS#12, they are the
//! integers after a salt: so they are found by that, whatever the algorithm is called. What is
//! protected twice shows its inner rounds only once it is open.
//!
//! It reads all that OpenSSL reads, BER too: what would be hidden here must be hidden there.

/// The most rounds of a whole file: some seconds on one core. What programs write by themselves
/// is 2,048 to 600,000 for each protected part.
const MOST: u64 = 2_000_000;
/// How deep a file is looked into. OpenSSL itself follows no more than thirty levels.
const DEPTH: usize = 64;

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const SEQUENCE: u8 = 0x30;
/// Octets in pieces (BER).
const PIECES: u8 = 0x24;
const CONSTRUCTED: u8 = 0x20;

/// Whether opening what `ber` holds takes no more than it may.
pub fn is_bounded(ber: &[u8]) -> bool {
    cost(ber, DEPTH) <= MOST
}

/// The rounds of all that stands one after the other in `bytes`.
fn cost(bytes: &[u8], depth: usize) -> u64 {
    let Some(depth) = depth.checked_sub(1) else { return u64::MAX };
    let within = Elements(bytes).map(|one| match one.tag {
        OCTETS => cost(one.content, depth),
        PIECES => cost(&joined(one.content, depth), depth),
        tag if tag & CONSTRUCTED != 0 => {
            let rounds = if tag == SEQUENCE { rounds(one.content) } else { 0 };
            rounds.saturating_add(cost(one.content, depth))
        }
        _ => 0,
    });
    within.fold(0, u64::saturating_add)
}

/// The rounds that stand in a sequence itself: after a salt, one number is rounds, perhaps with a
/// length, and three are those of scrypt, which are multiplied.
fn rounds(sequence: &[u8]) -> u64 {
    let is_salt = |one: &Element<'_>| matches!(one.tag, OCTETS | PIECES);
    let after = Elements(sequence).skip_while(|one| !is_salt(one)).skip(1);
    let numbers: Vec<u64> =
        after.take_while(|one| one.tag == INTEGER).map(|one| number(one.content)).collect();
    match numbers.as_slice() {
        [] => 0,
        [rounds] | [rounds, _] => *rounds,
        [cost, block, parallel, ..] => cost.saturating_mul(*block).saturating_mul(*parallel),
    }
}

/// A number, the largest there is where it is larger or negative.
fn number(bytes: &[u8]) -> u64 {
    let digits: &[u8] =
        bytes.iter().position(|byte| *byte != 0).and_then(|at| bytes.get(at..)).unwrap_or(&[]);
    let is_negative = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
    if is_negative || digits.len() > 8 {
        return u64::MAX;
    }
    digits.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The octets of which the pieces are given.
fn joined(pieces: &[u8], depth: usize) -> Vec<u8> {
    let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
    let one = |piece: Element<'_>| match piece.tag {
        PIECES => joined(piece.content, depth),
        _ => piece.content.to_vec(),
    };
    Elements(pieces).flat_map(one).collect()
}

/// One element: its tag, as far as it is one byte, and what stands in it.
struct Element<'a> {
    tag: u8,
    content: &'a [u8],
}

/// Elements one after the other, up to what is none.
struct Elements<'a>(&'a [u8]);

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let (element, rest) = element(self.0)?;
        self.0 = rest;
        Some(element)
    }
}

/// The first element of `bytes`, and what follows it.
fn element(bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let Header { tag, length, rest } = header(bytes)?;
    let (content, rest) = match length {
        Some(length) => rest.split_at_checked(length)?,
        None => up_to_its_end(rest)?,
    };
    Some((Element { tag, content }, rest))
}

/// What an element begins with.
struct Header<'a> {
    tag: u8,
    /// None where two zeros mark the end.
    length: Option<usize>,
    rest: &'a [u8],
}

fn header(bytes: &[u8]) -> Option<Header<'_>> {
    let (&tag, mut rest) = bytes.split_first()?;
    if tag & 0x1f == 0x1f {
        // The number of the tag goes on until a byte without the high bit.
        let last = rest.iter().position(|byte| byte & 0x80 == 0)?;
        (_, rest) = rest.split_at_checked(last.checked_add(1)?)?;
    }
    let (&first, rest) = rest.split_first()?;
    if first <= 0x80 {
        return Some(Header { tag, length: (first != 0x80).then_some(first.into()), rest });
    }
    let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
    let add = |number: usize, byte: &u8| number.checked_mul(256)?.checked_add(usize::from(*byte));
    Some(Header { tag, length: Some(length.iter().try_fold(0, add)?), rest })
}

/// What stands before the two zeros that end an element, and what stands behind them. What has no
/// length either may stand within it, as deep as anybody likes.
fn up_to_its_end(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mut rest, mut open) = (bytes, 1_usize);
    loop {
        if let Some(after) = rest.strip_prefix(&[0, 0]) {
            open = open.checked_sub(1)?;
            if open == 0 {
                return Some((bytes.get(..bytes.len().checked_sub(rest.len())?)?, after));
            }
            rest = after;
            continue;
        }
        let inner = header(rest)?;
        rest = match inner.length {
            Some(length) => inner.rest.get(length..)?,
            None => inner.rest,
        };
        open = open.checked_add(usize::from(inner.length.is_none()))?;
    }
}

#[cfg(test)]
#[path = "effort_tests.rs"]
mod tests;
