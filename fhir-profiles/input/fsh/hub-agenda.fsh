Profile: HubSchedule
Parent: Schedule
Id: hub-schedule
Title: "Agenda d'un professionnel en un lieu"
Description: "One agenda is one place of one professional, as the SAS guide asks. A platform that synchronises names it by its own identifier."
* identifier MS
* identifier.system 1..
* identifier.value 1..
* active MS
* specialty MS
* actor MS
* actor only Reference(Practitioner or PractitionerRole or Location or HealthcareService)
* planningHorizon MS
* obeys hub-sch-place

Invariant: hub-sch-place
Description: "An agenda belongs to one place: at most one PractitionerRole and one Location."
Expression: "actor.where(reference.contains('PractitionerRole/')).count() <= 1 and actor.where(reference.contains('Location/')).count() <= 1"
Severity: #error
* insert EnFrancais([[Un agenda est celui d'un seul lieu : au plus un rôle de praticien (PractitionerRole) et un lieu (Location).]])

Profile: HubSlot
Parent: Slot
Id: hub-slot
Title: "Créneau"
Description: "A slot that a booking platform gives or that the CPTS holds for unscheduled care."
* meta.security MS
* meta.security ^short = "Who may see it: PUBLIC, PRO, SNP, CPTS (TRE_R314); several may stand"
* identifier MS
* identifier.system 1..
* identifier.value 1..
* serviceType MS
* serviceType ^short = "AMB at the practice, HH at home, VR by video; reasons for the visit as text"
* specialty MS
* appointmentType MS
* appointmentType ^short = "ROUTINE: to be booked; WALKIN: just come"
* schedule MS
* status MS
* start MS
* end MS
* comment MS
* comment ^short = "Address of the agenda to book at"
* obeys hub-slo-order and hub-slo-length and hub-slo-security

Invariant: hub-slo-order
Description: "A slot ends after it starts."
Expression: "start < end"
Severity: #error
* insert EnFrancais([[Un créneau se termine après son début.]])

Invariant: hub-slo-length
Description: "A slot lasts at most one day."
Expression: "end <= start + 24 hours"
Severity: #error
* insert EnFrancais([[Un créneau dure au plus un jour.]])

Invariant: hub-slo-security
Description: "The kinds of slot are those of TRE_R314."
Expression: "meta.security.where(system = 'https://mos.esante.gouv.fr/NOS/TRE_R314-TypeCreneau/FHIR/TRE-R314-TypeCreneau').all(code in ('PUBLIC' | 'PRO' | 'SNP' | 'CPTS'))"
Severity: #error
* insert EnFrancais([[Les types de créneau sont ceux de TRE_R314 : PUBLIC, PRO, SNP ou CPTS.]])
