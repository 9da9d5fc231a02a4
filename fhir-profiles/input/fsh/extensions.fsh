// Extensions of ours. Each says where it may stand: a reader finds its fact in one place only.

Extension: RangPriorite
Id: rang-priorite
Title: "Rang de priorité"
Description: "The rank computed by the rules of the CPTS; the greater comes first. A policy, not a fact: the criteria that fired are Flags."
Context: ServiceRequest
* value[x] 1..
* value[x] only decimal

Extension: SourceSignalement
Id: source-signalement
Title: "Source du signalement"
Description: "By which way the need came in. A request that four sources signalled has four."
Context: ServiceRequest
* value[x] 1..
* value[x] only CodeableConcept
* valueCodeableConcept from source-signalement (required)

Extension: TypeSignalant
Id: type-signalant
Title: "Qui signale"
Description: "What kind of person or structure signalled the need."
Context: ServiceRequest
* value[x] 1..
* value[x] only CodeableConcept
* valueCodeableConcept from type-signalant (required)

Extension: DernierMedecin
Id: dernier-medecin
Title: "Dernier médecin traitant"
Description: "The last médecin traitant, as the source names him. Joins the request to the cohort of a GP who leaves."
Context: ServiceRequest
* extension contains nom 0..1 and ville 0..1 and fin 0..1 and identifiant 0..1
* extension[nom].value[x] only string
* extension[ville].value[x] only string
* extension[fin].value[x] only date
* extension[identifiant].value[x] only Identifier
* obeys hub-ext-not-empty

Extension: EtatMembre
Id: etat-membre
Title: "État d'un patient de la cohorte"
Description: "Where a patient of a leaving GP stands."
Context: Group.member
* value[x] 1..
* value[x] only code
* valueCode from etat-cohorte (required)

Extension: EtatMembreDepuis
Id: etat-membre-depuis
Title: "État du patient depuis"
Description: "The day the state of the member last changed."
Context: Group.member
* value[x] 1..
* value[x] only date

Extension: EtatMembrePreuve
Id: etat-membre-preuve
Title: "Ce qui fonde l'état du patient"
Description: "What the state of the member rests on: the file, the declared GP, the last attempt. Without a reference it is the list itself."
Context: Group.member
* value[x] 1..
* value[x] only Reference

Extension: LienAVerifier
Id: lien-a-verifier
Title: "Rapprochement à vérifier"
Description: "Somebody else's record may be this person: a human must look. The state does not depend on it."
Context: Group.member
* value[x] 1..
* value[x] only boolean

Extension: CessationActivite
Id: cessation-activite
Title: "Date de cessation d'activité"
Description: "The last day of activity of the GP."
Context: Group, PractitionerRole
* value[x] 1..
* value[x] only date

Extension: SortiePrevue
Id: sortie-prevue
Title: "Sortie prévue"
Description: "When the hospital expects the patient to leave."
Context: Encounter.hospitalization
* value[x] 1..
* value[x] only dateTime

Extension: ContactPrudent
Id: contact-prudent
Title: "Contact prudent"
Description: "No automatic message to this person: only the agreed way, which the text says."
Context: Patient
* value[x] 1..
* value[x] only string

Extension: ContactPrefere
Id: contact-prefere
Title: "Canal de contact préféré"
Description: "The channel the person asked for."
Context: Patient
* value[x] 1..
* value[x] only code
* valueCode from canal-contact (required)

Extension: TelephoneVerifie
Id: telephone-verifie
Title: "Numéro vérifié"
Description: "Somebody was reached at this number, or was proved not to be."
Context: ContactPoint
* value[x] 1..
* value[x] only boolean

Extension: CapaciteAccueil
Id: capacite-accueil
Title: "Capacité d'accueil du médecin"
Description: "What a GP answered to the questionnaire of the CPTS."
Context: PractitionerRole
* extension contains
    accepteNouveaux 0..1 and
    places 0..1 and
    apparaitSurListe 0..1 and
    publicAccepte 0..* and
    niveauSas 0..1 and
    msu 0..1 and
    creneauxSnp 0..1 and
    majLe 0..1
* extension[accepteNouveaux].value[x] only code
* extension[accepteNouveaux].valueCode from accepte-nouveaux (required)
* extension[places].value[x] only integer
* extension[apparaitSurListe].value[x] only boolean
* extension[publicAccepte].value[x] only code
* extension[publicAccepte].valueCode from public-accepte (required)
* extension[niveauSas].value[x] only code
* extension[niveauSas].valueCode from niveau-sas (required)
* extension[msu].value[x] only boolean
* extension[creneauxSnp].value[x] only integer
* extension[majLe].value[x] only date
* obeys hub-ext-not-empty

Invariant: hub-ext-not-empty
Description: "A complex extension says something."
Expression: "extension.exists()"
Severity: #error
* insert EnFrancais([[Une extension composée dit au moins une chose.]])

Extension: DecisionIdentite
Id: decision-identite
Title: "Décision sur l'identité"
Description: "Who the machine took the person of a message for, and why: the versions compared, how each field agreed, what that weighed, what kept it from joining."
Context: Provenance
* extension contains issue 1..1 and parametres 1..1 and motif 0..1 and compare 0..5
* extension[issue].value[x] only code
* extension[issue].valueCode from issue-identite (required)
* extension[parametres].value[x] only string
* extension[parametres] ^short = "Version of the parameters"
* extension[motif].value[x] only string
* extension[compare].extension contains dossier 1..1 and grade 1..1 and probabilite 1..1 and poids 1..1 and motif 0..* and champ 0..*
* extension[compare].extension[dossier].value[x] only Reference(Patient)
* extension[compare].extension[grade].value[x] only code
* extension[compare].extension[probabilite].value[x] only decimal
* extension[compare].extension[poids].value[x] only decimal
* extension[compare].extension[motif].value[x] only string
* extension[compare].extension[champ].extension contains nom 1..1 and niveau 1..1 and poids 1..1 and texte 1..1
* extension[compare].extension[champ].extension[nom].value[x] only code
* extension[compare].extension[champ].extension[niveau].value[x] only code
* extension[compare].extension[champ].extension[poids].value[x] only decimal
* extension[compare].extension[champ].extension[texte].value[x] only string

Extension: DossierSource
Id: dossier-source
Title: "Dossier d'une source"
Description: "What one sender says of a person, in its own words: the contained Patient holds the traits."
Context: Basic
* extension contains dossier 1..1 and emetteur 0..1 and numero 0..1 and origine 1..1 and depuis 1..1 and dit 1..1
* extension[dossier].value[x] only Reference(Patient)
* extension[emetteur].value[x] only string
* extension[emetteur] ^short = "The client that sends; absent for the team"
* extension[numero].value[x] only string
* extension[numero] ^short = "The sender's own number of the person"
* extension[origine].value[x] only string
* extension[origine] ^short = "The Patient whose record it was when it began; a merge does not change it"
* extension[depuis].value[x] only instant
* extension[dit].value[x] only instant

Extension: DitLe
Id: dit-le
Title: "Dit le"
Description: "When the sender made the message from which a resource was last taken: an older one that comes late does not replace it."
Context: Meta
* value[x] 1..1
* value[x] only dateTime

Extension: TenuPar
Id: tenu-par
Title: "Tenu par"
Description: "A report that holds the request open: a withdrawal takes away its own, and closes what nothing holds any more. Keyed hashes, nothing that tells of anybody."
Context: ServiceRequest
* extension contains emetteur 0..1 and numero 0..1 and groupe 0..1 and genre 1..1 and dit 0..1
* extension[emetteur].value[x] only string
* extension[emetteur] ^short = "Hash of the client that reported, and of its source"
* extension[numero].value[x] only string
* extension[numero] ^short = "Hash of the number of the movement, of the request or of the file"
* extension[groupe].value[x] only string
* extension[groupe] ^short = "Hash of the stay, or of the person where the sender numbers its messages alone"
* extension[genre].value[x] only code
* extension[genre] ^short = "arrivee, sortie, mise-a-jour, demande; autres for those beyond the limit, which no withdrawal takes away"
* extension[dit].value[x] only dateTime
* extension[dit] ^short = "When the sender said it last"
