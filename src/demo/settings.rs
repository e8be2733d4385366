//! Configuration of the embedded platform, under the names that the operator of a real one uses.

use std::fmt;

/// What the embedded platform can be told; the defaults are those of a fresh platform with limits switched off.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches, each named as the operator names it"
)]
pub struct Settings {
    /// Identity providers may be reached over plain HTTP and at private addresses.
    pub allow_unsafe_outbound: bool,
    /// Count requests and FHIR work, and write `RateLimit` headers (platform-api §1.9).
    pub rate_limits_enabled: bool,
    /// Sign-ins per minute and address.
    pub default_login_rate_limit: u64,
    /// Other `/auth/*` and `/oauth2/*` requests per minute and address.
    pub default_auth_rate_limit: u64,
    /// All other requests per minute and address.
    pub default_rate_limit: u64,
    /// FHIR points per minute and membership; a project has ten times as many.
    pub default_fhir_quota: u64,
    /// Seconds of the windows of all limits; a real platform's are a minute, and shorter ones pass faster.
    pub rate_limit_window: i64,
    /// Store an `AuditEvent` for every FHIR read and write (platform-api §13).
    pub save_audit_events: bool,
    /// Be an older platform: another version, and without what [`super::older`] lists.
    pub older: bool,
    /// Every mail fails as when nothing listens at the mail server.
    pub mail_fails: bool,
    /// Offer the device authorization grant (RFC 8628), which the real 5.1.29 does not.
    pub device_flow: bool,
    /// Seconds that a device must leave between two polls, here and at the identity provider.
    pub device_interval: i64,
    /// Largest `_offset` of a search.
    pub max_search_offset: u64,
    /// Refuse a search whose matches and included resources together are more than this. The real platform refuses
    /// above 1000; none: no limit.
    pub max_include_results: Option<usize>,
    /// Largest request body in bytes.
    pub max_body: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allow_unsafe_outbound: false,
            rate_limits_enabled: false,
            default_login_rate_limit: 5,
            default_auth_rate_limit: 160,
            default_rate_limit: 60_000,
            default_fhir_quota: 50_000,
            rate_limit_window: 60,
            save_audit_events: false,
            older: false,
            mail_fails: false,
            device_flow: false,
            device_interval: 5,
            max_search_offset: 10_000,
            max_include_results: Some(1000),
            max_body: 1024 * 1024,
        }
    }
}

/// A setting that cannot be taken, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingError(String);

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SettingError {}

impl Settings {
    /// The version that the platform says it is of.
    pub fn version(&self) -> &'static str {
        if self.older { super::older::VERSION } else { "5.1.29-embedded" }
    }

    /// Takes one `NAME=VALUE`.
    pub fn set(&mut self, assignment: &str) -> Result<(), SettingError> {
        let (name, value) = assignment
            .split_once('=')
            .ok_or_else(|| SettingError(format!("\"{assignment}\" is no setting: write NAME=VALUE")))?;
        let (name, value) = (name.trim(), value.trim());
        match name {
            "allowUnsafeOutbound" => self.allow_unsafe_outbound = boolean(name, value)?,
            "rateLimitsEnabled" => self.rate_limits_enabled = boolean(name, value)?,
            "defaultLoginRateLimit" => self.default_login_rate_limit = number(name, value)?,
            "defaultAuthRateLimit" => self.default_auth_rate_limit = number(name, value)?,
            "defaultRateLimit" => self.default_rate_limit = number(name, value)?,
            "defaultFhirQuota" => self.default_fhir_quota = number(name, value)?,
            "rateLimitWindow" => {
                self.rate_limit_window = i64::from(number::<u32>(name, value)?.max(1));
            }
            "saveAuditEvents" => self.save_audit_events = boolean(name, value)?,
            "maxSearchOffset" => self.max_search_offset = number(name, value)?,
            "maxIncludeResults" => self.max_include_results = Some(number(name, value)?),
            "deviceFlow" => self.device_flow = boolean(name, value)?,
            "older" => self.older = boolean(name, value)?,
            "deviceInterval" => {
                self.device_interval = i64::try_from(number::<u64>(name, value)?).unwrap_or(i64::MAX);
            }
            "mail" => {
                self.mail_fails = match value {
                    "ok" => false,
                    "fail" => true,
                    _ => return Err(SettingError(format!("mail is \"ok\" or \"fail\", not \"{value}\""))),
                }
            }
            _ => {
                return Err(SettingError(format!(
                    "unknown setting \"{name}\"; known are allowUnsafeOutbound, rateLimitsEnabled, \
                     defaultLoginRateLimit, defaultAuthRateLimit, defaultRateLimit, defaultFhirQuota, \
                     rateLimitWindow, saveAuditEvents, maxSearchOffset, maxIncludeResults, deviceFlow, deviceInterval, older, mail"
                )));
            }
        }
        Ok(())
    }

    /// Takes many `NAME=VALUE`.
    pub fn parse<'a>(assignments: impl IntoIterator<Item = &'a str>) -> Result<Self, SettingError> {
        let mut settings = Self::default();
        for assignment in assignments {
            settings.set(assignment)?;
        }
        Ok(settings)
    }
}

fn boolean(name: &str, value: &str) -> Result<bool, SettingError> {
    value.parse().map_err(|_| SettingError(format!("{name} is \"true\" or \"false\", not \"{value}\"")))
}

fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, SettingError> {
    value.parse().map_err(|_| SettingError(format!("{name} is a whole number, not \"{value}\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_by_the_names_an_operator_uses() {
        let settings =
            Settings::parse(["rateLimitsEnabled=true", "defaultFhirQuota=250", "mail=fail"]).unwrap();
        assert!(settings.rate_limits_enabled && settings.mail_fails);
        assert_eq!(settings.default_fhir_quota, 250);
    }

    #[test]
    fn an_unreadable_setting_says_what_was_expected() {
        assert!(Settings::parse(["mail=maybe"]).unwrap_err().to_string().contains("\"ok\" or \"fail\""));
        assert!(Settings::parse(["nonsense=1"]).unwrap_err().to_string().contains("unknown setting"));
        assert!(Settings::parse(["deviceFlow"]).unwrap_err().to_string().contains("NAME=VALUE"));
    }
}
