//! The access policies that every new project starts with (platform-api §16).

use serde_json::{Value, json};

/// The resource types that staff may write; everything else is read-only to them.
const WRITABLE: [&str; 152] = [
    "Account",
    "AdverseEvent",
    "AllergyIntolerance",
    "Appointment",
    "AppointmentResponse",
    "AuditEvent",
    "Basic",
    "Binary",
    "BiologicallyDerivedProduct",
    "BodyStructure",
    "Bundle",
    "CapabilityStatement",
    "CarePlan",
    "CareTeam",
    "CatalogEntry",
    "ChargeItem",
    "ChargeItemDefinition",
    "Claim",
    "ClaimResponse",
    "ClinicalImpression",
    "Communication",
    "CommunicationRequest",
    "CompartmentDefinition",
    "Composition",
    "ConceptMap",
    "Condition",
    "Consent",
    "Contract",
    "Coverage",
    "CoverageEligibilityRequest",
    "CoverageEligibilityResponse",
    "DetectedIssue",
    "Device",
    "DeviceDefinition",
    "DeviceMetric",
    "DeviceRequest",
    "DeviceUseStatement",
    "DiagnosticReport",
    "DocumentManifest",
    "DocumentReference",
    "EffectEvidenceSynthesis",
    "Encounter",
    "Endpoint",
    "EnrollmentRequest",
    "EnrollmentResponse",
    "EpisodeOfCare",
    "EventDefinition",
    "Evidence",
    "EvidenceVariable",
    "ExampleScenario",
    "ExplanationOfBenefit",
    "FamilyMemberHistory",
    "Flag",
    "Goal",
    "GraphDefinition",
    "Group",
    "GuidanceResponse",
    "HealthcareService",
    "ImagingStudy",
    "Immunization",
    "ImmunizationEvaluation",
    "ImmunizationRecommendation",
    "ImplementationGuide",
    "InsurancePlan",
    "Invoice",
    "Library",
    "Linkage",
    "List",
    "Location",
    "Measure",
    "MeasureReport",
    "Media",
    "Medication",
    "MedicationAdministration",
    "MedicationDispense",
    "MedicationRequest",
    "MedicationStatement",
    "MedicinalProduct",
    "MedicinalProductAuthorization",
    "MedicinalProductContraindication",
    "MedicinalProductIndication",
    "MedicinalProductIngredient",
    "MedicinalProductInteraction",
    "MedicinalProductManufactured",
    "MedicinalProductPackaged",
    "MedicinalProductPharmaceutical",
    "MedicinalProductUndesirableEffect",
    "MessageDefinition",
    "MessageHeader",
    "MolecularSequence",
    "NamingSystem",
    "NutritionOrder",
    "Observation",
    "OperationDefinition",
    "OperationOutcome",
    "Organization",
    "OrganizationAffiliation",
    "Parameters",
    "Patient",
    "PaymentNotice",
    "PaymentReconciliation",
    "Person",
    "Practitioner",
    "PractitionerRole",
    "Procedure",
    "Provenance",
    "Questionnaire",
    "QuestionnaireResponse",
    "RelatedPerson",
    "RequestGroup",
    "ResearchDefinition",
    "ResearchElementDefinition",
    "ResearchStudy",
    "ResearchSubject",
    "RiskAssessment",
    "RiskEvidenceSynthesis",
    "Schedule",
    "SearchParameter",
    "ServiceRequest",
    "Slot",
    "Specimen",
    "SpecimenDefinition",
    "StructureMap",
    "Subscription",
    "SubscriptionStatus",
    "Substance",
    "SubstanceNucleicAcid",
    "SubstancePolymer",
    "SubstanceProtein",
    "SubstanceReferenceInformation",
    "SubstanceSourceMaterial",
    "SubstanceSpecification",
    "SupplyDelivery",
    "SupplyRequest",
    "Task",
    "TerminologyCapabilities",
    "TestReport",
    "TestScript",
    "VerificationResult",
    "VisionPrescription",
    "ClientApplication",
    "Bot",
    "AccessPolicy",
    "UserConfiguration",
    "BulkDataExport",
    "SmartAppLaunch",
    "SmartHealthLink",
    "AsyncJob",
    "Agent",
    "DicomStudy",
    "DicomSeries",
    "DicomInstance",
];

/// The clinical types that a patient sees through the compartment of their own record, in the platform's order.
/// `Communication` is split in two: sent and received.
const CLINICAL: [&str; 20] = [
    "AllergyIntolerance",
    "Appointment",
    "CarePlan",
    "CareTeam",
    "Communication",
    "Condition",
    "Coverage",
    "DiagnosticReport",
    "DocumentReference",
    "Encounter",
    "Goal",
    "Immunization",
    "MedicationRequest",
    "MedicationStatement",
    "Observation",
    "Procedure",
    "QuestionnaireResponse",
    "RelatedPerson",
    "ServiceRequest",
    "Task",
];

/// Name and content of a default policy, and the profile type it is the default of.
pub const DEFAULTS: [(&str, &str); 4] = [
    ("Patient", "Default Patient Access Policy"),
    ("RelatedPerson", "Default RelatedPerson Access Policy"),
    ("Admin", "Default Admin Access Policy"),
    ("Practitioner", "Default Practitioner Access Policy"),
];

/// The default policy of a profile type (`Patient`, `RelatedPerson`, `Practitioner`, else `Admin`), without id and meta.
pub fn default_policy(profile_type: &str, name: &str) -> Value {
    match profile_type {
        "Patient" | "RelatedPerson" => {
            let own = if profile_type == "Patient" { "%patient.id" } else { "%profile.id" };
            let mut resource =
                vec![json!({"resourceType": profile_type, "criteria": format!("{profile_type}?_id={own}")})];
            for clinical in CLINICAL {
                if clinical == "Communication" {
                    for role in ["sender", "recipient"] {
                        resource.push(json!({
                            "resourceType": clinical,
                            "criteria": format!("{clinical}?{role}=%patient"),
                        }));
                    }
                } else {
                    resource.push(json!({
                        "resourceType": clinical,
                        "criteria": format!("{clinical}?_compartment=%patient"),
                    }));
                }
            }
            json!({
                "resourceType": "AccessPolicy",
                "name": name,
                "compartment": {"reference": "%patient"},
                "resource": resource,
            })
        }
        "Practitioner" => {
            let mut resource = vec![json!({
                "resourceType": "*",
                "readonly": true,
                "interaction": ["search", "read", "history", "vread"],
            })];
            resource.extend(WRITABLE.iter().map(|t| json!({"resourceType": t})));
            json!({"resourceType": "AccessPolicy", "name": name, "resource": resource})
        }
        _ => json!({"resourceType": "AccessPolicy", "name": name, "resource": [{"resourceType": "*"}]}),
    }
}
