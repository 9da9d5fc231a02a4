Profile: HubPatient
Parent: Patient
Id: hub-patient
Title: "Patient suivi par la CPTS"
Description: "A person whom the CPTS helps to find a médecin traitant. Says what FR Core 2.x patient says where both speak: a resource that carries the FR Core extensions meets both."
* extension contains
    ContactPrefere named contactPrefere 0..1 MS and
    ContactPrudent named contactPrudent 0..1 MS
* extension contains http://hl7.org/fhir/StructureDefinition/patient-birthPlace named birthPlace 0..1 MS
* extension ^short = "Ours, the birth place, and FR Core's: fr-core-identity-reliability says the trust in the identity (RNIV)"
* extension[birthPlace] ^short = "Birth place, with its INSEE code on the address"

// Only the type tells an INS from a NIR that a form or a bill carries: the system is the same (fr-interop: INS-NIR and NSS).
* identifier MS
* identifier ^slicing.discriminator.type = #pattern
* identifier ^slicing.discriminator.path = "type"
* identifier ^slicing.rules = #open
* identifier ^slicing.description = "By type: the system alone does not tell the INS-NIR from the NIR used for billing."
* identifier contains
    insNir 0..* MS and
    insNia 0..* and
    insTest 0..* and
    insDemo 0..* and
    nss 0..* and
    ipp 0..* MS
* insert Ins(insNir, #INS-NIR, urn:oid:1.2.250.1.213.1.4.8, [["INS-NIR, matricule issued by INSi"]])
* insert Ins(insNia, #INS-NIA, urn:oid:1.2.250.1.213.1.4.9, [["INS-NIA, temporary matricule"]])
* insert Ins(insTest, #INS-NIR-TEST, urn:oid:1.2.250.1.213.1.4.10, [["INS of the national test set"]])
* insert Ins(insDemo, #INS-NIR-DEMO, urn:oid:1.2.250.1.213.1.4.11, [["INS of demonstrations"]])
* identifier[nss].type = $v2-0203#NH
* identifier[nss].value 1..
* identifier[nss] ^short = "NIR as typed or billed: a hint, possibly a parent's"
* identifier[ipp].type = $v2-0203#PI
* identifier[ipp].system 1..
* identifier[ipp].value 1..
* identifier[ipp] ^short = "Number of the patient in a hospital"

* name 1.. MS
* name ^slicing.discriminator.type = #value
* name ^slicing.discriminator.path = "use"
* name ^slicing.rules = #open
* name contains officialName 0..* MS and usualName 0..* MS
* name[officialName].use = #official
* name[officialName].family 1..
* name[officialName].given 1..
* name[officialName] ^short = "Birth name and birth first names"
* name[usualName].use = #usual
* name[usualName] ^short = "Name used every day"
* name obeys hub-pat-name

* telecom MS
* telecom.system 1..
* telecom.value 1..
* telecom.extension contains TelephoneVerifie named telephoneVerifie 0..1
* gender MS
* birthDate MS
* deceased[x] MS
* address MS
* contact MS
* generalPractitioner MS
* generalPractitioner ^short = "Declared médecin traitant. Absent means unknown, not none."

* obeys hub-pat-ins-shape and hub-pat-qualified and hub-pat-one-ins

RuleSet: Ins(slice, code, system, short)
* identifier[{slice}].use 1..
* identifier[{slice}].type = $frIdentifierType{code}
* identifier[{slice}].system 1..
* identifier[{slice}].system = "{system}"
* identifier[{slice}].value 1..
* identifier[{slice}] ^short = {short}

Invariant: hub-pat-name
Description: "A name says a family name or a whole name."
Expression: "family.exists() or text.exists()"
Severity: #error
* insert EnFrancais([[Un nom donne le nom de famille ou le nom complet.]])

Invariant: hub-pat-ins-shape
Description: "A matricule INS has 15 characters: 13 of the NIR or NIA (2A and 2B for Corsica) and the key. A wrong key is a warning elsewhere, never a fault here: published examples have wrong keys."
Expression: "identifier.where(type.coding.where(system = 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203' and code.startsWith('INS-NI')).exists()).all(value.matches('^[0-9]{5}[0-9][0-9AB][0-9]{8}$'))"
Severity: #error
* insert EnFrancais([[Un matricule INS a 15 caractères : les 13 du NIR ou du NIA (2A et 2B pour la Corse) et la clé.]])

Invariant: hub-pat-qualified
Description: "An identity is qualified only together with an INS (FR Core fr-core-1, for the code QUAL)."
Expression: "extension.where(url = 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability').extension.where(url = 'identityStatus').value.where(code = 'QUAL').empty() or identifier.where(type.coding.where(system = 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203' and code.startsWith('INS-NI')).exists()).exists()"
Severity: #error
* insert EnFrancais([[Une identité n'est qualifiée (QUAL) qu'avec un matricule INS.]])

Invariant: hub-pat-one-ins
Description: "At most one INS in use: two would be two persons."
Expression: "identifier.where(use = 'official' and type.coding.where(system = 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203' and code.startsWith('INS-NI')).exists()).count() <= 1"
Severity: #error
* insert EnFrancais([[Un seul matricule INS en usage : deux désigneraient deux personnes.]])
