// Identifier systems of ours. date is the day they were first fixed.

RuleSet: Systeme(nom, chemin, description)
* name = "{nom}"
* status = #active
* kind = #identifier
* date = "2026-11-22"
* description = "{description}"
* uniqueId.type = #uri
* uniqueId.value = "https://cpts-fhir-hub.example/fhir/NamingSystem/{chemin}"
* uniqueId.preferred = true

Instance: suivi
InstanceOf: NamingSystem
Usage: #definition
* insert Systeme(NumeroDeSuivi, suivi, Tracking number of a file: given to whoever signalled)

Instance: cle-source-doctolib
InstanceOf: NamingSystem
Usage: #definition
* insert Systeme(CleSourceDoctolib, cle-source/doctolib, Key of a sign-up at the booking platform: eventId)

Instance: cle-source-hospital
InstanceOf: NamingSystem
Usage: #definition
* insert Systeme(CleSourceHospital, cle-source/hospital, Key of a hospital stay: authority and visit number)

Instance: cle-source-prado
InstanceOf: NamingSystem
Usage: #definition
* insert Systeme(CleSourcePrado, cle-source/prado, Number of a PRADO file: dossier_prado)

Instance: cohorte
InstanceOf: NamingSystem
Usage: #definition
* insert Systeme(NumeroDeCohorte, cohorte, Number of the cohort of a leaving GP at the CPAM)

Instance: conseiller-prado
InstanceOf: NamingSystem
Usage: #definition
* insert Systeme(ConseillerPrado, conseiller-prado, Number of a PRADO adviser at the CPAM)

Instance: cle-source-guichet
InstanceOf: NamingSystem
Usage: #definition
* insert Systeme(CleSourceGuichet, cle-source/guichet, Key of a desk form where its sender gives one)

Instance: cle-source-recensement
InstanceOf: NamingSystem
Usage: #definition
* insert Systeme(CleSourceRecensement, cle-source/recensement, Key of a line of a census)

Instance: cle-source-mas
InstanceOf: NamingSystem
Usage: #definition
* insert Systeme(CleSourceMas, cle-source/mas, Number of a file at the MAS of the CPAM)

Instance: cle-source-appels-snp
InstanceOf: NamingSystem
Usage: #definition
* insert Systeme(CleSourceAppelsSnp, cle-source/appels-snp, Number of a call at the unscheduled-care phone desk)

Instance: cle-source-medecins
InstanceOf: NamingSystem
Usage: #definition
* insert Systeme(CleSourceMedecins, cle-source/medecins, RPPS of the GP who answered)

Instance: cle-source-cpam-cohort
InstanceOf: NamingSystem
Usage: #definition
* insert Systeme(CleSourceCpamCohort, cle-source/cpam-cohort, Line of a cohort of the CPAM)

Instance: rappel-cohorte
InstanceOf: NamingSystem
Usage: #definition
* insert Systeme(RappelCohorte, rappel-cohorte, Number of a call-back of a cohort: cohort and patient and how many)

Instance: courrier-cohorte
InstanceOf: NamingSystem
Usage: #definition
* insert Systeme(CourrierCohorte, courrier-cohorte, Number of a letter of a cohort: cohort and patient and how many)

Instance: rapport-cohorte
InstanceOf: NamingSystem
Usage: #definition
* insert Systeme(RapportCohorte, rapport-cohorte, Number of a report on a cohort: cohort and the report before)

Instance: pile-cohorte
InstanceOf: NamingSystem
Usage: #definition
* insert Systeme(PileCohorte, pile-cohorte, Number of the pile of a GP: cohort and practitioner)

Instance: alerte-isolement
InstanceOf: NamingSystem
Usage: #definition
* insert Systeme(AlerteIsolement, alerte-isolement, Number of an alert of isolation: file and how many)

Instance: alerte-etat
InstanceOf: NamingSystem
Usage: #definition
* insert Systeme(AlerteEtat, alerte-etat, Number of an alert of a state that lasts: file and the version with which the state began)

Instance: confirmation-annuelle
InstanceOf: NamingSystem
Usage: #definition
* insert Systeme(ConfirmationAnnuelle, confirmation-annuelle, Number of a yearly confirmation: file and how many)
