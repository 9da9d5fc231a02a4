using System.Globalization;
using System.Text.Json;

namespace CptsFhirHub.Generator.Sources;

/// <summary>Referrals as FHIR messages, for <c>$process-message</c>.</summary>
internal sealed class FhirReferrals(Workshop shop)
{
    private const string Base = "https://cpts-fhir-hub.example/fhir";
    private readonly Chance _chance = new(shop.Wish.Seed, "fhir");

    public void Make()
    {
        for (var i = 0; i < shop.CountOf("fhir"); i++)
        {
            var person = shop.Somebody(_chance);
            var name = $"messages/fhir/{(i + 1).ToString("00000", CultureInfo.InvariantCulture)}";
            var bytes = Message(person, _chance.Uuid());
            var message = shop.Signal(1, new(person, "fhir") { HasSex = true, Phones = [person.Phone], HasContact = true, HasAddress = false });
            Send(name, bytes, message);
            if (i == 1)
                Send(name + "-again", bytes, message with { State = "duplicate", Dirt = ["repetition"] });
        }
    }

    private void Send(string name, byte[] bytes, ExpectedMessage message) =>
        shop.Deliver(new(name + ".json", "fhir", "hospital", "application/fhir+json", bytes) { Messages = [message] });

    private byte[] Message(Person person, string id) => JsonText.Of(json =>
    {
        var (header, patient, request, sender) = (_chance.Uuid(), _chance.Uuid(), _chance.Uuid(), _chance.Uuid());
        json.Texts(("resourceType", "Bundle"), ("type", "message"));
        json.WriteStartArray("entry");
        Entry(json, header, "MessageHeader", () =>
        {
            json.WriteString("id", id);
            json.Group("eventCoding", () => json.Texts(("system", Base + "/CodeSystem/evenement-message"), ("code", "signalement-mt")));
            json.Group("source", () => json.Texts(("name", "CH de démonstration"), ("endpoint", "https://ch.example/fhir")));
            Reference(json, "focus", request, isList: true);
        });
        Entry(json, patient, "Patient", () =>
        {
            json.WriteStartArray("name");
            json.WriteStartObject();
            json.Texts(("use", "official"), ("family", person.BirthName));
            json.List("given", [person.FirstName]);
            json.WriteEndObject();
            if (person.UsedName is { } used)
            {
                json.WriteStartObject();
                json.Texts(("use", "usual"), ("family", used));
                json.List("given", [person.FirstName]);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("telecom");
            json.WriteStartObject();
            json.Texts(("system", "phone"), ("value", "+33" + person.Phone[1..]));
            json.WriteEndObject();
            json.WriteEndArray();
            json.Texts(("gender", person.IsWoman ? "female" : "male"), ("birthDate", person.BornIso));
        });
        Entry(json, request, "ServiceRequest", () =>
        {
            json.Texts(("status", "active"), ("intent", "order"));
            Concept(json, "category", "categorie-demande", "recherche-medecin-traitant");
            Reference(json, "subject", patient);
            json.WriteString("authoredOn", shop.Day(_chance.Between(1, 9)) + "T10:00:00+02:00");
            Reference(json, "requester", sender);
            Concept(json, "reasonCode", "motif-demande", "sans-mt-declare");
        });
        Entry(json, sender, "Organization", () =>
        {
            json.WriteString("name", "CH de démonstration");
            json.WriteStartArray("identifier");
            json.WriteStartObject();
            json.Texts(("system", "urn:oid:1.2.250.1.71.4.2.2"), ("value", "1" + Numbers.Finess(shop.Wish.Profile.Department)));
            json.WriteEndObject();
            json.WriteEndArray();
        });
        json.WriteEndArray();
    });

    private static void Entry(Utf8JsonWriter json, string id, string type, Action write)
    {
        json.WriteStartObject();
        json.WriteString("fullUrl", "urn:uuid:" + id);
        json.Group("resource", () =>
        {
            json.WriteString("resourceType", type);
            write();
        });
        json.WriteEndObject();
    }

    private static void Reference(Utf8JsonWriter json, string name, string id, bool isList = false)
    {
        if (isList)
            json.WriteStartArray(name);
        else
            json.WritePropertyName(name);
        json.WriteStartObject();
        json.WriteString("reference", "urn:uuid:" + id);
        json.WriteEndObject();
        if (isList)
            json.WriteEndArray();
    }

    private static void Concept(Utf8JsonWriter json, string name, string system, string code)
    {
        json.WriteStartArray(name);
        json.WriteStartObject();
        json.WriteStartArray("coding");
        json.WriteStartObject();
        json.Texts(("system", $"{Base}/CodeSystem/{system}"), ("code", code));
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
    }
}
