//! What is looked at, in the order of the table.

use serde::{Deserialize, Serialize};

/// The parts of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// The domain itself; nothing is sent for it.
    Domain,
    /// What was typed; nothing is sent for it.
    Route,
    /// What the provider says about itself.
    Discovery,
    /// How its hosts are reached.
    Connection,
    /// What its endpoints answer.
    Answers,
}

impl Group {
    /// All, in order.
    pub const ALL: [Self; 5] = [Self::Domain, Self::Route, Self::Discovery, Self::Connection, Self::Answers];

    /// As a heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Domain => "domain",
            Self::Route => "route as typed",
            Self::Discovery => "what the provider says",
            Self::Connection => "connection",
            Self::Answers => "what it answers",
        }
    }
}

macro_rules! checks {
    ($($variant:ident, $word:literal, $title:literal, $group:ident, $source:literal, $essential:literal;)+) => {
        /// What is looked at.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum CheckId {
            $(#[doc = concat!($title, " (", $source, ").")] $variant,)+
        }

        impl CheckId {
            /// All, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Its name in files and commands; never changes.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// What holds when it passes, in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }

            /// The section that asks for it.
            pub fn source(self) -> &'static str {
                match self { $(Self::$variant => $source,)+ }
            }

            /// The part of the table it stands in.
            pub fn group(self) -> Group {
                match self { $(Self::$variant => Group::$group,)+ }
            }

            /// Nobody can say that people get in while this is not known.
            pub fn is_essential(self) -> bool {
                match self { $(Self::$variant => $essential,)+ }
            }
        }
    };
}

checks! {
    DomainForm, "domain-form", "plain host name in lower case", Domain, "platform-api §11", true;
    DomainInternational, "domain-international", "one written form, nothing hidden", Domain, "standards S3", true;
    DomainLookAlike, "domain-look-alike", "not to be taken for another domain", Domain, "standards S3, UTS #39", false;
    DomainSuffix, "domain-suffix", "not a public suffix", Domain, "standards S3", true;
    DomainSharedHost, "domain-shared-host", "not a host that strangers share", Domain, "standards S3", true;
    DomainFreeMail, "domain-free-mail", "not a host that gives addresses to anybody", Domain, "standards S3", true;
    DomainRelation, "domain-relation", "not above or below a routed domain", Domain, "platform-api §11", false;
    DomainTaken, "domain-taken", "not routed already", Domain, "platform-api §11", true;
    DomainTwins, "domain-twins", "no second route that differs in capitals", Domain, "platform-api §11", false;

    Addresses, "addresses", "addresses can be read", Route, "platform-api §11", true;
    AddressesHttps, "addresses-https", "addresses are encrypted", Route, "standards M3, platform-api §10.2 step 4", true;
    AddressesPublic, "addresses-public", "the platform may go there", Route, "platform-api §10.2 step 4", true;
    Identifier, "identifier", "people can be found by what it tells", Route, "platform-api §9.4, §10.2 steps 5 and 6", true;
    ExchangeIdentifier, "exchange-identifier", "exchange looks for the same", Route, "platform-api §9.4, §10.3 step 5", false;
    Pkce, "pkce", "PKCE can work", Route, "platform-api §9.4, standards L3", true;
    ClientIdForm, "client-id-form", "client id looks like one", Route, "platform-api §9.4", true;
    SecretPlace, "secret-place", "the secret is in its own field only", Route, "standards S2", true;
    PostLogin, "post-login", "addresses after sign-in can match", Route, "platform-api §10.2 step 11", false;

    Discovery, "discovery", "it describes itself", Discovery, "standards M2", true;
    DiscoveryJson, "discovery-json", "the description is JSON", Discovery, "standards M5", true;
    Issuer, "issuer", "it calls itself what was asked for", Discovery, "standards M1", true;
    MetadataHttps, "metadata-https", "all its endpoints are encrypted", Discovery, "standards M3", false;
    MetadataHost, "metadata-host", "all its endpoints are on its own host", Discovery, "standards M6", false;
    AuthorizeAddress, "authorize-address", "authorize address is the provider's", Discovery, "RFC 8414 §2", true;
    TokenAddress, "token-address", "token address is the provider's", Discovery, "RFC 8414 §2", true;
    UserInfoAddress, "user-info-address", "userinfo address is the provider's", Discovery, "OpenID Connect Discovery §3", false;
    ResponseType, "response-type", "codes are offered", Discovery, "platform-api §11", true;
    ResponseMode, "response-mode", "the code comes in the address", Discovery, "platform-api §10.2 step 1", false;
    GrantType, "grant-type", "codes can be swapped", Discovery, "platform-api §10.2 step 4", false;
    Scopes, "scopes", "openid, profile and email are offered", Discovery, "platform-api §11", true;
    Claims, "claims", "the claims that are needed are offered", Discovery, "platform-api §10.2 step 5", false;
    SigningAlgorithms, "signing-algorithms", "tokens are signed so that anybody can check", Discovery, "standards J3", false;
    AuthMethod, "auth-method", "the secret is sent as it wants it", Discovery, "platform-api §9.4", true;

    Reachable, "reachable", "its hosts answer", Connection, "standards M5", true;
    Certificate, "certificate", "its certificate is trusted", Connection, "standards M3", false;
    CertificateDays, "certificate-days", "its certificate lasts another 30 days", Connection, "standards M3", false;
    Clock, "clock", "its clock agrees", Connection, "standards J7", false;

    Keys, "keys", "its keys can be read", Answers, "standards J5", false;
    KeyStrength, "key-strength", "its keys can be used", Answers, "standards J6", false;
    ClientKnown, "client-known", "it knows the client id", Answers, "RFC 6749 §4.1.2.1", true;
    Redirect, "redirect", "it sends people back to the platform", Answers, "platform-api §10.2 step 4", true;
    Authorize, "authorize", "it takes the platform's request", Answers, "platform-api §11", true;
    Token, "token", "codes are taken where they are sent", Answers, "platform-api §10.2 step 4", true;
    ClientSecret, "client-secret", "it takes the client's secret", Answers, "platform-api §9.4", false;
    UserInfo, "user-info", "userinfo asks for a token", Answers, "platform-api §10.3 step 4", false;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_that_files_hold() {
        for id in CheckId::ALL {
            assert_eq!(serde_json::to_string(id).unwrap(), format!("\"{}\"", id.word()));
        }
    }

    #[test]
    fn the_table_goes_group_by_group() {
        let order = |id: &CheckId| Group::ALL.iter().position(|group| *group == id.group());
        assert!(CheckId::ALL.is_sorted_by_key(order));
    }
}
