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
