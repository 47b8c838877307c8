use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::digest::{SHA256, digest};
use tunnus_sdk::{BrowserRequest, LocalizedText};
use url::Url;

use super::*;
use crate::error::Code;

const LOCALES: [Locale; 3] = [Locale::Fi, Locale::Sv, Locale::En];

/// A name that tries everything at once.
const HOSTILE: &str = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(1)>&lt;{{7*7}}\u{202e}";

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn branding() -> Branding {
    Branding {
        name: LocalizedText { fi: Some("Acme Oy".to_owned()), sv: None, en: Some("Acme Ltd".to_owned()) },
        logo_url: Some(url("https://acme.example/logo.svg")),
        accent_colour: Some("#003580".to_owned()),
        support: Some("tuki@acme.example".to_owned()),
    }
}

fn choice(name: &str) -> Choice {
    Choice {
        disturbed: false,
        name: name.to_owned(),
        to: Some(BrowserRequest::Get(url("https://id.example/t/acme/authorize?connection=ftn&x=1"))),
        notice: None,
    }
}

fn failure(code: Code) -> Failure {
    Failure {
        code,
        trace_id: "0af7651916cd43dd8448eb211c80319c".to_owned(),
        app: Some("Acme Shop".to_owned()),
        again: None,
        another: Some(url("https://id.example/t/acme/identify/T")),
        back: Some(BrowserRequest::Get(url("https://shop.example/cb?error=access_denied&state=1"))),
    }
}

fn fields(name: &str, value: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), value.to_owned())]
}

/// Every kind of page, with `name` wherever a foreign text can stand.
fn pages(name: &str) -> Vec<Page> {
    let (app, here) = (name.to_owned(), url("https://id.example/t/acme/return/ftn/callback"));
    let mut with_notice = choice(name);
    with_notice.notice = Some(name.to_owned());
    let back = Some(url("https://shop.example/"));
    let failed = Failure { app: Some(app.clone()), trace_id: name.to_owned(), ..failure(Code::Internal) };
    let form = || BrowserRequest::Post { action: here.clone(), fields: fields(name, name) };
    let by_form = Failure { again: Some(form()), back: Some(form()), ..failed.clone() };
    let mut pages = vec![
        Page::Chooser { app: app.clone(), choices: vec![with_notice, choice("Mobiilivarmenne")], back },
        Page::Chooser { app: app.clone(), choices: Vec::new(), back: None },
        Page::Waiting { choices: vec![choice(name), choice("Acme Shop")] },
        Page::Waiting { choices: vec![Choice { to: Some(form()), ..choice(name) }, choice("Acme Shop")] },
        Page::Working { again: BrowserRequest::Get(here.clone()) },
        Page::Working { again: form() },
        Page::WithoutCookies { retry: here.clone() },
        Page::SelfPost { action: here.clone(), fields: fields(name, name) },
        Page::Failure(Box::new(failed)),
        Page::Failure(Box::new(by_form)),
        Page::Landing { app: app.clone(), proceed: here.clone() },
        Page::Trial { connection: app.clone(), proceed: here.clone() },
        Page::Tried { success: true, report: Some(here.clone()) },
        Page::Tried { success: false, report: None },
        Page::Done { app: app.clone(), success: true },
        Page::Done { app, success: false },
        Page::NotFound,
        Page::TopLevel { url: here },
    ];
    pages.extend(Code::ALL.map(|code| Page::Failure(Box::new(failure(code)))));
    pages
}

/// Every page in every language, in a look that has all and in one that has nothing.
fn rendered(name: &str) -> Vec<(Locale, Rendered)> {
    let named = Branding {
        name: LocalizedText { en: Some(name.to_owned()), ..LocalizedText::default() },
        ..branding()
    };
    let supported = Branding {
        support: Some(name.to_owned()),
        accent_colour: Some(name.to_owned()),
        ..Branding::default()
    };
    let mut all = Vec::new();
    for branding in [&named, &supported, &branding(), &Branding::default()] {
        for locale in LOCALES {
            let look = Look { locale, branding };
            all.extend(pages(name).iter().map(|page| (locale, render(page, &look))));
        }
    }
    all
}

fn in_finnish(page: &Page) -> Rendered {
    render(page, &Look { locale: Locale::Fi, branding: &branding() })
}

/// What stands between `<name …>` and `</name>`, for each such element.
fn elements<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let opening = format!("<{name}");
    let found = html.split(opening.as_str()).skip(1).filter(|rest| rest.starts_with([' ', '>']));
    found.map(|rest| rest.split_once('>').unwrap().1.split(&format!("</{name}>")).next().unwrap()).collect()
}

/// The tags of a document, checked to be nested as they should.
fn tags(html: &str) -> Vec<&str> {
    const VOID: [&str; 8] = ["!doctype", "meta", "img", "input", "circle", "path", "link", "br"];
    let outside = elements(html, "style").into_iter().chain(elements(html, "script"));
    assert!(outside.into_iter().all(|content| !content.contains('<')));
    let mut open = Vec::new();
    let tags: Vec<_> = html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap()).collect();
    for tag in &tags {
        let name = tag.split([' ', '/', '\n']).find(|part| !part.is_empty()).unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{html}");
        } else if !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<&str>::new(), "{html}");
    tags
}

/// A tag without the values of its attributes.
fn unquoted(tag: &str) -> String {
    tag.split('"').step_by(2).collect()
}

fn source_of(content: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, content.as_bytes())))
}

fn check_document(locale: Locale, html: &str) {
    let tags = tags(html);
    let count = |start: &str| {
        tags.iter().filter(|tag| **tag == start || tag.starts_with(&format!("{start} "))).count()
    };
    assert!(html.starts_with(&format!("<!doctype html>\n<html lang=\"{}\">", locale.tag())), "{html}");
    for once in ["h1", "main", "header", "title", "html", "body", "style"] {
        assert_eq!(count(once), 1, "{once}: {html}");
    }
    assert!(elements(html, "title").iter().chain(&elements(html, "h1")).all(|text| !text.trim().is_empty()));
    assert!(elements(html, "a").iter().all(|text| !text.trim().is_empty()), "{html}");
    assert!(
        tags.iter()
            .filter(|tag| tag.starts_with("img"))
            .all(|tag| tag.contains(" alt=\"") && !tag.contains("alt=\"\""))
    );
    assert!(tags.iter().filter(|tag| tag.starts_with("input")).all(|tag| tag.contains("type=\"hidden\"")));
    assert!(tags.iter().filter(|tag| tag.starts_with("svg")).all(|tag| tag.contains("aria-hidden=\"true\"")));
    assert!(
        tags.iter().all(|tag| !unquoted(tag).contains(" style=") && !unquoted(tag).contains(" on")),
        "{html}"
    );
}

#[test]
fn every_page_in_every_language_is_a_whole_document_with_one_heading() {
    for (locale, page) in rendered("Acme Shop") {
        check_document(locale, &page.html);
    }
}

#[test]
fn a_hostile_name_stays_text_on_every_page() {
    for (locale, page) in rendered(HOSTILE) {
        check_document(locale, &page.html);
        for live in ["<script>alert", "<img src=x", "onerror=alert(1)>"] {
            assert!(!page.html.contains(live), "{live}: {}", page.html);
        }
        // The fields of a form are nobody's to change; all that is seen reads from left to right.
        let seen = page.html.lines().filter(|line| !line.starts_with("<input"));
        assert!(seen.into_iter().all(|line| !line.contains('\u{202e}')), "{}", page.html);
    }
}

#[test]
fn the_policy_allows_what_the_page_holds_and_nothing_else() {
    for (_, Rendered { html, content_security_policy: policy, .. }) in rendered(HOSTILE) {
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(policy.contains(&source_of(elements(&html, "style")[0])), "{policy}");
        let scripts = elements(&html, "script");
        assert_eq!(policy.contains("script-src"), !scripts.is_empty());
        assert!(scripts.iter().all(|script| policy.contains(&source_of(script))), "{policy}");
        let forms = elements(&html, "form");
        assert_eq!(policy.contains("form-action 'none'"), forms.is_empty(), "{policy}");
        // A form sends itself only where it stands alone.
        assert!(scripts.is_empty() || forms.len() == 1, "{html}");
        assert!(forms.iter().all(|form| form.contains("type=\"submit\">")), "{html}");
        assert_eq!(policy.contains("; img-src https: data:"), html.contains("<img "), "{policy}");
        assert!(policy.contains("; base-uri 'none'") && !policy.contains("unsafe"), "{policy}");
    }
}

#[test]
fn only_the_way_out_of_a_frame_may_stand_in_one() {
    for page in pages("Acme Shop") {
        let framable = !in_finnish(&page).content_security_policy.contains("frame-ancestors 'none'");
        assert_eq!(framable, matches!(page, Page::TopLevel { .. }), "{page:?}");
    }
    let html = in_finnish(&Page::TopLevel { url: url("https://id.example/t/acme/identify/T") }).html;
    assert!(html.contains("href=\"https://id.example/t/acme/identify/T\" target=\"_top\""), "{html}");
}

#[test]
fn a_failure_shows_the_sentence_the_trace_id_and_the_way_home() {
    let html = in_finnish(&Page::Failure(Box::new(failure(Code::ProviderResponseRejected)))).html;
    for shown in [
        "<h1 id=\"title\">Tunnistautumistasi ei voitu vahvistaa</h1>",
        "<code>0af7651916cd43dd8448eb211c80319c</code>",
        "href=\"https://shop.example/cb?error=access_denied&#38;state=1\">Palaa palveluun Acme Shop</a>",
        "href=\"https://id.example/t/acme/identify/T\">Valitse toinen tapa</a>",
        "<a href=\"mailto:tuki@acme.example\">tuki@acme.example</a>",
        "alt=\"Acme Oy\"",
    ] {
        assert!(html.contains(shown), "{shown}: {html}");
    }
    assert!(!html.contains("provider_response_rejected"), "{html}");
}

#[test]
fn a_failure_without_app_trace_or_way_home_is_still_a_page() {
    let bare = Failure::new(Code::FlowUnknown, String::new());
    let html = render(
        &Page::Failure(Box::new(bare.clone())),
        &Look { locale: Locale::Sv, branding: &Branding::default() },
    )
    .html;
    assert!(html.contains("Den här identifieringen gäller inte längre") && !html.contains("<dl"), "{html}");
    assert!(!html.contains("<a "), "{html}");
    let homeward = Failure { back: Some(BrowserRequest::Get(url("https://shop.example/"))), ..bare };
    assert!(in_finnish(&Page::Failure(Box::new(homeward))).html.contains(">Palaa palveluun</a>"));
}

#[test]
fn what_came_in_a_form_is_led_on_by_a_form() {
    let back = BrowserRequest::Post { action: url("https://shop.example/cb"), fields: fields("code", "c") };
    let html =
        in_finnish(&Page::Failure(Box::new(Failure { back: Some(back.clone()), ..failure(Code::Internal) })))
            .html;
    let form = "<form method=\"post\" action=\"https://shop.example/cb\" autocomplete=\"off\">";
    let field = "<input type=\"hidden\" name=\"code\" value=\"c\">";
    assert!(html.contains(form) && html.contains(field) && !html.contains("<script"), "{html}");
    assert!(html.contains("type=\"submit\">Palaa palveluun Acme Shop</button>"), "{html}");
    let html =
        in_finnish(&Page::Waiting { choices: vec![Choice { to: Some(back), ..choice("Nordea") }] }).html;
    assert!(html.contains(form) && html.contains(field), "{html}");
    assert!(
        html.contains("<button class=\"choice\" type=\"submit\">") && !html.contains("<a class=\"choice\""),
        "{html}"
    );
}

#[test]
fn the_chooser_links_each_connection_and_says_who_asks() {
    let mut disturbed = choice("Nordea");
    disturbed.notice = Some("Häiriö kirjautumisessa".to_owned());
    let choices = vec![disturbed, choice("Mobiilivarmenne")];
    let page = Page::Chooser { app: "Acme Shop".to_owned(), choices, back: Some(url("com.acme.shop:/back")) };
    let html = in_finnish(&page).html;
    assert!(html.contains("<p>Acme Shop pyytää sinua tunnistautumaan.</p>"), "{html}");
    assert_eq!(
        html.matches(
            "<a class=\"choice\" href=\"https://id.example/t/acme/authorize?connection=ftn&#38;x=1\">"
        )
        .count(),
        2
    );
    assert!(html.contains("<span class=\"spoken\">Huomio: </span>Häiriö kirjautumisessa"), "{html}");
    assert!(
        html.contains(
            "<a class=\"leave\" href=\"com.acme.shop:/back\">Peruuta ja palaa palveluun Acme Shop</a>"
        ),
        "{html}"
    );
}

#[test]
fn a_paused_connection_leads_nowhere_and_says_why() {
    let notice = format!("Huoltokatko kello 22–24. {}", "å".repeat(200));
    let paused = Choice { to: None, notice: Some(notice.clone()), ..choice("Nordea") };
    let choices = vec![paused, choice("Mobiilivarmenne")];
    let html = in_finnish(&Page::Chooser { app: "Acme Shop".to_owned(), choices, back: None }).html;
    let shown: String = notice.chars().take(200).collect();
    assert!(html.contains(&format!("<span class=\"spoken\">Huomio: </span>{shown}…</span>")), "{html}");
    assert!(html.contains("<span class=\"choice paused\" role=\"link\" aria-disabled=\"true\">"), "{html}");
    assert_eq!(html.matches("<a class=\"choice\"").count(), 1);
}

#[test]
fn a_disturbed_connection_says_so_in_words_and_may_be_chosen() {
    let disturbed = Choice { disturbed: true, ..choice("Nordea") };
    let choices = vec![disturbed, choice("Mobiilivarmenne")];
    let page = Page::Chooser { app: "Acme Shop".to_owned(), choices, back: None };
    for (locale, words) in [
        (Locale::Fi, "<span class=\"spoken\">Huomio: </span>Tässä tavassa on nyt häiriö"),
        (Locale::Sv, "<span class=\"spoken\">Obs: </span>Det här sättet är stört just nu"),
        (Locale::En, "<span class=\"spoken\">Notice: </span>This way is disturbed right now"),
    ] {
        let look = Look { locale, branding: &Branding::default() };
        let html = render(&page, &look).html;
        assert_eq!(
            (html.matches(words).count(), html.matches("<a class=\"choice\"").count()),
            (1, 2),
            "{html}"
        );
    }
}

#[test]
fn an_app_without_a_name_is_the_service() {
    let page = Page::Landing { app: String::new(), proceed: url("https://id.example/x") };
    assert!(in_finnish(&page).html.contains("<p>Palvelu pyytää sinua tunnistautumaan.</p>"));
}

#[test]
fn the_working_page_asks_again_by_itself() {
    let html =
        in_finnish(&Page::Working { again: BrowserRequest::Get(url("https://id.example/r?a=1&b='\"2")) })
            .html;
    assert!(
        html.contains(
            "<meta http-equiv=\"refresh\" content=\"2;url=https://id.example/r?a=1&#38;b=%27%222\">"
        ),
        "{html}"
    );
    let again = BrowserRequest::Post { action: url("https://id.example/r"), fields: fields("state", "s") };
    let html = in_finnish(&Page::Working { again }).html;
    assert!(elements(&html, "script")[0].starts_with("setTimeout("), "{html}");
    assert!(!html.contains("http-equiv"), "{html}");
}

#[test]
fn a_form_posts_its_fields_even_where_one_is_called_submit() {
    let page = Page::SelfPost {
        action: url("http://[::1]:9000/cb?x=1"),
        fields: fields("submit", "a\"b<c>\n&amp;"),
    };
    let html = in_finnish(&page).html;
    assert!(
        html.contains("<form method=\"post\" action=\"http://[::1]:9000/cb?x=1\" autocomplete=\"off\">"),
        "{html}"
    );
    assert!(html.contains("name=\"submit\" value=\"a&#34;b&#60;c&#62;\n&#38;amp;\">"), "{html}");
    assert_eq!(elements(&html, "script"), ["HTMLFormElement.prototype.submit.call(document.forms[0])"]);
}

#[test]
fn no_page_leads_to_an_address_that_runs() {
    let bad = || url("javascript:alert(document.domain)");
    let mut trap = choice("Nordea");
    trap.to = Some(BrowserRequest::Get(bad()));
    let bad_form = || BrowserRequest::Post { action: bad(), fields: Vec::new() };
    let by_form = Choice { to: Some(bad_form()), ..trap.clone() };
    let home = Failure {
        again: Some(bad_form()),
        another: Some(bad()),
        back: Some(BrowserRequest::Get(bad())),
        ..failure(Code::UserCancelled)
    };
    for page in [
        Page::Chooser { app: "A".to_owned(), choices: vec![trap.clone()], back: Some(bad()) },
        Page::Waiting { choices: vec![trap, by_form] },
        Page::Working { again: BrowserRequest::Get(bad()) },
        Page::Working { again: bad_form() },
        Page::SelfPost { action: bad(), fields: Vec::new() },
        Page::Failure(Box::new(home)),
        Page::Landing { app: "A".to_owned(), proceed: bad() },
        Page::TopLevel { url: bad() },
    ] {
        let branding =
            Branding { logo_url: Some(bad()), support: Some(bad().to_string()), ..Branding::default() };
        let rendered = render(&page, &Look { locale: Locale::En, branding: &branding });
        for place in ["href=\"javascript", "action=\"javascript", "src=\"javascript", "url=javascript"] {
            assert!(!rendered.html.contains(place), "{page:?}: {}", rendered.html);
        }
        check_document(Locale::En, &rendered.html);
    }
}

#[test]
fn a_page_that_cannot_do_its_work_says_so() {
    let html = in_finnish(&Page::SelfPost { action: url("com.acme.shop:/cb"), fields: Vec::new() }).html;
    assert!(html.contains("Jokin meni vikaan") && !html.contains("<form"), "{html}");
}

#[test]
fn every_code_has_a_page_for_developers_and_the_index_links_it() {
    let index = error_index();
    check_document(Locale::En, &index.html);
    for code in Code::ALL {
        let page = error_page(code);
        check_document(Locale::En, &page.html);
        assert!(page.content_security_policy.contains(&source_of(elements(&page.html, "style")[0])));
        assert!(index.html.contains(&format!("<a href=\"errors/{code}\">")), "{code}");
        for locale in LOCALES {
            let told = format!("<blockquote lang=\"{}\"><p>{}</p>", locale.tag(), sentence(code, locale));
            assert!(page.html.contains(&told), "{told}: {}", page.html);
        }
    }
}

#[test]
fn names_of_the_api_are_set_as_code() {
    let html = error_page(Code::PersonMismatch).html;
    assert!(html.contains("the one named in <code>expected_national_id</code>.</p>"), "{html}");
    assert!(Code::ALL.into_iter().all(|code| !error_page(code).html.contains('`')));
}

#[test]
fn the_reasons_are_explained_where_they_arise() {
    assert!(error_page(Code::ProviderResponseRejected).html.contains("<code>not_encrypted</code>"));
    assert!(!error_page(Code::Internal).html.contains("not_encrypted"));
}
