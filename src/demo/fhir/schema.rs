//! What a resource may hold: element names, types and the few invariants that identity work meets (platform-api §1.4, §9).

use serde_json::{Value, json};

use super::super::outcome::{Issue, Outcome};

/// Elements of a type: `name[!]:Type[*]`, `!` for required and `*` for a list. Types beginning with a small letter
/// are primitive; `/Name` is one of [`PARTS`]; any other is a datatype that is not looked into.
const TYPES: &[(&str, &str)] = &[
    (
        "User",
        "identifier:Identifier* firstName!:string lastName!:string externalId:string email:string \
         emailVerified:boolean admin:boolean passwordHash:string mfaSecret:string mfaRequired:boolean \
         mfaEnrolled:boolean mfaMethod:code* project:Reference",
    ),
    (
        "ProjectMembership",
        "identifier:Identifier* active:boolean project!:Reference invitedBy:Reference user!:Reference \
         profile!:Reference userName:string externalId:string accessPolicy:Reference access:/Access* \
         userConfiguration:Reference admin:boolean",
    ),
    (
        "Project",
        "identifier:Identifier* name:string description:string superAdmin:boolean strictMode:boolean \
         checkReferencesOnWrite:boolean owner:Reference features:code* defaultPatientAccessPolicy:Reference \
         setting:/Setting* secret:/Setting* systemSetting:/Setting* systemSecret:/Setting* site:/Site* link:/Link* \
         defaultProfile:/DefaultProfile* defaultAccessPolicies:/DefaultPolicy* exportedResourceType:code*",
    ),
    (
        "ClientApplication",
        "status:code name:string description:string signInForm:/SignInForm secret:string retiringSecret:string \
         jwksUri:uri redirectUris:uri* launchUri:uri launchIdentifierSystems:/LaunchSystem* pkceOptional:boolean \
         identityProvider:/IdentityProvider accessTokenLifetime:lifetime refreshTokenLifetime:lifetime \
         allowedOrigin:string* grantType:string* responseType:string* defaultScope:string* \
         certificateTrustStore:string redirectUri:uri",
    ),
    (
        "DomainConfiguration",
        "domain!:uri identityProvider:/IdentityProvider allowedPostLoginRedirectUrls:uri*",
    ),
    (
        "AccessPolicy",
        "name:string basedOn:Reference* compartment:Reference resource:/PolicyLine* ipAccessRule:/IpRule*",
    ),
    ("UserSecurityRequest", "type:code user!:Reference secret!:string used:boolean redirectUri:uri"),
    ("UserConfiguration", "name:string menu:/Menu* search:/SavedSearch* option:/Option*"),
    (
        "Login",
        "client:Reference profileType:code project:Reference user!:Reference membership:Reference scope:string \
         authMethod!:code preAuthorizedCodeHash:code authTime!:instant cookie:string code:string \
         codeChallenge:string codeChallengeMethod:code refreshSecret:string nonce:string mfaVerified:boolean \
         emailMfa:/EmailMfa expiresAt:instant granted:boolean revoked:boolean admin:boolean superAdmin:boolean \
         launch:Reference remoteAddress:string userAgent:string pictureUrl:string",
    ),
    (
        "Patient",
        "identifier:Identifier* active:boolean name:HumanName* telecom:ContactPoint* gender:code birthDate:date \
         deceasedBoolean:boolean deceasedDateTime:dateTime address:Address* maritalStatus:CodeableConcept \
         multipleBirthBoolean:boolean multipleBirthInteger:integer photo:Attachment* contact:Contact* \
         communication:Communication* generalPractitioner:Reference* managingOrganization:Reference link:PatientLink*",
    ),
    (
        "Practitioner",
        "identifier:Identifier* active:boolean name:HumanName* telecom:ContactPoint* address:Address* gender:code \
         birthDate:date photo:Attachment* qualification:Qualification* communication:CodeableConcept*",
    ),
    (
        "RelatedPerson",
        "identifier:Identifier* active:boolean patient!:Reference relationship:CodeableConcept* name:HumanName* \
         telecom:ContactPoint* gender:code birthDate:date address:Address* photo:Attachment* period:Period \
         communication:Communication*",
    ),
];

const PARTS: &[(&str, &str)] = &[
    (
        "IdentityProvider",
        "authorizeUrl!:string tokenUrl!:string tokenAuthMethod:code userInfoUrl!:string userInfoMode:code \
         userInfoApiKey:string clientId!:string clientSecret!:string usePkce:boolean useSubject:boolean \
         identitySource:code identityMappingMode:code",
    ),
    ("Access", "policy!:Reference parameter:/AccessParameter*"),
    ("AccessParameter", "name!:code valueString:string valueReference:Reference"),
    (
        "Setting",
        "name!:string valueString:string valueBoolean:boolean valueDecimal:decimal valueInteger:integer",
    ),
    (
        "Site",
        "name!:string domain!:string* googleClientId:string googleClientSecret:string recaptchaSiteKey:string \
         recaptchaSecretKey:string",
    ),
    ("Link", "project!:Reference"),
    ("DefaultProfile", "resourceType!:code profile!:canonical*"),
    ("DefaultPolicy", "profileType!:code accessPolicy!:Reference"),
    ("SignInForm", "welcomeString:string logo:Attachment showScopeSelection:boolean"),
    ("LaunchSystem", "resourceType!:code system!:uri"),
    (
        "PolicyLine",
        "resourceType!:string compartment:Reference criteria:string readonly:boolean interaction:code* \
         hiddenFields:string* readonlyFields:string* writeConstraint:Expression*",
    ),
    ("IpRule", "name:string value!:string action!:code"),
    ("Menu", "title!:string link:/MenuLink*"),
    ("MenuLink", "name!:string target!:url"),
    ("SavedSearch", "name!:string criteria!:string"),
    (
        "Option",
        "id!:code valueBoolean:boolean valueCode:code valueDecimal:decimal valueInteger:integer valueString:string",
    ),
    ("EmailMfa", "codeHash!:string expiresAt!:instant"),
];

const BASE: &str = "id:string meta:Meta implicitRules:uri language:code text:Narrative contained:Resource* \
                    extension:Extension* modifierExtension:Extension*";
const PART_BASE: &str = "id:string extension:Extension* modifierExtension:Extension*";

/// Members that every subset of a type keeps, and that a summary is made of.
pub fn mandatory(kind: &str) -> Vec<&'static str> {
    let Some((_, elements)) = TYPES.iter().find(|(k, _)| *k == kind) else { return Vec::new() };
    elements.split_whitespace().filter_map(|e| e.split_once("!:")).map(|(name, _)| name).collect()
}

/// Checks a resource; the refusal lists every issue. Types without a table here pass.
pub fn validate(resource: &Value) -> Result<(), Outcome> {
    let kind = resource["resourceType"].as_str().unwrap_or_default();
    let Some((_, elements)) = TYPES.iter().find(|(k, _)| *k == kind) else { return Ok(()) };
    let mut issues = Vec::new();
    check_object(resource, kind, &[BASE, elements], &mut issues);
    if issues.is_empty() { Ok(()) } else { Err(Outcome::issues(issues)) }
}

fn check_object(object: &Value, path: &str, tables: &[&'static str], issues: &mut Vec<Issue>) {
    let mut known: Vec<&str> = vec!["resourceType"];
    for element in tables.iter().flat_map(|t| t.split_whitespace()) {
        let Some((name, kind)) = element.split_once(':') else { continue };
        let (name, required) = name.strip_suffix('!').map_or((name, false), |n| (n, true));
        let (kind, list) = kind.strip_suffix('*').map_or((kind, false), |k| (k, true));
        known.push(name);
        let here = format!("{path}.{name}");
        match object.get(name) {
            None | Some(Value::Null) => {
                if required {
                    issues.push(Issue::error("structure", "Missing required property").at(here));
                }
            }
            // The platform fills it in on writing.
            Some(_) if name == "meta" => {}
            Some(value) if is_empty(value) => {
                issues.push(Issue::error("structure", "Invalid empty value").at(here));
            }
            Some(Value::Array(items)) if list => {
                for (i, item) in items.iter().enumerate() {
                    check_value(item, &format!("{here}[{i}]"), kind, issues);
                }
            }
            Some(_) if list => {
                issues.push(Issue::error("structure", "Expected array of values for property").at(here));
            }
            Some(Value::Array(_)) => {
                issues.push(Issue::error("structure", "Expected single value for property").at(here));
            }
            Some(value) => check_value(value, &here, kind, issues),
        }
    }
    for name in object.as_object().into_iter().flat_map(|o| o.keys()) {
        let plain = name.strip_prefix('_').unwrap_or(name);
        if !known.contains(&plain) {
            issues.push(
                Issue::error("structure", format!("Invalid additional property \"{name}\""))
                    .at(format!("{path}.{name}")),
            );
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

fn check_value(value: &Value, path: &str, kind: &str, issues: &mut Vec<Issue>) {
    if let Some(part) = kind.strip_prefix('/') {
        let Some((_, elements)) = PARTS.iter().find(|(k, _)| *k == part) else { return };
        if part == "PolicyLine" {
            check_criteria(value, path, issues);
        }
        check_object(value, path, &[PART_BASE, elements], issues);
        return;
    }
    if kind.starts_with(|c: char| c.is_ascii_uppercase()) {
        return;
    }
    // Invariants go before types, as the platform lists them.
    if path == "User.email" {
        check_lower_case(value, path, issues);
    }
    if kind == "lifetime" && !value.as_str().is_some_and(is_lifetime) {
        issues.push(
            Issue::error(
                "invariant",
                "Constraint clapp-1 not met: Token lifetime must be a valid string representing time duration (eg. \
                 2w, 1h)",
            )
            .at(path)
            .because(json!({"fhirpath": "$this.matches('^[0-9]+[smhdwy]$')"}).to_string()),
        );
    }
    let expected = match kind {
        "boolean" => "boolean",
        "integer" | "decimal" | "positiveInt" | "unsignedInt" => "number",
        _ => "string",
    };
    let found = match value {
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        _ => "object",
    };
    if found != expected {
        let text = format!("Invalid JSON type: expected {expected}, but got {found}");
        issues.push(Issue::error("structure", text).at(path));
        return;
    }
    if let Some(text) = value.as_str() {
        // An empty text is as good as none: it is dropped on writing.
        if text.is_empty() {
            return;
        }
        if text.trim().is_empty() {
            issues.push(Issue::error("structure", "String must contain non-whitespace content").at(path));
        } else if !text_fits(kind, text) {
            issues.push(Issue::error("structure", format!("Invalid {kind} format")).at(path));
        }
    } else if kind == "integer" && !value.is_i64() {
        issues.push(Issue::error("structure", "Expected number to be an integer").at(path));
    }
}

fn check_lower_case(value: &Value, path: &str, issues: &mut Vec<Issue>) {
    match value.as_str() {
        Some(text) if text == text.to_lowercase() => {}
        Some(_) => issues.push(
            Issue::error("invariant", "Constraint user-1 not met: Email must be all lowercase")
                .at(path)
                .because(json!({"fhirpath": "$this = $this.lower()"}).to_string()),
        ),
        None => {
            issues.push(
                Issue::error("processing", "Error evaluating invariant expression")
                    .at(path)
                    .because(json!({"fhirpath": "$this = $this.lower()", "error": {}}).to_string()),
            );
            issues.push(
                Issue::error("invariant", "Constraint user-1 not met: Email must be all lowercase")
                    .at(path)
                    .because(json!({"fhirpath": "$this = $this.lower()"}).to_string()),
            );
        }
    }
}

fn check_criteria(line: &Value, path: &str, issues: &mut Vec<Issue>) {
    let Some(criteria) = line["criteria"].as_str() else { return };
    let kind = line["resourceType"].as_str().unwrap_or_default();
    let fits = criteria.strip_prefix(&format!("{kind}?")).is_some_and(|query| {
        !query.is_empty()
            && query.trim_end_matches('&').split('&').all(|pair| {
                pair.split_once('=').is_some_and(|(name, value)| {
                    !value.is_empty()
                        && !name.is_empty()
                        && name.chars().all(|c| c.is_ascii_alphabetic() || "_:-".contains(c))
                })
            })
    });
    if !fits || criteria.contains("_has:") {
        issues.push(
            Issue::error(
                "invariant",
                "Constraint axp-3 not met: Criteria must be a valid FHIR search string on the correct resource \
                 type, e.g. Patient?identifier=123",
            )
            .at(path)
            .because(
                json!({"fhirpath": "criteria.exists() implies criteria.matches('^' & iif(%context.resourceType = \
                '*','\\\\*',%context.resourceType) & '\\\\?([a-zA-Z_:-]+=[^&]+&?)+$') and \
                criteria.contains('_has:').not()"})
                .to_string(),
            ),
        );
    }
}

fn is_lifetime(text: &str) -> bool {
    let digits = text.trim_end_matches(['s', 'm', 'h', 'd', 'w', 'y']);
    digits.len() + 1 == text.len() && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

fn text_fits(kind: &str, text: &str) -> bool {
    match kind {
        "uri" | "url" | "canonical" => !text.contains(char::is_whitespace),
        "code" => !text.starts_with(' ') && !text.ends_with(' ') && !text.contains("  "),
        "date" => is_date(text),
        "dateTime" => is_date(text) || text.parse::<jiff::Timestamp>().is_ok(),
        "instant" => text.parse::<jiff::Timestamp>().is_ok(),
        _ => true,
    }
}

fn is_date(text: &str) -> bool {
    [4, 7, 10].contains(&text.len()) && super::super::search::query::instant_range(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn texts(resource: &Value) -> Vec<(String, String)> {
        validate(resource).err().map_or_else(Vec::new, |o| {
            o.issues.into_iter().map(|i| (i.text, i.expression.unwrap_or_default())).collect()
        })
    }

    #[rstest]
    #[case(json!({"resourceType": "Patient", "foo": 1}), "Invalid additional property \"foo\"", "Patient.foo")]
    #[case(json!({"resourceType": "Patient", "birthDate": "yesterday"}), "Invalid date format", "Patient.birthDate")]
    #[case(json!({"resourceType": "Patient", "name": {}}), "Invalid empty value", "Patient.name")]
    #[case(json!({"resourceType": "Patient", "name": "x"}), "Expected array of values for property", "Patient.name")]
    #[case(json!({"resourceType": "DomainConfiguration", "domain": "a b"}), "Invalid uri format", "DomainConfiguration.domain")]
    #[case(json!({"resourceType": "ClientApplication", "accessTokenLifetime": "1hh"}),
        "Constraint clapp-1 not met: Token lifetime must be a valid string representing time duration (eg. 2w, 1h)",
        "ClientApplication.accessTokenLifetime")]
    #[case(json!({"resourceType": "User", "firstName": "a", "lastName": "b", "email": "A@b"}),
        "Constraint user-1 not met: Email must be all lowercase", "User.email")]
    fn what_does_not_belong_is_named_with_its_place(
        #[case] resource: Value,
        #[case] text: &str,
        #[case] place: &str,
    ) {
        assert_eq!(texts(&resource), [(text.to_owned(), place.to_owned())]);
    }

    #[test]
    fn every_missing_property_is_listed() {
        let found = texts(&json!({"resourceType": "ProjectMembership", "externalId": 7}));
        let places: Vec<&str> = found.iter().map(|(_, place)| place.as_str()).collect();
        assert_eq!(
            places,
            [
                "ProjectMembership.project",
                "ProjectMembership.user",
                "ProjectMembership.profile",
                "ProjectMembership.externalId"
            ]
        );
    }

    #[rstest]
    #[case("Patient?_id=%patient.id", true)]
    #[case("Practitioner?_id=1", false)]
    #[case("Patient", false)]
    #[case("Patient?_has:Observation:subject:code=1", false)]
    fn criteria_must_search_their_own_type(#[case] criteria: &str, #[case] fits: bool) {
        let policy = json!({"resourceType": "AccessPolicy",
            "resource": [{"resourceType": "Patient", "criteria": criteria}]});
        assert_eq!(validate(&policy).is_ok(), fits);
    }
}
