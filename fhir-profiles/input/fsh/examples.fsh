// One example of each profile, one person through the whole of it. Persons are invented; the matricule is of the test set.

Instance: exemple-patient
InstanceOf: HubPatient
Usage: #example
Title: "Odette Martineau, identity qualified, test INS"
* extension[birthPlace].valueAddress.extension.url = $frInseeCode
* extension[birthPlace].valueAddress.extension.valueCoding = $commune#85191
* extension[contactPrefere].valueCode = #telephone
* extension[2].url = $frIdentityReliability
* extension[2].extension.url = "identityStatus"
* extension[2].extension.valueCoding = $frIdentityStatus#QUAL
* identifier[insTest].use = #official
* identifier[insTest].value = "247038519104254"
* identifier[ipp].use = #usual
* identifier[ipp].system = "urn:oid:1.2.250.1.71.4.2.2.1859900011"
* identifier[ipp].value = "778812"
* identifier[ipp].assigner.display = "CH-DEMO"
* name[officialName].extension.url = $frBirthGivenNames
* name[officialName].extension.valueString = "ODETTE"
* name[officialName].family = "MARTINEAU"
* name[officialName].given = "ODETTE"
* name[usualName].family = "GUERIN"
* name[usualName].given = "ODETTE"
* telecom.system = #phone
* telecom.value = "+33251000001"
* telecom.extension[telephoneVerifie].valueBoolean = true
* gender = #female
* birthDate = "1947-03-09"
* address.use = #home
* address.line = "4 rue du Four"
* address.postalCode = "85190"
* address.city = "AIZENAY"
* address.country = "FRA"
* address.extension.url = $frInseeCode
* address.extension.valueCoding = $commune#85003
* contact.name.text = "Claire Guérin"
* contact.telecom.system = #phone
* contact.telecom.value = "+33251000002"

Instance: exemple-signalement
InstanceOf: HubSignalement
Usage: #example
Title: "Signalled by herself on a booking platform, then by PRADO"
* extension[rangPriorite].valueDecimal = 61.5
* extension[source][0].valueCodeableConcept = SourceSignalementCodes#doctolib
* extension[source][+].valueCodeableConcept = SourceSignalementCodes#prado
* extension[typeSignalant].valueCodeableConcept = TypeSignalantCodes#patient
* extension[dernierMedecin].extension[nom].valueString = "Dr DUPRÉ"
* extension[dernierMedecin].extension[ville].valueString = "AIZENAY"
* extension[dernierMedecin].extension[fin].valueDate = "2025-03-31"
* identifier[suivi].value = "2025-0042-7"
* identifier[1].system = "https://cpts-fhir-hub.example/fhir/NamingSystem/cle-source/doctolib"
* identifier[1].value = "5b0d2f0e-6c0e-4f5e-9a3a-2d6d6f1c1a01"
* status = #active
* intent = #proposal
* category = CategorieDemandeCodes#recherche-medecin-traitant
* priority = #urgent
* subject = Reference(exemple-patient)
* occurrencePeriod.start = "2025-06-19"
* occurrencePeriod.end = "2025-06-26"
* authoredOn = "2025-06-18T09:12:44+02:00"
* requester = Reference(exemple-patient)
* reasonCode[0] = MotifDemandeCodes#medecin-parti
* reasonCode[+] = VoletPradoCodes#insuffisance-cardiaque
* supportingInfo[0] = Reference(exemple-fait-ald)
* supportingInfo[+] = Reference(exemple-fait-c2s)

Instance: exemple-fait-ald
InstanceOf: Observation
Usage: #example
Title: "She says that she has an ALD"
* status = #preliminary
* category = $observationCategory#survey
* code.coding[0] = FaitCodes#ald
* code.coding[+] = $cisis#MED-574
* subject = Reference(exemple-patient)
* effectiveDateTime = "2025-06-18T09:12:44+02:00"
* valueBoolean = true

Instance: exemple-fait-c2s
InstanceOf: Observation
Usage: #example
Title: "She does not know whether she has the C2S: that is not a no"
* status = #preliminary
* category = $observationCategory#survey
* code = FaitCodes#c2s
* subject = Reference(exemple-patient)
* effectiveDateTime = "2025-06-18T09:12:44+02:00"
* dataAbsentReason = $dataAbsentReason#asked-unknown

Instance: exemple-critere-ald
InstanceOf: Flag
Usage: #example
Title: "A criterion that holds"
* status = #active
* code = CritereFragiliteCodes#ald
* subject = Reference(exemple-patient)
* period.start = "2025-06-18"

Instance: exemple-priorite
InstanceOf: RiskAssessment
Usage: #example
Title: "Level, rules' version, inputs and reasons"
* status = #final
* method = https://cpts-fhir-hub.example/fhir/CodeSystem/regles-priorite#1
* subject = Reference(exemple-patient)
* occurrenceDateTime = "2025-06-18T09:12:45+02:00"
* basis[0] = Reference(exemple-fait-ald)
* basis[+] = Reference(exemple-patient)
* prediction.qualitativeRisk = NiveauFragiliteCodes#fragile
* note.text = "Plus de 70 ans (78 ans) ; affection de longue durée."

Instance: exemple-dossier
InstanceOf: HubTache
Usage: #example
Title: "The file: parent task"
* identifier.system = "https://cpts-fhir-hub.example/fhir/NamingSystem/suivi"
* identifier.value = "2025-0042-7"
* status = #accepted
* businessStatus = EtatParcoursCodes#a-qualifier
* intent = #order
* code = TypeTacheCodes#parcours-medecin-traitant
* focus = Reference(exemple-signalement)
* for = Reference(exemple-patient)
* authoredOn = "2025-06-18T09:12:45+02:00"
* lastModified = "2025-06-19T08:30:00+02:00"
* restriction.period.end = "2025-06-26"

Instance: exemple-appui-dac
InstanceOf: HubTache
Usage: #example
Title: "Support asked of the DAC, beside the file"
* partOf = Reference(exemple-dossier)
* status = #requested
* intent = #order
* code = TypeTacheCodes#appui-dac
* focus = Reference(exemple-signalement)
* for = Reference(exemple-patient)
* authoredOn = "2025-06-18T09:12:45+02:00"
* owner = Reference(Organization/demo-dac)
* reasonCode = CritereFragiliteCodes#isolement
* input[0].type = DonneeTacheCodes#critere
* input[=].valueCodeableConcept = CritereFragiliteCodes#isolement
* input[+].type = DonneeTacheCodes#critere
* input[=].valueCodeableConcept = CritereFragiliteCodes#ald

Instance: exemple-agenda
InstanceOf: HubSchedule
Usage: #example
Title: "Agenda of a GP at one place"
* identifier.system = "https://rdv-demo.example/agendas"
* identifier.value = "agenda-1001"
* active = true
* specialty = $specialite#SM54
* actor[0] = Reference(Practitioner/demo-medecin-1)
* actor[+] = Reference(PractitionerRole/demo-medecin-1)
* planningHorizon.start = "2025-06-16T08:00:00+02:00"
* planningHorizon.end = "2025-06-28T20:00:00+02:00"

Instance: exemple-creneau
InstanceOf: HubSlot
Usage: #example
Title: "Free slot at the practice, open to all"
* meta.security = $typeCreneau#PUBLIC
* identifier.system = "https://rdv-demo.example/creneaux"
* identifier.value = "creneau-77"
* serviceType = $v3-ActCode#AMB
* specialty = $specialite#SM54
* appointmentType = $v2-0276#ROUTINE
* schedule = Reference(exemple-agenda)
* status = #free
* start = "2025-06-20T09:00:00.000+02:00"
* end = "2025-06-20T09:15:00.000+02:00"
* comment = "https://rdv-demo.example/agendas/1001"

Instance: exemple-cohorte
InstanceOf: HubCohorte
Usage: #example
Title: "Two patients of a GP who leaves"
* extension[cessation].valueDate = "2025-03-31"
* identifier.system = "https://cpts-fhir-hub.example/fhir/NamingSystem/cohorte"
* identifier.value = "850-2025-07"
* active = true
* type = #person
* actual = true
* code = TypeCohorteCodes#medecin-sortant
* name = "Patientèle du Dr DUPRÉ"
* quantity = 2
* managingEntity = Reference(Practitioner/demo-medecin-6)
* member[0].entity = Reference(exemple-patient)
* member[=].extension[etat].valueCode = #signale
* member[=].extension[etatDepuis].valueDate = "2025-06-18"
* member[+].entity = Reference(Patient/demo-cohorte-02)
* member[=].extension[etat].valueCode = #invite-sans-reponse
* member[=].extension[etatDepuis].valueDate = "2025-04-02"
