// Names used by every file of this folder.

Alias: $hub = https://cpts-fhir-hub.example/fhir

// France: FR Core 2.x, used by canonical alone, and the national terminologies
Alias: $frIdentifierType = https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203
Alias: $frIdentityStatus = https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-identity-status
Alias: $frCollection = https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-method-collection
Alias: $frIdentityReliability = https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability
Alias: $frInseeCode = https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code
Alias: $frBirthGivenNames = https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-birth-list-given-name
Alias: $commune = https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM
Alias: $typeCreneau = https://mos.esante.gouv.fr/NOS/TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau
Alias: $specialite = https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale
Alias: $cisis = https://smt.esante.gouv.fr/fhir/CodeSystem/terminologie-cisis

// HL7
Alias: $v2-0203 = http://terminology.hl7.org/CodeSystem/v2-0203
Alias: $v2-0276 = http://terminology.hl7.org/CodeSystem/v2-0276
Alias: $v3-ActCode = http://terminology.hl7.org/CodeSystem/v3-ActCode
Alias: $observationCategory = http://terminology.hl7.org/CodeSystem/observation-category
Alias: $dataAbsentReason = http://terminology.hl7.org/CodeSystem/data-absent-reason
Alias: $consentScope = http://terminology.hl7.org/CodeSystem/consentscope
Alias: $birthPlace = http://hl7.org/fhir/StructureDefinition/patient-birthPlace

// The text of a rule as a sender in France reads it.
RuleSet: EnFrancais(texte)
* human.extension[0].url = "http://hl7.org/fhir/StructureDefinition/translation"
* human.extension[0].extension[0].url = "lang"
* human.extension[0].extension[0].valueCode = #fr
* human.extension[0].extension[1].url = "content"
* human.extension[0].extension[1].valueString = "{texte}"
