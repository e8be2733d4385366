//! A browser of a few lines: follows redirects, fills in forms by the names of their fields, runs no scripts.

use std::collections::BTreeMap;

use reqwest::redirect::Policy;
use url::Url;

/// Where the browser is after a step.
#[derive(Debug)]
pub enum Place {
    /// On a page of the platform or the identity provider.
    Page { url: Url, status: u16, html: String },
    /// Sent away to an address outside of both: the client's redirect.
    Away(Url),
}

impl Place {
    /// The page's HTML; fails when the browser was sent away.
    pub fn html(&self) -> &str {
        match self {
            Self::Page { html, .. } => html,
            Self::Away(url) => panic!("sent away to {url}"),
        }
    }

    /// The query of the address the browser was sent away to.
    pub fn away(&self) -> BTreeMap<String, String> {
        match self {
            Self::Away(url) => url.query_pairs().into_owned().collect(),
            Self::Page { html, .. } => panic!("still on a page: {html}"),
        }
    }

    /// The value of a hidden or prefilled field.
    pub fn field(&self, name: &str) -> String {
        let mark = format!(r#"name="{name}""#);
        self.html()
            .split("<input")
            .filter(|input| input.contains(&mark))
            .find_map(|input| attribute(input, "value"))
            .unwrap_or_else(|| panic!("no field {name} in {}", self.html()))
    }
}

#[derive(Debug)]
pub struct Browser {
    http: reqwest::Client,
    home: String,
}

impl Browser {
    /// A browser for pages below `home` (any port of the same platform); everything else is away.
    pub fn new(home: &str) -> Self {
        let http = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build().unwrap();
        Self { http, home: home.to_owned() }
    }

    pub async fn open(&self, address: &str) -> Place {
        self.follow(Url::parse(address).unwrap()).await
    }

    async fn follow(&self, mut url: Url) -> Place {
        for _ in 0..10 {
            if !url.as_str().starts_with(&self.home) {
                return Place::Away(url);
            }
            let answer = self.http.get(url.clone()).send().await.unwrap();
            let Some(to) = answer.headers().get("location") else {
                let status = answer.status().as_u16();
                return Place::Page { url, status, html: answer.text().await.unwrap() };
            };
            url = url.join(to.to_str().unwrap()).unwrap();
        }
        panic!("redirected for ever");
    }

    /// Sends the page's form: its own fields, those given, and the button's `action` if one is pressed.
    pub async fn submit(&self, place: &Place, given: &[(&str, &str)]) -> Place {
        let Place::Page { url, html, .. } = place else { panic!("no page to submit: {place:?}") };
        let form = html.split("<form").nth(1).unwrap_or_else(|| panic!("no form in {html}"));
        let action = attribute(form, "action").unwrap_or_default();
        let mut fields: Vec<(String, String)> = form
            .split("<input")
            .skip(1)
            .filter(|input| !input.contains(r#"type="radio""#) || input.contains(" checked"))
            .filter_map(|input| {
                Some((attribute(input, "name")?, attribute(input, "value").unwrap_or_default()))
            })
            .collect();
        for (name, value) in given {
            fields.retain(|(n, _)| n != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        let answer = self.http.post(url.join(&action).unwrap()).form(&fields).send().await.unwrap();
        if let Some(to) = answer.headers().get("location") {
            return self.follow(url.join(to.to_str().unwrap()).unwrap()).await;
        }
        let (status, url) = (answer.status().as_u16(), answer.url().clone());
        Place::Page { url, status, html: answer.text().await.unwrap() }
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let tag = &tag[..tag.find('>').unwrap_or(tag.len())];
    let tail = tag.split(&format!(" {name}=\"")).nth(1)?;
    let value = tail.split('"').next()?;
    Some(
        value
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&"),
    )
}
