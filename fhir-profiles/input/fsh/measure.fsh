// What Group/{id}/$reconcile reports against: one population a state, each counted in etat-cohorte.

RuleSet: Etat(code)
* group.population[+].code = EtatCohorteCodes#{code}
* group.population[=].criteria.language = #text/fhirpath
* group.population[=].criteria.expression = "extension.where(url = 'https://cpts-fhir-hub.example/fhir/StructureDefinition/etat-membre').value = '{code}'"

Instance: cohorte-medecin-sortant
InstanceOf: Measure
Usage: #definition
* url = "https://cpts-fhir-hub.example/fhir/Measure/cohorte-medecin-sortant"
* name = "CohorteMedecinSortant"
* title = "Cohorte d'un médecin sortant : où en sont ses patients"
* status = #active
* subjectCodeableConcept = http://hl7.org/fhir/resource-types#Group
* description = "Every active member of the cohort is in exactly one of the six states; the counts sum to its size."
* scoring = http://terminology.hl7.org/CodeSystem/measure-scoring#cohort
* insert Etat(mt-retrouve)
* insert Etat(signale)
* insert Etat(invite-sans-reponse)
* insert Etat(injoignable)
* insert Etat(oppose)
* insert Etat(hors-territoire)
