//! What a sender gets that has asked too much, made once: a refusal costs a copy and no template.

use actix_web::{
    HttpRequest, HttpResponse,
    body::MessageBody,
    http::{
        StatusCode,
        header::{HeaderName, HeaderValue},
    },
    web::Bytes,
};
use tunnus_sdk::Locale;

use super::{
    browser,
    error::{Asked, oauth, rest},
    respond::plain_page,
    speaks_oauth,
    trace::TraceId,
};
use crate::{
    error::{Code, Error},
    flow::page::{Failure, Page},
    limits::Class,
};

/// Stands for the trace id until there is one.
const TRACE: &str = "00000000000000000000000000000000";

/// The refusals of every form.
#[derive(Clone)]
pub struct Refusals {
    pages: [(Locale, Refusal); 3],
    oauth: Refusal,
    rest: Refusal,
}

/// One form of a refusal.
#[derive(Clone)]
struct Refusal {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// What stands around each trace id.
    parts: Vec<Bytes>,
}

impl Refusals {
    /// The refusals of the broker that is reached there.
    #[must_use]
    pub fn new(public_url: &str) -> Self {
        let error = Error::new(Code::RateLimited);
        let page = |locale| {
            let page = Page::Failure(Box::new(Failure::new(error.code, TRACE.to_owned())));
            (locale, Refusal::of(plain_page(&page, locale)))
        };
        let asked = Asked { public_url, trace_id: TRACE };
        Self {
            pages: [Locale::En, Locale::Fi, Locale::Sv].map(page),
            oauth: Refusal::of(oauth(error.code.oauth_error(), &error, &asked)),
            rest: Refusal::of(rest(&error, TRACE)),
        }
    }

    /// The refusal that who has sent `request` understands.
    #[must_use]
    pub fn answer(&self, request: &HttpRequest, route: &str, class: Class) -> HttpResponse {
        self.form(request, route, class).with(&TraceId::of(request))
    }

    fn form(&self, request: &HttpRequest, route: &str, class: Class) -> &Refusal {
        match class {
            Class::Start | Class::Return => {
                let wanted = browser::locale(request, None);
                let found = self.pages.iter().find(|(locale, _)| *locale == wanted);
                found.map_or(&self.rest, |(_, page)| page)
            }
            Class::Call | Class::Admin if speaks_oauth(route) => &self.oauth,
            Class::Call | Class::Admin => &self.rest,
        }
    }
}

impl Refusal {
    fn of(response: HttpResponse) -> Self {
        let status = response.status();
        let headers = response.headers().iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        // The answers of our own are whole in memory.
        let body = response.into_body().try_into_bytes().unwrap_or_default();
        let text = String::from_utf8_lossy(&body);
        let parts = text.split(TRACE).map(|part| Bytes::copy_from_slice(part.as_bytes())).collect();
        Self { status, headers, parts }
    }

    fn with(&self, trace: &TraceId) -> HttpResponse {
        let mut response = HttpResponse::new(self.status);
        for (name, value) in &self.headers {
            response.headers_mut().insert(name.clone(), value.clone());
        }
        let parts: Vec<&[u8]> = self.parts.iter().map(AsRef::as_ref).collect();
        response.set_body(parts.join(trace.0.as_bytes())).map_into_boxed_body()
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn text(response: HttpResponse) -> String {
        String::from_utf8(response.into_body().try_into_bytes().unwrap().to_vec()).unwrap()
    }

    #[test]
    fn a_refusal_is_what_would_have_been_made_for_it() {
        let refusals = Refusals::new("https://id.example");
        for (language, locale) in [("fi", Locale::Fi), ("sv", Locale::Sv), ("de", Locale::En)] {
            let request = TestRequest::get().insert_header(("Accept-Language", language)).to_http_request();
            let shown = refusals.answer(&request, "/t/{tenant}/authorize", Class::Start);
            let failure = Failure::new(Code::RateLimited, TraceId::of(&request).0);
            let made = plain_page(&Page::Failure(Box::new(failure)), locale);
            assert_eq!((shown.status(), shown.headers().len()), (made.status(), made.headers().len()));
            for (name, value) in made.headers() {
                assert_eq!(shown.headers().get(name), Some(value), "{name}");
            }
            assert_eq!(text(shown), text(made), "{language}");
        }
    }

    #[test]
    fn each_refusal_shows_the_trace_id_of_its_own_request() {
        let refusals = Refusals::new("https://id.example");
        for (route, class) in [
            ("/t/{tenant}/return/{connection}/{leg}", Class::Return),
            ("/t/{tenant}/token", Class::Call),
            ("/t/{tenant}/jwks", Class::Call),
        ] {
            let request = TestRequest::get().to_http_request();
            actix_web::HttpMessage::extensions_mut(&request).insert(TraceId("4bf92f3577b34da6".to_owned()));
            let response = refusals.answer(&request, route, class);
            assert_eq!(response.headers().get("Retry-After").unwrap(), "5", "{route}");
            let text = text(response);
            assert!(text.contains("4bf92f3577b34da6") && !text.contains(TRACE), "{route}: {text}");
        }
    }
}
