Profile: HubCohorte
Parent: Group
Id: hub-cohorte
Title: "Cohorte d'un médecin qui cesse son activité"
Description: "The patients of one GP who leaves, and where each of them stands. Every active member is in exactly one of the six states."
* extension contains CessationActivite named cessation 0..1 MS
* identifier MS
* identifier.system 1..
* identifier.value 1..
* type = #person
* actual = true
* code 1.. MS
* code = TypeCohorteCodes#medecin-sortant
* name 1.. MS
* managingEntity 1.. MS
* managingEntity only Reference(Practitioner or PractitionerRole)
* managingEntity ^short = "The GP who leaves"
* member MS
* member.entity only Reference(Patient)
* member.extension contains EtatMembre named etat 0..1 MS and EtatMembreDepuis named etatDepuis 0..1 and EtatMembrePreuve named preuve 0..1 and LienAVerifier named lienAVerifier 0..1
* obeys hub-coh-once

Invariant: hub-coh-once
Description: "A person is in the cohort once."
Expression: "member.entity.reference.isDistinct()"
Severity: #error
* insert EnFrancais([[Une personne n'est qu'une fois dans la cohorte.]])
