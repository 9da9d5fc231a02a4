Profile: HubSignalement
Parent: ServiceRequest
Id: hub-signalement
Title: "Signalement : recherche d'un médecin traitant"
Description: "The need of one person who has no médecin traitant, whatever the number of those who signalled it."
* extension contains
    RangPriorite named rangPriorite 0..1 MS and
    SourceSignalement named source 0..* MS and
    TypeSignalant named typeSignalant 0..* MS and
    DernierMedecin named dernierMedecin 0..1 MS
* identifier MS
* identifier ^slicing.discriminator.type = #value
* identifier ^slicing.discriminator.path = "system"
* identifier ^slicing.rules = #open
* identifier contains suivi 0..1 MS
* identifier[suivi].system 1..
* identifier[suivi].system = "https://cpts-fhir-hub.example/fhir/NamingSystem/suivi"
* identifier[suivi].value 1..
* identifier[suivi] ^short = "Tracking number given to the sender"
* status MS
* intent MS
* category 1.. MS
* category from categorie-demande (extensible)
* priority MS
* subject only Reference(Patient)
* subject MS
* encounter MS
* occurrence[x] only Period or dateTime
* occurrence[x] ^short = "When the first visit is due: from the discharge to the last day"
* authoredOn 1.. MS
* requester MS
* reasonCode 1.. MS
* reasonCode from motif-signalement (extensible)
* reasonCode ^short = "Why the person has no médecin traitant; the PRADO volet as a further reason"
* reasonReference MS
* supportingInfo MS
* supportingInfo ^short = "Facts (Observation), answers (QuestionnaireResponse), consents (Consent)"
* note MS
* note ^short = "Remarks of the coordination team; the free text of a form stays in its QuestionnaireResponse"
* obeys hub-sig-category

Invariant: hub-sig-category
Description: "One category says what is looked for, in our code system."
Expression: "category.coding.where(system = 'https://cpts-fhir-hub.example/fhir/CodeSystem/categorie-demande').exists()"
Severity: #error
* insert EnFrancais([[Une catégorie dit ce qui est recherché, avec un code de notre système categorie-demande.]])
