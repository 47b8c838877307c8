//! The style sheet: the palette of the public pages, and what the console has beside.

use actix_web::HttpResponse;

/// What the pages look like.
const SHEET: &str =
    concat!(include_str!("../../pages/templates/palette.css"), include_str!("templates/console.css"));

/// The sheet.
pub async fn sheet() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("Content-Type", "text/css; charset=utf-8"))
        .insert_header(("Cache-Control", "public, max-age=300"))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header(("Cross-Origin-Resource-Policy", "same-origin"))
        .body(SHEET)
}
