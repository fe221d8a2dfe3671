//! What all pages have around them: who acts, what time it is, where one can go.

use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};

use super::Page;
use crate::domain::time::utc;
use crate::portal::Progress;
use crate::portal::acting::PEOPLE;
use crate::portal::view::{Blueprint, segment};
use crate::sandbox::cast::Person;

/// How much time can be let pass at once, in minutes.
const STEPS: [(u32, &str); 5] =
    [(5, "5 minutes"), (15, "15 minutes"), (60, "1 hour"), (240, "4 hours"), (1440, "1 day")];

/// The frame of a page.
#[derive(Debug)]
pub(in crate::portal) struct Frame<'a> {
    pub(in crate::portal) acting: Person,
    pub(in crate::portal) now: Timestamp,
    /// Path and query of the page.
    pub(in crate::portal) here: &'a str,
    pub(in crate::portal) blueprints: &'a [Blueprint],
    pub(in crate::portal) progress: &'a Progress,
}

impl Frame<'_> {
    /// Puts a page into the frame.
    pub(in crate::portal) fn around(&self, page: &Page) -> Markup {
        let is_busy = page.is_busy || *self.progress != Progress::Done;
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (page.title) " · port-iam sandbox" }
                    link rel="stylesheet" href="/portal.css";
                    link rel="icon" type="image/svg+xml" href="/portal.svg";
                    script src="/portal.js" defer {}
                    @if is_busy { noscript { meta http-equiv="refresh" content="3"; } }
                }
                body data-now=(self.now.to_string()) {
                    a class="skip" href="#main" { "Skip to the content" }
                    (self.top())
                    div class="columns" {
                        (self.navigation())
                        main id="main" tabindex="-1" {
                            (self.set_up())
                            (page.body)
                        }
                    }
                }
            }
        }
    }

    fn top(&self) -> Markup {
        html! {
            header class="top" {
                p class="brand" { a href="/" { "Acme portal" } " " span { "sandbox" } }
                form method="post" action="/person" {
                    label for="person" { "Acting as" }
                    select id="person" name="email" {
                        @for (person, part) in PEOPLE {
                            option value=(person.email) selected[person.email == self.acting.email] {
                                (person.name) ", " (part)
                            }
                        }
                    }
                    input type="hidden" name="back" value=(self.here);
                    button { "Switch" }
                }
                form method="post" action="/time" {
                    label for="minutes" {
                        "Sandbox time "
                        span class="moment" {
                            time class="clock" datetime=(utc(self.now)) data-clock {
                                (self.now.strftime("%H:%M:%S").to_string())
                            }
                            " UTC"
                        }
                    }
                    select id="minutes" name="minutes" {
                        @for (minutes, name) in STEPS {
                            option value=(minutes) selected[minutes == 60] { (name) }
                        }
                    }
                    input type="hidden" name="back" value=(self.here);
                    button { "Let time pass" }
                }
            }
        }
    }

    fn navigation(&self) -> Markup {
        let path = self.here.split('?').next().unwrap_or_default();
        let link = |target: String, name: &str, is_within: bool| {
            let current = if path == target { Some("page") } else { is_within.then_some("true") };
            html! { li { a href=(target) aria-current=[current] { (name) } } }
        };
        html! {
            nav aria-label="Portal" {
                ul {
                    (link("/".to_owned(), "Start", false))
                    @for blueprint in self.blueprints {
                        @let target = format!("/catalog/{}", segment(&blueprint.identifier));
                        @let is_within = path.starts_with(&format!("{target}/"));
                        (link(target, &blueprint.title, is_within))
                    }
                    (link("/runs".to_owned(), "Runs", path.starts_with("/runs/")))
                    (link("/audit".to_owned(), "Audit log", false))
                    (link("/aws".to_owned(), "What AWS has now", false))
                }
            }
        }
    }

    /// Says what is being set up. It is gone when that is done, and whoever looks is shown the page anew.
    fn set_up(&self) -> Markup {
        let Progress::Running(command) = self.progress else { return Markup::default() };
        html! {
            div class="note" id="set-up" data-live="1000" role="status" {
                "Ada is setting the sandbox up: " code { (command) } " is running …"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::cast;

    fn framed(here: &str, progress: &Progress) -> String {
        let frame = Frame { acting: cast::ADA, now: Timestamp::UNIX_EPOCH, here, blueprints: &[], progress };
        frame.around(&Page::new("<b>", html! { p { "x" } })).0
    }

    #[test]
    fn what_stands_in_the_address_stays_text() {
        let page = framed("/runs/\"><script>alert(1)</script>", &Progress::Done);
        assert!(!page.contains("<script>alert"), "{page}");
        assert!(page.contains("<title>&lt;b&gt; · port-iam sandbox</title>"));
        assert!(page.contains("selected>Ada Engineer"));
        assert!(!page.contains("http-equiv"));
    }

    #[test]
    fn a_page_without_script_is_loaded_again_while_the_set_up_runs() {
        let page = framed("/", &Progress::Running("port-iam init".to_owned()));
        assert!(page.contains("<noscript><meta http-equiv=\"refresh\""));
        assert!(page.contains("<code>port-iam init</code>"));
    }
}
