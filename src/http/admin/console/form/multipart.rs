//! A form with files, as browsers send it (RFC 7578). The body is whole in memory and no longer than
//! that of any form; what is not written as browsers write it is no form.

/// How many parts a form has at most.
const MOST: usize = 64;

/// One input of a form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Whether it is a file. What the file is called is nobody's business.
    pub(super) is_file: bool,
    /// What it holds.
    pub(super) content: &'a [u8],
}

/// The inputs of a body; none where it is no such form.
pub(super) fn parts<'a>(content_type: &str, body: &'a [u8]) -> Option<Vec<Part<'a>>> {
    let first = format!("--{}", boundary(content_type)?);
    let next = format!("\r\n{first}");
    let mut rest = body.strip_prefix(first.as_bytes())?;
    let mut parts = Vec::new();
    while let Some(one) = rest.strip_prefix(b"\r\n") {
        if parts.len() >= MOST {
            return None;
        }
        let (part, behind) = split(one, next.as_bytes())?;
        parts.push(Part::of(part)?);
        rest = behind;
    }
    matches!(rest, b"--" | b"--\r\n").then_some(parts)
}

/// What stands between two parts.
fn boundary(content_type: &str) -> Option<&str> {
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=")?;
    let is_plain = boundary.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    ((1..=70).contains(&boundary.len()) && is_plain).then_some(boundary)
}

impl<'a> Part<'a> {
    fn of(part: &'a [u8]) -> Option<Self> {
        let (head, content) = split(part, b"\r\n\r\n")?;
        let mut lines = std::str::from_utf8(head).ok()?.split("\r\n");
        let said = lines.find_map(|line| line.strip_prefix("Content-Disposition: form-data; name=\""))?;
        let (name, file) = said.split_once('"')?;
        let is_file = file.starts_with("; filename=\"");
        (is_file || file.is_empty()).then_some(Self { name, is_file, content })
    }
}

/// What stands before and behind the first `at`.
fn split<'a>(bytes: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let found = bytes.windows(at.len()).position(|window| window == at)?;
    Some((bytes.get(..found)?, bytes.get(found + at.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=--X";

    fn body(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut body = Vec::new();
        for (said, content) in parts {
            body.extend(format!("----X\r\nContent-Disposition: form-data; {said}\r\n\r\n").bytes());
            body.extend(*content);
            body.extend(b"\r\n");
        }
        body.extend(b"----X--\r\n");
        body
    }

    #[test]
    fn what_a_browser_sends_is_read_byte_for_byte() {
        let bytes = b"\x30\x82\r\n\r\n--X\r\n\0\xff";
        let said = "name=\"file\"; filename=\"a\"; name=b.p12\"\r\nContent-Type: application/x-pkcs12";
        let body = body(&[("name=\"csrf\"", b"a"), (said, bytes), ("name=\"none\"; filename=\"\"", b"")]);
        let part = |name, is_file, content| Part { name, is_file, content };
        let read = parts(TYPE, &body).unwrap();
        assert_eq!(read, [part("csrf", false, b"a"), part("file", true, bytes), part("none", true, b"")]);
    }

    #[test]
    fn what_no_browser_sends_is_no_form() {
        let good = body(&[("name=\"a\"", b"1")]);
        assert!(parts(TYPE, &good).is_some());
        for bad_type in ["multipart/form-data", "multipart/form-data; boundary=", "text/plain; boundary=--X"]
        {
            assert_eq!(parts(bad_type, &good), None, "{bad_type}");
        }
        for end in 0..good.len() - 4 {
            assert_eq!(parts(TYPE, &good[..end]), None, "cut off at {end}");
        }
        for said in ["name=a", "filename=\"x\"", "name=\"a\" ; filename=\"x\"", "name=\"a"] {
            assert_eq!(parts(TYPE, &body(&[(said, b"1")])), None, "{said}");
        }
        let many = vec![("name=\"a\"", b"1".as_slice()); MOST + 1];
        assert_eq!(parts(TYPE, &body(&many)), None);
    }
}
