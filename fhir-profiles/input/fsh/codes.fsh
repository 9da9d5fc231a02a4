// The words of the coordination teams, as codes. French display, English designation.
// One value set a code system holds all of it; motif-signalement joins two.

RuleSet: Mot(code, fr, en)
* #{code} {fr}
* #{code} ^designation[0].language = #en
* #{code} ^designation[0].value = {en}

RuleSet: MotDefini(code, fr, en, definition)
* #{code} {fr} {definition}
* #{code} ^designation[0].language = #en
* #{code} ^designation[0].value = {en}

CodeSystem: EtatParcoursCodes
Id: etat-parcours
Title: "État du dossier"
Description: "States of the file of a signalement (Task.businessStatus of parcours-medecin-traitant)"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/etat-parcours"
* insert MotDefini(recu, [["Reçu"]], [["Received"]], [["Message mapped, nobody looked yet"]])
* insert MotDefini(a-confirmer, [["À confirmer"]], [["To be confirmed"]], [["Inferred, for instance from a discharge without declared GP: ask first"]])
* insert MotDefini(doublon-a-verifier, [["Doublon à vérifier"]], [["Possible duplicate"]], [["Possibly a person already known: a human decides"]])
* insert MotDefini(a-qualifier, [["À qualifier"]], [["To be qualified"]], [["The coordination team must analyse the file"]])
* insert MotDefini(incomplet, [["Incomplet"]], [["Incomplete"]], [["Pieces are missing and were asked for"]])
* insert MotDefini(etude-mas, [["Étude MAS en cours"]], [["Studied by the CPAM"]], [["The CPAM's mission studies the file"]])
* insert MotDefini(qualifie, [["Qualifié"]], [["Qualified"]], [["Complete, criteria and rank computed"]])
* insert MotDefini(en-attente-medecin, [["En attente d'un médecin"]], [["Waiting for a GP"]], [["On the list, ranked"]])
* insert MotDefini(oriente-snp, [["Orienté vers les soins non programmés"]], [["Directed to unscheduled care"]], [["Not fragile: unscheduled care offered, stays on the list"]])
* insert MotDefini(propose, [["Proposé"]], [["Proposed"]], [["At least one live proposal to a GP"]])
* insert MotDefini(accepte, [["Accepté"]], [["Accepted"]], [["A GP said yes"]])
* insert MotDefini(premier-rdv, [["Premier rendez-vous pris"]], [["First visit booked"]], [["First visit booked"]])
* insert MotDefini(mt-declare, [["Médecin traitant déclaré"]], [["GP declared"]], [["Declared at the Assurance Maladie: success"]])
* insert Mot(clos-deja-mt, [["Clos : a déjà un médecin traitant"]], [["Closed: already has a GP"]])
* insert Mot(clos-hors-territoire, [["Clos : hors territoire"]], [["Closed: outside the territory"]])
* insert Mot(clos-injoignable, [["Clos : injoignable"]], [["Closed: cannot be reached"]])
* insert Mot(clos-decede, [["Clos : décédé"]], [["Closed: deceased"]])
* insert Mot(clos-oppose, [["Clos : opposition"]], [["Closed: opposed"]])
* insert Mot(clos-doublon, [["Clos : doublon"]], [["Closed: duplicate"]])
* insert Mot(clos-non-confirme, [["Clos : besoin non confirmé"]], [["Closed: need not confirmed"]])
* insert Mot(clos-a-la-demande, [["Clos à la demande du patient"]], [["Closed at the patient's request"]])
* insert Mot(erreur-saisie, [["Erreur de saisie"]], [["Entered in error"]])

ValueSet: EtatParcoursValeurs
Id: etat-parcours
Title: "État du dossier"
Description: "All codes of etat-parcours"
* include codes from system EtatParcoursCodes

CodeSystem: TypeTacheCodes
Id: type-tache
Title: "Type de tâche"
Description: "What a Task of the hub is about"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/type-tache"
* insert MotDefini(parcours-medecin-traitant, [["Parcours vers un médecin traitant"]], [["Way to a GP"]], [["The file: parent of all others"]])
* insert MotDefini(proposition-medecin, [["Proposition à un médecin"]], [["Proposal to a GP"]], [["One GP, free to accept or refuse"]])
* insert Mot(evaluation-mas, [["Évaluation par la mission d'accès aux soins"]], [["Study by the CPAM"]])
* insert MotDefini(appui-dac, [["Appui du DAC"]], [["Support by the DAC"]], [["Runs beside any state of the file"]])
* insert Mot(rappel, [["Rappel téléphonique"]], [["Call back"]])
* insert Mot(piece-manquante, [["Pièce manquante"]], [["Missing piece"]])
* insert Mot(verification-identite, [["Vérification d'identité"]], [["Identity check"]])
* insert Mot(confirmation-annuelle, [["Confirmation annuelle"]], [["Yearly confirmation"]])
* insert MotDefini(veille-cessation, [["Cessation d'activité à vérifier"]], [["GP who seems to have stopped"]], [["The national directory no longer names a professional"]])
* insert MotDefini(bilan-preparatoire, [["Bilan préparatoire"]], [["Preparatory check-up"]], [["By a nurse, a pharmacist or a physiotherapist before the first visit"]])

ValueSet: TypeTacheValeurs
Id: type-tache
Title: "Type de tâche"
Description: "All codes of type-tache"
* include codes from system TypeTacheCodes

CodeSystem: MotifRefusCodes
Id: motif-refus
Title: "Motif de refus"
Description: "Why a GP refused; optional, never asked twice"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/motif-refus"
* insert Mot(patientele-complete, [["Patientèle complète"]], [["Practice is full"]])
* insert Mot(hors-zone-visite, [["Hors de la zone de visite"]], [["Outside the home-visit zone"]])
* insert MotDefini(situation-trop-lourde-sans-appui, [["Situation trop lourde sans appui"]], [["Too heavy without support"]], [["Offers the DAC"]])
* insert Mot(deja-connu-conflit, [["Déjà connu, conflit"]], [["Already known, conflict"]])
* insert Mot(absence, [["Absence"]], [["Away"]])
* insert Mot(autre, [["Autre"]], [["Other"]])
* insert Mot(non-dit, [["Non précisé"]], [["Not said"]])

ValueSet: MotifRefusValeurs
Id: motif-refus
Title: "Motif de refus"
Description: "All codes of motif-refus"
* include codes from system MotifRefusCodes

CodeSystem: MotifDemandeCodes
Id: motif-demande
Title: "Motif de la demande"
Description: "Why the person looks for a médecin traitant"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/motif-demande"
* insert Mot(medecin-parti, [["Médecin parti ou retraité"]], [["GP left or retired"]])
* insert Mot(nouvel-arrivant, [["Nouvel arrivant"]], [["New in the territory"]])
* insert Mot(refus, [["Refusé par les cabinets"]], [["Refused by the practices"]])
* insert MotDefini(sans-mt-declare, [["Sans médecin traitant déclaré"]], [["No declared GP"]], [["Said by a hospital, PRADO or the CPAM, cause unknown"]])
* insert Mot(sortie-hospitalisation, [["Sortie d'hospitalisation"]], [["Discharge from hospital"]])
* insert Mot(mt-eloigne, [["Médecin traitant éloigné"]], [["Declared GP is far away"]])
* insert Mot(autre, [["Autre"]], [["Other"]])

ValueSet: MotifDemandeValeurs
Id: motif-demande
Title: "Motif de la demande"
Description: "All codes of motif-demande"
* include codes from system MotifDemandeCodes

CodeSystem: CritereFragiliteCodes
Id: critere-fragilite
Title: "Critère de fragilité ou de priorité"
Description: "Criteria the triage rules look at (Flag.code)"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/critere-fragilite"
* insert Mot(age-plus-70, [["Plus de 70 ans"]], [["Over 70"]])
* insert Mot(age-plus-75, [["75 ans et plus"]], [["75 and over"]])
* insert Mot(ald, [["Affection de longue durée"]], [["Long-term condition (ALD)"]])
* insert Mot(c2s, [["Complémentaire santé solidaire"]], [["Means-tested cover (C2S)"]])
* insert Mot(ame, [["Aide médicale de l'État"]], [["State medical aid (AME)"]])
* insert MotDefini(cmu, [["Couverture maladie universelle"]], [["Universal cover (CMU)"]], [["Old name of the C2S in hospital messages"]])
* insert Mot(precarite, [["Précarité"]], [["Precarious situation"]])
* insert Mot(handicap, [["Handicap"]], [["Disability"]])
* insert Mot(isolement, [["Isolement"]], [["Isolation"]])
* insert Mot(chronique-complexe, [["Pathologies chroniques complexes"]], [["Complex chronic conditions"]])
* insert Mot(perte-autonomie, [["Perte d'autonomie"]], [["Loss of autonomy"]])
* insert Mot(rupture-droits, [["Rupture de droits"]], [["Rights interrupted"]])
* insert Mot(risque-rupture, [["Risque de rupture"]], [["Risk of interruption"]])
* insert Mot(adhesion-difficile, [["Difficultés d'adhésion aux soins"]], [["Difficult adherence to care"]])
* insert MotDefini(suivi-urgent, [["Suivi urgent"]], [["Urgent follow-up"]], [["Set by a person, with a name and a reason"]])
* insert Mot(proximite, [["Proximité"]], [["Lives near the practice"]])
* insert Mot(signale-pro-ou-elu, [["Signalé par un professionnel ou un élu"]], [["Signalled by a professional or an elected official"]])
* insert Mot(sortie-hopital, [["Sortie d'hôpital"]], [["Discharged from hospital"]])
* insert Mot(medecin-parti, [["Médecin parti"]], [["GP left"]])
* insert Mot(nouvel-arrivant, [["Nouvel arrivant"]], [["New in the territory"]])
* insert Mot(ehpad, [["Résident d'EHPAD"]], [["Lives in a nursing home"]])
* insert Mot(visite-domicile, [["Visite à domicile nécessaire"]], [["Needs home visits"]])

ValueSet: CritereFragiliteValeurs
Id: critere-fragilite
Title: "Critère de fragilité ou de priorité"
Description: "All codes of critere-fragilite"
* include codes from system CritereFragiliteCodes

CodeSystem: NiveauFragiliteCodes
Id: niveau-fragilite
Title: "Niveau de fragilité"
Description: "Outcome of triage (RiskAssessment.prediction.qualitativeRisk)"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/niveau-fragilite"
* insert MotDefini(fragile, [["Fragile"]], [["Fragile"]], [["At least one criterion of the policy holds"]])
* insert Mot(non-fragile, [["Non fragile"]], [["Not fragile"]])
* insert MotDefini(a-preciser, [["À préciser"]], [["To be completed"]], [["No criterion holds, but facts are missing"]])

ValueSet: NiveauFragiliteValeurs
Id: niveau-fragilite
Title: "Niveau de fragilité"
Description: "All codes of niveau-fragilite"
* include codes from system NiveauFragiliteCodes

CodeSystem: FaitCodes
Id: fait
Title: "Fait déclaré ou constaté"
Description: "Facts the rules read (Observation.code). A fact nobody asked about has no Observation."
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/fait"
* insert Mot(ald, [["Affection de longue durée"]], [["Long-term condition (ALD)"]])
* insert Mot(diabete, [["Diabète"]], [["Diabetes"]])
* insert Mot(c2s, [["Complémentaire santé solidaire"]], [["Means-tested cover (C2S)"]])
* insert Mot(ame, [["Aide médicale de l'État"]], [["State medical aid (AME)"]])
* insert Mot(cmu, [["Couverture maladie universelle"]], [["Universal cover (CMU)"]])
* insert Mot(handicap, [["Handicap"]], [["Disability"]])
* insert Mot(vit-seul, [["Vit seul"]], [["Lives alone"]])
* insert Mot(sans-domicile, [["Sans domicile"]], [["Homeless"]])
* insert Mot(ehpad, [["Réside en EHPAD"]], [["Lives in a nursing home"]])
* insert Mot(precarite, [["Précarité"]], [["Precarious situation"]])
* insert Mot(perte-autonomie, [["Perte d'autonomie"]], [["Loss of autonomy"]])
* insert Mot(aide-a-domicile, [["Aide à domicile en place"]], [["Has home help"]])
* insert Mot(mobilite, [["Peut se rendre au cabinet"]], [["Can go to the practice"]])
* insert Mot(personnes-foyer-sans-mt, [["Personnes du foyer sans médecin traitant"]], [["People of the household without GP"]])
* insert Mot(sans-mt-declare, [["Sans médecin traitant déclaré"]], [["No declared GP"]])
* insert Mot(sans-mt-depuis, [["Sans médecin traitant depuis"]], [["Without GP since"]])
* insert Mot(renouvellement-traitement, [["Prochain renouvellement de traitement"]], [["Next renewal of treatment"]])
* insert Mot(premier-rdv-mg-pris, [["Premier rendez-vous avec un généraliste pris"]], [["First visit to a GP is booked"]])
* insert Mot(premier-rdv-mg, [["Premier rendez-vous avec un généraliste"]], [["First visit to a GP"]])
* insert Mot(isolement, [["Isolement"]], [["Isolation"]])
* insert Mot(rupture-droits, [["Rupture de droits"]], [["Rights interrupted"]])
* insert Mot(risque-rupture, [["Risque de rupture du parcours"]], [["Risk of falling out of care"]])
* insert Mot(adhesion-difficile, [["Difficultés d'adhésion aux soins"]], [["Difficult adherence to care"]])

ValueSet: FaitValeurs
Id: fait
Title: "Fait déclaré ou constaté"
Description: "All codes of fait"
* include codes from system FaitCodes

CodeSystem: MobiliteCodes
Id: mobilite
Title: "Mobilité"
Description: "Can the person go to the practice"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/mobilite"
* insert Mot(oui, [["Se déplace"]], [["Can travel"]])
* insert Mot(difficile, [["Se déplace difficilement"]], [["Travels with difficulty"]])
* insert Mot(non, [["Ne se déplace pas"]], [["Cannot travel"]])

ValueSet: MobiliteValeurs
Id: mobilite
Title: "Mobilité"
Description: "All codes of mobilite"
* include codes from system MobiliteCodes

CodeSystem: SourceSignalementCodes
Id: source-signalement
Title: "Source du signalement"
Description: "Ways in: the names of the intake routes"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/source-signalement"
* insert Mot(doctolib, [["Plateforme de rendez-vous"]], [["Booking platform"]])
* insert Mot(inscription, [["Formulaire public d'inscription"]], [["Public sign-up form"]])
* insert Mot(telephone, [["Appel saisi par l'équipe"]], [["Phone call typed by the team"]])
* insert Mot(recensement, [["Recensement communal"]], [["Census by town halls"]])
* insert Mot(hospital, [["Hôpital"]], [["Hospital"]])
* insert Mot(prado, [["PRADO"]], [["PRADO"]])
* insert Mot(cpam-cohort, [["Cohorte de la CPAM"]], [["Cohort of the CPAM"]])
* insert Mot(mas, [["Mission d'accès aux soins"]], [["CPAM's access-to-care mission"]])
* insert Mot(guichet, [["Guichet d'un professionnel"]], [["Desk of a professional"]])
* insert Mot(medecins, [["Questionnaire aux médecins"]], [["GP questionnaire"]])
* insert Mot(appels-snp, [["Plateforme téléphonique SNP"]], [["Unscheduled-care phone desk"]])
* insert Mot(fhir, [["Système partenaire (FHIR)"]], [["Partner system (FHIR)"]])

ValueSet: SourceSignalementValeurs
Id: source-signalement
Title: "Source du signalement"
Description: "All codes of source-signalement"
* include codes from system SourceSignalementCodes

CodeSystem: TypeSignalantCodes
Id: type-signalant
Title: "Qui signale"
Description: "Kind of person or structure that signals"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/type-signalant"
* insert Mot(patient, [["Le patient"]], [["The patient"]])
* insert Mot(proche, [["Un proche, un aidant"]], [["A relative, a carer"]])
* insert Mot(etablissement-sante, [["Un établissement de santé"]], [["A hospital"]])
* insert Mot(assurance-maladie, [["L'Assurance Maladie"]], [["The health insurance"]])
* insert Mot(dac, [["Un DAC"]], [["A DAC"]])
* insert Mot(pharmacien, [["Un pharmacien"]], [["A pharmacist"]])
* insert Mot(infirmier, [["Un infirmier"]], [["A nurse"]])
* insert Mot(professionnel-sante, [["Un autre professionnel de santé"]], [["Another health professional"]])
* insert Mot(medico-social, [["Un acteur médico-social"]], [["A medico-social actor"]])
* insert Mot(mairie, [["Une mairie"]], [["A town hall"]])
* insert Mot(elu, [["Un élu"]], [["An elected official"]])
* insert Mot(coordination, [["L'équipe de coordination"]], [["The coordination team"]])

ValueSet: TypeSignalantValeurs
Id: type-signalant
Title: "Qui signale"
Description: "All codes of type-signalant"
* include codes from system TypeSignalantCodes

CodeSystem: CategorieDemandeCodes
Id: categorie-demande
Title: "Catégorie de la demande"
Description: "What is looked for"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/categorie-demande"
* insert Mot(recherche-medecin-traitant, [["Recherche d'un médecin traitant"]], [["Looks for a GP"]])
* insert Mot(appui-dac, [["Appui du DAC"]], [["Support by the DAC"]])
* insert Mot(soins-non-programmes, [["Soins non programmés"]], [["Unscheduled care"]])
* insert Mot(visite-domicile, [["Visite à domicile"]], [["Home visit"]])

ValueSet: CategorieDemandeValeurs
Id: categorie-demande
Title: "Catégorie de la demande"
Description: "All codes of categorie-demande"
* include codes from system CategorieDemandeCodes

CodeSystem: EtatCohorteCodes
Id: etat-cohorte
Title: "État dans la cohorte"
Description: "Where a patient of a leaving GP stands"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/etat-cohorte"
* insert Mot(mt-retrouve, [["A retrouvé un médecin traitant"]], [["Found a GP"]])
* insert Mot(signale, [["S'est signalé"]], [["Has a signalement"]])
* insert Mot(invite-sans-reponse, [["Invité, sans réponse"]], [["Invited, no answer"]])
* insert Mot(injoignable, [["Injoignable"]], [["Cannot be reached"]])
* insert Mot(oppose, [["Opposé"]], [["Opposed"]])
* insert Mot(hors-territoire, [["Hors territoire"]], [["Outside the territory"]])

ValueSet: EtatCohorteValeurs
Id: etat-cohorte
Title: "État dans la cohorte"
Description: "All codes of etat-cohorte"
* include codes from system EtatCohorteCodes

CodeSystem: TypeCohorteCodes
Id: type-cohorte
Title: "Type de cohorte"
Description: "What the cohort is"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/type-cohorte"
* insert Mot(medecin-sortant, [["Patientèle d'un médecin sortant"]], [["Patients of a leaving GP"]])

ValueSet: TypeCohorteValeurs
Id: type-cohorte
Title: "Type de cohorte"
Description: "All codes of type-cohorte"
* include codes from system TypeCohorteCodes

CodeSystem: VoletPradoCodes
Id: volet-prado
Title: "Volet PRADO"
Description: "Programmes of PRADO"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/volet-prado"
* insert Mot(maternite, [["Maternité"]], [["Maternity"]])
* insert Mot(chirurgie, [["Chirurgie"]], [["Surgery"]])
* insert Mot(insuffisance-cardiaque, [["Insuffisance cardiaque"]], [["Heart failure"]])
* insert Mot(bpco, [["BPCO"]], [["COPD"]])
* insert Mot(avc-ait, [["AVC et AIT"]], [["Stroke and TIA"]])
* insert MotDefini(personnes-agees, [["Personnes âgées"]], [["Elderly people"]], [["75 and over, any reason"]])

ValueSet: VoletPradoValeurs
Id: volet-prado
Title: "Volet PRADO"
Description: "All codes of volet-prado"
* include codes from system VoletPradoCodes

CodeSystem: ObjetConsentementCodes
Id: objet-consentement
Title: "Objet du consentement"
Description: "What the person agreed to or refused"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/objet-consentement"
* insert Mot(partage-medecins, [["Partage avec les médecins volontaires"]], [["Sharing with volunteer GPs"]])
* insert Mot(partage-dac, [["Partage avec le DAC"]], [["Sharing with the DAC"]])
* insert Mot(partage-cpts, [["Partage avec une autre CPTS"]], [["Sharing with another CPTS"]])
* insert Mot(contact-sms, [["Contact par SMS"]], [["Contact by SMS"]])
* insert Mot(adhesion-prado, [["Adhésion à PRADO"]], [["Enrolment in PRADO"]])
* insert Mot(dmp-alimentation, [["Alimentation du dossier médical partagé"]], [["Feeding of the shared medical record"]])
* insert Mot(dmp-consultation, [["Consultation du dossier médical partagé"]], [["Reading of the shared medical record"]])

ValueSet: ObjetConsentementValeurs
Id: objet-consentement
Title: "Objet du consentement"
Description: "All codes of objet-consentement"
* include codes from system ObjetConsentementCodes

CodeSystem: DonneeTacheCodes
Id: donnee-tache
Title: "Donnée d'une tâche"
Description: "Type of Task.input and Task.output"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/donnee-tache"
* insert MotDefini(critere, [["Critère"]], [["Criterion"]], [["input"]])
* insert MotDefini(commentaire, [["Commentaire"]], [["Comment"]], [["input, output"]])
* insert MotDefini(accompagne-par-dac, [["Accompagné par le DAC"]], [["Supported by the DAC"]], [["input"]])
* insert MotDefini(compte-rendu, [["Compte rendu"]], [["Report"]], [["output"]])
* insert MotDefini(issue-rappel, [["Issue du rappel"]], [["Outcome of the call"]], [["output"]])
* insert MotDefini(issue-verification, [["Issue de la vérification"]], [["Outcome of the verification"]], [["output"]])
* insert MotDefini(medecin-traitant-connu, [["Médecin traitant connu à la clôture"]], [["GP known at the closing"]], [["output"]])
* insert MotDefini(medecin-a-proposer, [["Médecin à proposer en premier"]], [["GP to propose first"]], [["input"]])
* insert MotDefini(partage, [["Partage avec une autre CPTS"]], [["Sharing with another CPTS"]], [["output"]])

ValueSet: DonneeTacheValeurs
Id: donnee-tache
Title: "Donnée d'une tâche"
Description: "All codes of donnee-tache"
* include codes from system DonneeTacheCodes

CodeSystem: IssueRappelCodes
Id: issue-rappel
Title: "Issue d'un rappel"
Description: "Outcome of a call"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/issue-rappel"
* insert Mot(joint, [["Joint"]], [["Reached"]])
* insert Mot(sans-reponse, [["Sans réponse"]], [["No answer"]])
* insert Mot(faux-numero, [["Faux numéro"]], [["Wrong number"]])

ValueSet: IssueRappelValeurs
Id: issue-rappel
Title: "Issue d'un rappel"
Description: "All codes of issue-rappel"
* include codes from system IssueRappelCodes

CodeSystem: IssueVerificationCodes
Id: issue-verification
Title: "Issue d'une vérification d'identité"
Description: "What a person said of two records: final for the machine"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/issue-verification"
* insert Mot(personnes-distinctes, [["Personnes distinctes"]], [["Two persons"]])
* insert Mot(meme-personne, [["Même personne"]], [["One person"]])

ValueSet: IssueVerificationValeurs
Id: issue-verification
Title: "Issue d'une vérification d'identité"
Description: "All codes of issue-verification"
* include codes from system IssueVerificationCodes

CodeSystem: IssueIdentiteCodes
Id: issue-identite
Title: "Issue d'une identification"
Description: "Who the machine took the person of a message for"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/issue-identite"
* insert Mot(reuni, [["Réuni à une personne connue"]], [["Joined to a person known here"]])
* insert Mot(nouveau, [["Nouvelle personne"]], [["New person"]])
* insert Mot(a-verifier, [["À vérifier"]], [["To be verified by a person"]])

ValueSet: IssueIdentiteValeurs
Id: issue-identite
Title: "Issue d'une identification"
Description: "All codes of issue-identite"
* include codes from system IssueIdentiteCodes

CodeSystem: TypeDossierCodes
Id: type-dossier
Title: "Type de dossier"
Description: "Kind of a Basic that the hub keeps about a person"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/type-dossier"
* insert Mot(dossier-source, [["Dossier d'une source"]], [["Record of one source"]])
* insert MotDefini(retrait, [["Retrait d'un signalement"]], [["Withdrawal of a report"]], [["Remembered for a month: a report that it overtook ends closed"]])
* insert MotDefini(retrait-sans-objet, [["Retrait arrivé avant son signalement"]], [["Withdrawal that came before its report"]], [["The same, of a withdrawal that found nothing to withdraw"]])
* insert MotDefini(besoin-dementi, [["Besoin démenti par sa source"]], [["Need denied by its source"]], [["A hospital has named the GP, or told of the death: remembered for a month, an older report of the same sender opens nothing"]])
* insert MotDefini(numero-remplace, [["Numéro remplacé avant d'être connu"]], [["Number replaced before it was known"]], [["Remembered for a month: a message that still bears it is led to the number that stays"]])

ValueSet: TypeDossierValeurs
Id: type-dossier
Title: "Type de dossier"
Description: "All codes of type-dossier"
* include codes from system TypeDossierCodes

CodeSystem: RapprochementCodes
Id: rapprochement
Title: "Rapprochement des identités"
Description: "How far the machine may compare a Patient with others (meta.tag)"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/rapprochement"
* insert MotDefini(jamais, [["Jamais rapproché"]], [["Never matched"]], [["Compared with nobody and found by nobody: a person whom nobody can name, until the tag is taken away"]])
* insert MotDefini(source-non-sure, [["Source à vérifier"]], [["Untrusted source"]], [["Written by a source that is not trusted: a person confirms who it is"]])

ValueSet: RapprochementValeurs
Id: rapprochement
Title: "Rapprochement des identités"
Description: "All codes of rapprochement"
* include codes from system RapprochementCodes

CodeSystem: CanalContactCodes
Id: canal-contact
Title: "Canal de contact"
Description: "Channels of contact"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/canal-contact"
* insert Mot(telephone, [["Téléphone"]], [["Phone"]])
* insert Mot(sms, [["SMS"]], [["SMS"]])
* insert Mot(courriel, [["Courriel"]], [["E-mail"]])
* insert Mot(courrier, [["Courrier"]], [["Letter"]])

ValueSet: CanalContactValeurs
Id: canal-contact
Title: "Canal de contact"
Description: "All codes of canal-contact"
* include codes from system CanalContactCodes

CodeSystem: AccepteNouveauxCodes
Id: accepte-nouveaux
Title: "Accepte de nouveaux patients"
Description: "Whether a GP takes new patients"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/accepte-nouveaux"
* insert Mot(oui, [["Oui"]], [["Yes"]])
* insert Mot(non, [["Non"]], [["No"]])
* insert Mot(sous-conditions, [["Sous conditions"]], [["On conditions"]])

ValueSet: AccepteNouveauxValeurs
Id: accepte-nouveaux
Title: "Accepte de nouveaux patients"
Description: "All codes of accepte-nouveaux"
* include codes from system AccepteNouveauxCodes

CodeSystem: PublicAccepteCodes
Id: public-accepte
Title: "Public accepté"
Description: "Whom a GP takes"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/public-accepte"
* insert Mot(ald, [["Patients en ALD"]], [["Patients with ALD"]])
* insert Mot(plus-70, [["Plus de 70 ans"]], [["Over 70"]])
* insert Mot(c2s, [["Bénéficiaires de la C2S"]], [["C2S"]])
* insert Mot(ame, [["Bénéficiaires de l'AME"]], [["AME"]])
* insert Mot(ehpad, [["Résidents d'EHPAD"]], [["Nursing-home residents"]])
* insert Mot(enfants, [["Enfants"]], [["Children"]])

ValueSet: PublicAccepteValeurs
Id: public-accepte
Title: "Public accepté"
Description: "All codes of public-accepte"
* include codes from system PublicAccepteCodes

CodeSystem: NiveauSasCodes
Id: niveau-sas
Title: "Niveau SAS"
Description: "SAS level at which a GP gives slots"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/niveau-sas"
* insert Mot(niveau-1, [["Niveau 1"]], [["Level 1"]])
* insert Mot(niveau-2, [["Niveau 2"]], [["Level 2"]])
* insert Mot(niveaux-1-et-2, [["Niveaux 1 et 2"]], [["Levels 1 and 2"]])
* insert Mot(aucun, [["Aucun"]], [["None"]])

ValueSet: NiveauSasValeurs
Id: niveau-sas
Title: "Niveau SAS"
Description: "All codes of niveau-sas"
* include codes from system NiveauSasCodes

ValueSet: MotifSignalement
Id: motif-signalement
Title: "Motif du signalement"
Description: "Reasons, and the PRADO volets that are reasons too"
* include codes from system MotifDemandeCodes
* include codes from system VoletPradoCodes

CodeSystem: ModeSortiePmsiCodes
Id: mode-sortie-pmsi
Title: "Mode de sortie (PMSI)"
Description: "How a stay ended, as hospitals send it in ZFM-2"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/mode-sortie-pmsi"
* insert Mot(0, [["Transfert pour ou après un acte"]], [["Transfer for or after a procedure"]])
* insert Mot(4, [["Fugue ou sortie contre avis"]], [["Left against advice"]])
* insert Mot(5, [["Sortie à l'essai"]], [["Trial leave"]])
* insert Mot(6, [["Mutation"]], [["Transfer inside the hospital"]])
* insert Mot(7, [["Transfert"]], [["Transfer to another hospital"]])
* insert Mot(8, [["Domicile"]], [["Home"]])
* insert Mot(9, [["Décès"]], [["Death"]])

ValueSet: ModeSortiePmsiValeurs
Id: mode-sortie-pmsi
Title: "Mode de sortie (PMSI)"
Description: "All codes of mode-sortie-pmsi"
* include codes from system ModeSortiePmsiCodes

CodeSystem: TriSnpCodes
Id: tri-snp
Title: "Orientation d'un appel pour soins non programmés"
Description: "Where a call for unscheduled care was directed"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/tri-snp"
* insert Mot(conseil, [["Conseil"]], [["Advice"]])
* insert Mot(snp-24h, [["Soins non programmés sous 24 heures"]], [["Unscheduled care within 24 hours"]])
* insert Mot(snp-48h, [["Soins non programmés sous 48 heures"]], [["Unscheduled care within 48 hours"]])
* insert Mot(urgences, [["Urgences"]], [["Emergency department"]])
* insert Mot(15, [["Transfert au 15"]], [["Passed on to the SAMU (15)"]])
* insert Mot(dentaire, [["Urgence dentaire"]], [["Dental emergency"]])

ValueSet: TriSnpValeurs
Id: tri-snp
Title: "Orientation d'un appel pour soins non programmés"
Description: "All codes of tri-snp"
* include codes from system TriSnpCodes

CodeSystem: VisibiliteDocumentCodes
Id: visibilite-document
Title: "Visibilité d'un document"
Description: "Whom a document of a hospital stays hidden from, as the French HL7v2 profiles write it"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/visibilite-document"
* insert Mot(MASQUE_PS, [["Masqué aux professionnels de santé"]], [["Hidden from health professionals"]])
* insert Mot(INVISIBLE_PATIENT, [["Non visible par le patient"]], [["Hidden from the patient"]])
* insert Mot(INVISIBLE_REPRESENTANTS_LEGAUX, [["Non visible par les représentants légaux"]], [["Hidden from the legal representatives"]])
* insert Mot(CONNEXION_SECRETE, [["Connexion secrète"]], [["Secret connection"]])

ValueSet: VisibiliteDocumentValeurs
Id: visibilite-document
Title: "Visibilité d'un document"
Description: "All codes of visibilite-document"
* include codes from system VisibiliteDocumentCodes

CodeSystem: IndicateurCohorteCodes
Id: indicateur-cohorte
Title: "Indicateur de cohorte"
Description: "Groups and counts of the report on a cohort"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/indicateur-cohorte"
* insert Mot(etats, [["États des patients"]], [["States of the patients"]])
* insert Mot(evolution, [["Évolution depuis le dernier rapport"]], [["Change since the last report"]])
* insert Mot(suivi, [["Suivi"]], [["Follow-up"]])
* insert Mot(a-rappeler, [["Fragiles et sans nouvelles"]], [["Fragile and silent"]])
* insert Mot(lien-a-verifier, [["Rapprochements à vérifier"]], [["Links to check"]])
* insert Mot(retire-de-la-liste, [["Absents de la dernière liste"]], [["Not on the last list any more"]])

ValueSet: IndicateurCohorteValeurs
Id: indicateur-cohorte
Title: "Indicateur de cohorte"
Description: "All codes of indicateur-cohorte"
* include codes from system IndicateurCohorteCodes

CodeSystem: TypeCourrierCodes
Id: type-courrier
Title: "Type de courrier"
Description: "What a letter to a patient is"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/type-courrier"
* insert Mot(invitation-cohorte, [["Invitation"]], [["Invitation"]])
* insert Mot(relance-cohorte, [["Relance"]], [["Reminder"]])

ValueSet: TypeCourrierValeurs
Id: type-courrier
Title: "Type de courrier"
Description: "All codes of type-courrier"
* include codes from system TypeCourrierCodes

CodeSystem: TypeListeCodes
Id: type-liste
Title: "Type de liste"
Description: "What a List of the hub is"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/type-liste"
* insert Mot(pile-cohorte, [["Pile d'un médecin"]], [["Pile of a GP"]])

ValueSet: TypeListeValeurs
Id: type-liste
Title: "Type de liste"
Description: "All codes of type-liste"
* include codes from system TypeListeCodes

CodeSystem: AlerteSuiviCodes
Id: alerte-suivi
Title: "Alerte de suivi"
Description: "What the hub raises a Flag for by itself"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/alerte-suivi"
* insert Mot(isolement-medical, [["Isolement médical"]], [["Medical isolation"]])
* insert Mot(etat-prolonge, [["État qui dure"]], [["Too long in one state"]])

ValueSet: AlerteSuiviValeurs
Id: alerte-suivi
Title: "Alerte de suivi"
Description: "All codes of alerte-suivi"
* include codes from system AlerteSuiviCodes

CodeSystem: RemarqueDossierCodes
Id: remarque-dossier
Title: "Remarque sur un dossier"
Description: "Task.reasonCode of a file: what a coordinator should know before anybody works on it"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/remarque-dossier"
* insert Mot(mt-eloigne, [["Médecin traitant éloigné"]], [["GP far away"]])
* insert Mot(mt-a-verifier, [["Médecin traitant à vérifier"]], [["GP to be checked"]])
* insert Mot(hors-territoire, [["Domicile hors du territoire"]], [["Home outside the territory"]])
* insert Mot(mineur-sans-representant, [["Mineur sans représentant légal connu"]], [["Minor without known guardian"]])

ValueSet: RemarqueDossierValeurs
Id: remarque-dossier
Title: "Remarque sur un dossier"
Description: "All codes of remarque-dossier"
* include codes from system RemarqueDossierCodes

CodeSystem: EvenementMessageCodes
Id: evenement-message
Title: "Événement d'un message"
Description: "Events of FHIR messages that the hub takes by $process-message"
* ^caseSensitive = true
* ^content = #complete
* ^valueSet = "https://cpts-fhir-hub.example/fhir/ValueSet/evenement-message"
* insert Mot(signalement-mt, [["Signalement d'une personne sans médecin traitant"]], [["Referral of a person without a GP"]])

ValueSet: EvenementMessageValeurs
Id: evenement-message
Title: "Événement d'un message"
Description: "All codes of evenement-message"
* include codes from system EvenementMessageCodes
