// Searches R4 has no parameter for.

RuleSet: Parametre(id, base, type, expression)
* id = "{id}"
* url = "https://cpts-fhir-hub.example/fhir/SearchParameter/{id}"
* status = #active
* base = #{base}
* type = #{type}
* expression = "{expression}"

Instance: task-due
InstanceOf: SearchParameter
Usage: #definition
* insert Parametre(task-due, Task, date, [[Task.restriction.period.end]])
* name = "TaskDue"
* code = #due
* description = "The last day to act"
* comparator[0] = #eq
* comparator[+] = #ne
* comparator[+] = #gt
* comparator[+] = #lt
* comparator[+] = #ge
* comparator[+] = #le

Instance: servicerequest-rang
InstanceOf: SearchParameter
Usage: #definition
* insert Parametre(servicerequest-rang, ServiceRequest, number, [[ServiceRequest.extension.where(url='https://cpts-fhir-hub.example/fhir/StructureDefinition/rang-priorite').value]])
* name = "ServiceRequestRang"
* code = #rang
* description = "The rank: the greater comes first"

Instance: servicerequest-source
InstanceOf: SearchParameter
Usage: #definition
* insert Parametre(servicerequest-source, ServiceRequest, token, [[ServiceRequest.extension.where(url='https://cpts-fhir-hub.example/fhir/StructureDefinition/source-signalement').value]])
* name = "ServiceRequestSource"
* code = #source
* description = "By which way the need came in"

Instance: servicerequest-type-signalant
InstanceOf: SearchParameter
Usage: #definition
* insert Parametre(servicerequest-type-signalant, ServiceRequest, token, [[ServiceRequest.extension.where(url='https://cpts-fhir-hub.example/fhir/StructureDefinition/type-signalant').value]])
* name = "ServiceRequestTypeSignalant"
* code = #type-signalant
* description = "What kind of person signalled"

Instance: group-etat-membre
InstanceOf: SearchParameter
Usage: #definition
* insert Parametre(group-etat-membre, Group, token, [[Group.member.extension.where(url='https://cpts-fhir-hub.example/fhir/StructureDefinition/etat-membre').value]])
* name = "GroupEtatMembre"
* code = #etat-membre
* description = "Cohorts that hold a member in that state"

Instance: slot-service-type-reference
InstanceOf: SearchParameter
Usage: #definition
* insert Parametre(slot-service-type-reference, Slot, reference, [[Slot.serviceType.extension.where(url='http://hl7.org/fhir/5.0/StructureDefinition/extension-Slot.serviceType').value]])
* name = "SlotServiceTypeReference"
* code = #service-type-reference
* target = #HealthcareService
* description = "The HealthcareService named in serviceType, as the SAS guide asks"

Instance: practitionerrole-accepte-nouveaux
InstanceOf: SearchParameter
Usage: #definition
* insert Parametre(practitionerrole-accepte-nouveaux, PractitionerRole, token, [[PractitionerRole.extension.where(url='https://cpts-fhir-hub.example/fhir/StructureDefinition/capacite-accueil').extension.where(url='accepteNouveaux').value]])
* name = "PractitionerRoleAccepteNouveaux"
* code = #accepte-nouveaux
* description = "What the GP answered"

Instance: practitionerrole-places
InstanceOf: SearchParameter
Usage: #definition
* insert Parametre(practitionerrole-places, PractitionerRole, number, [[PractitionerRole.extension.where(url='https://cpts-fhir-hub.example/fhir/StructureDefinition/capacite-accueil').extension.where(url='places').value]])
* name = "PractitionerRolePlaces"
* code = #places
* description = "Places left"
