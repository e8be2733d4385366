//! The resource types that the platform knows, and the groups that access rules speak of.

/// A resource type: its place in the sorted list of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kind(u16);

const NAMES: &[&str] = &[
    "AccessPolicy",
    "Account",
    "ActivityDefinition",
    "AdverseEvent",
    "Agent",
    "AllergyIntolerance",
    "Appointment",
    "AppointmentResponse",
    "AsyncJob",
    "AuditEvent",
    "Basic",
    "Binary",
    "BiologicallyDerivedProduct",
    "BodyStructure",
    "Bot",
    "BulkDataExport",
    "Bundle",
    "CapabilityStatement",
    "CarePlan",
    "CareTeam",
    "CatalogEntry",
    "ChargeItem",
    "ChargeItemDefinition",
    "Claim",
    "ClaimResponse",
    "ClientApplication",
    "ClinicalImpression",
    "CodeSystem",
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
    "DicomInstance",
    "DicomSeries",
    "DicomStudy",
    "DocumentManifest",
    "DocumentReference",
    "DomainConfiguration",
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
    "JsonWebKey",
    "Library",
    "Linkage",
    "List",
    "Location",
    "Login",
    "Measure",
    "MeasureReport",
    "Media",
    "Medication",
    "MedicationAdministration",
    "MedicationDispense",
    "MedicationKnowledge",
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
    "ObservationDefinition",
    "OperationDefinition",
    "OperationOutcome",
    "Organization",
    "OrganizationAffiliation",
    "Package",
    "PackageInstallation",
    "PackageRelease",
    "Parameters",
    "Patient",
    "PaymentNotice",
    "PaymentReconciliation",
    "Person",
    "PlanDefinition",
    "Practitioner",
    "PractitionerRole",
    "Procedure",
    "Project",
    "ProjectMembership",
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
    "SmartAppLaunch",
    "SmartHealthLink",
    "Specimen",
    "SpecimenDefinition",
    "StructureDefinition",
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
    "User",
    "UserConfiguration",
    "UserSecurityRequest",
    "ValueSet",
    "VerificationResult",
    "VisionPrescription",
];

/// Types that only a super admin may touch (platform-api §12).
const PROTECTED: [&str; 3] = ["DomainConfiguration", "JsonWebKey", "Login"];

/// Types that a `*` policy never covers (platform-api §12).
const ADMIN: [&str; 7] = [
    "Package",
    "PackageRelease",
    "PackageInstallation",
    "Project",
    "ProjectMembership",
    "User",
    "UserSecurityRequest",
];

impl Kind {
    /// How many types there are.
    pub const COUNT: usize = NAMES.len();

    /// All types.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..NAMES.len()).filter_map(|i| u16::try_from(i).ok()).map(Self)
    }

    /// The type of a name.
    pub fn of(name: &str) -> Option<Self> {
        NAMES.binary_search(&name).ok().and_then(|i| u16::try_from(i).ok()).map(Self)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        NAMES.get(usize::from(self.0)).copied().unwrap_or("Resource")
    }

    /// Its place, below [`Kind::COUNT`].
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// Only a super admin may touch it.
pub fn is_protected(name: &str) -> bool {
    PROTECTED.contains(&name)
}

/// It is ruled by the role, not by the caller's own policy.
pub fn is_admin_kind(name: &str) -> bool {
    ADMIN.contains(&name)
}

/// All types ruled by the role.
pub fn admin_kinds() -> impl Iterator<Item = &'static str> {
    ADMIN.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_so_that_each_is_found() {
        for name in NAMES {
            assert_eq!(Kind::of(name).map(Kind::name), Some(*name));
        }
        assert_eq!(Kind::of("NoSuchType"), None);
    }
}
