// The questions of the sign-up. linkIds are the member names of the booking platform's JSON, so that an answer is found by its path.

RuleSet: Question(linkId, type, text)
* item[+].linkId = {linkId}
* item[=].type = #{type}
* item[=].text = {text}

RuleSet: SousQuestion(linkId, type, text)
* item[=].item[+].linkId = {linkId}
* item[=].item[=].type = #{type}
* item[=].item[=].text = {text}

Instance: inscription-sans-medecin
InstanceOf: Questionnaire
Usage: #definition
Title: "Inscription : je cherche un médecin traitant"
* url = "https://cpts-fhir-hub.example/fhir/Questionnaire/inscription-sans-medecin"
* name = "InscriptionSansMedecin"
* title = "Je cherche un médecin traitant"
* status = #active
* subjectType = #Patient
* language = #fr
* insert Question("source", group, "Origine de l'inscription")
* insert SousQuestion("source.platform", string, "Plateforme")
* insert SousQuestion("source.form", string, "Formulaire")
* insert SousQuestion("source.formVersion", string, "Version du formulaire")
* insert Question("household", group, "Votre foyer")
* insert SousQuestion("household.peopleWithoutGp", integer, "Personnes du foyer sans médecin traitant")
* insert Question("need", group, "Votre besoin")
* insert SousQuestion("need.reason", string, "Pourquoi cherchez-vous un médecin traitant ?")
* insert SousQuestion("need.lastGp.name", string, "Votre dernier médecin traitant")
* insert SousQuestion("need.lastGp.city", string, "Commune de son cabinet")
* insert SousQuestion("need.lastGp.endDate", date, "Date de fin de son activité")
* insert SousQuestion("need.sinceWhen", date, "Sans médecin traitant depuis")
* insert Question("health", group, "Votre santé")
* insert SousQuestion("health.ald", string, "Avez-vous une affection de longue durée ?")
* insert SousQuestion("health.aldLabel", string, "Laquelle ?")
* insert SousQuestion("health.diabetes", boolean, "Êtes-vous diabétique ?")
* insert SousQuestion("health.canTravel", string, "Pouvez-vous vous rendre au cabinet ?")
* insert SousQuestion("health.nextTreatmentRenewal", date, "Prochain renouvellement de traitement")
* insert Question("social", group, "Votre situation")
* insert SousQuestion("social.c2s", string, "Complémentaire santé solidaire ?")
* insert SousQuestion("social.ame", string, "Aide médicale de l'État ?")
* insert SousQuestion("social.handicap", string, "Situation de handicap ?")
* insert SousQuestion("social.livesAlone", string, "Vivez-vous seul ?")
* insert Question("patient", group, "Vous joindre")
* insert SousQuestion("patient.preferredContact", string, "Canal de contact préféré")
* insert Question("consents", group, "Vos accords")
* insert SousQuestion("consents.privacyNoticeVersion", string, "Version de la notice d'information")
* insert SousQuestion("consents.date", date, "Date des accords")
* insert SousQuestion("consents.shareWithGps", boolean, "Partage avec les médecins volontaires")
* insert SousQuestion("consents.shareWithDac", boolean, "Partage avec le DAC")
* insert SousQuestion("consents.sms", boolean, "Contact par SMS")
* insert Question("freeText", text, "Précisions")
