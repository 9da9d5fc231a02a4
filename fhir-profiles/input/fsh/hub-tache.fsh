Profile: HubTache
Parent: Task
Id: hub-tache
Title: "Dossier et tâches du parcours vers un médecin traitant"
Description: "The file of a signalement (parcours-medecin-traitant) and the tasks that hang on it, each with one owner."
* identifier MS
* partOf MS
* partOf ^short = "The file a child task belongs to"
* status MS
* statusReason MS
* statusReason from motif-refus (extensible)
* businessStatus MS
* businessStatus from etat-parcours (required)
* intent = #order
* code 1.. MS
* code from type-tache (required)
* focus 1.. MS
* focus only Reference(ServiceRequest or Group)
* focus ^short = "The request; for a call-back of a cohort, the cohort"
* for 1.. MS
* for only Reference(Patient)
* authoredOn 1.. MS
* lastModified MS
* requester MS
* owner MS
* owner ^short = "Who must act: GP, DAC, CPAM, team. A task that is asked of nobody waits for the team."
* reasonCode MS
* restriction.period MS
* restriction.period ^short = "The last day to act is its end"
* input.type from donnee-tache (extensible)
* output.type from donnee-tache (extensible)
* obeys hub-tac-state and hub-tac-pair and hub-tac-parent and hub-tac-owner

Invariant: hub-tac-state
Description: "A file always says its state; a child task has the state of Task alone."
Expression: "code.coding.where(code = 'parcours-medecin-traitant').exists() = businessStatus.exists()"
Severity: #error
* insert EnFrancais([[Un dossier dit toujours son état (businessStatus) ; une tâche fille n'a que le statut de la tâche.]])

Invariant: hub-tac-pair
Description: "The state of the file and the status of the Task go together."
Expression: "businessStatus.empty() or businessStatus.coding.where(system = 'https://cpts-fhir-hub.example/fhir/CodeSystem/etat-parcours').code.all((($this in ('recu' | 'a-confirmer')) and %context.status = 'received') or (($this in ('doublon-a-verifier' | 'incomplet')) and %context.status = 'on-hold') or ($this = 'a-qualifier' and %context.status = 'accepted') or (($this in ('qualifie' | 'en-attente-medecin' | 'oriente-snp')) and %context.status = 'ready') or (($this in ('etude-mas' | 'propose' | 'accepte' | 'premier-rdv')) and %context.status = 'in-progress') or ($this = 'mt-declare' and %context.status = 'completed') or ($this.startsWith('clos-') and %context.status = 'cancelled') or ($this = 'erreur-saisie' and %context.status = 'entered-in-error'))"
Severity: #error
* insert EnFrancais([[L'état du dossier (businessStatus) et le statut de la tâche vont ensemble.]])

Invariant: hub-tac-parent
Description: "A child task names the file it belongs to."
Expression: "code.coding.where(code = 'parcours-medecin-traitant').exists() or partOf.exists() or focus.reference.contains('Group/')"
Severity: #warning
* insert EnFrancais([[Une tâche fille nomme le dossier dont elle fait partie.]])

Invariant: hub-tac-owner
Description: "Support by the DAC, a proposal or a study by the CPAM is asked of somebody."
Expression: "code.coding.where(code in ('appui-dac' | 'proposition-medecin' | 'evaluation-mas')).empty() or owner.exists()"
Severity: #error
* insert EnFrancais([[Un appui du DAC, une proposition à un médecin ou une étude de la CPAM est demandé à quelqu'un.]])
