using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace CptsFhirHub.Bench;

/// <summary>A kind of request, an endless supply of them, and the demo account that may send it.</summary>
internal sealed record Workload(string Name, string Account, Func<HttpRequestMessage?> Next)
{
    /// <summary>Beyond the persons of any filling.</summary>
    private static int Serial = 10_000_000;

    /// <summary>A person that nobody has met.</summary>
    public static int NextSerial() => Interlocked.Increment(ref Serial);

    public static async Task<IReadOnlyList<Workload>> AllAsync(HubProcess hub)
    {
        using var client = await hub.ClientAsync("demo-cpts", 1);
        using var first = JsonDocument.Parse(await client.GetStreamAsync(new Uri("/fhir/Patient?_count=1", UriKind.Relative)));
        var patient = first.RootElement.GetProperty("entry")[0].GetProperty("resource").GetProperty("id").GetString();

        return
        [
            new("sign-up through the intake (Doctolib JSON)", "demo-booking", SignUp),
            new("discharge through the intake (HL7v2 ADT^A03)", "demo-hospital", Discharge),
            new("create Patient", "demo-cpts", CreatePatient),
            new("transaction of 20 Patients", "demo-cpts", Transaction),
            new("read Patient", "demo-cpts", () => Get($"/fhir/Patient/{patient}")),
            new("search Patient by birth date", "demo-cpts", () => Get("/fhir/Patient?birthdate=1947-03-09&_count=10")),
            new("DAC pulls its tasks, with patient and request", "demo-dac",
                () => Get("/fhir/Task?owner=Organization/demo-dac&status=requested&_include=Task:focus&_include=Task:patient&_count=10")),
            new("free slots with their schedule", "demo-guichet", () => Get("/fhir/Slot?status=free&_include=Slot:schedule&_count=10")),
            new("bare answer (/health/live), the floor", "demo-cpts", () => Get("/health/live")),
        ];
    }

    /// <summary>The rows that are compared over the sizes of a store that <see cref="Filling"/> has filled.</summary>
    public static IReadOnlyList<Workload> OfFilled(int resources)
    {
        var patients = Filling.PatientsOf(resources);
        var tasks = Filling.TasksOf(resources);
        int Any() => Random.Shared.Next(patients);
        string Identifier(int n) => $"{Filling.IdentifierSystem}|{n.ToString(CultureInfo.InvariantCulture)}";
        return
        [
            ReadOfFilled(resources),
            CreateRow(),
            new("conditional create, half of them there", "demo-cpts", () =>
            {
                var n = Random.Shared.Next(2) == 0 ? Any() : Interlocked.Increment(ref Serial);
                var request = Post("/fhir/Patient", "application/fhir+json", People.Patient(n));
                request.Headers.Add("If-None-Exist", $"identifier={Identifier(n)}");
                return request;
            }),
            new("update Patient", "demo-cpts", () =>
            {
                var n = Any();
                var request = Post(
                    $"/fhir/Patient/{Filling.PatientId(n)}", "application/fhir+json", People.Patient(n, Filling.PatientId(n), People.Phone(Random.Shared.Next())));
                request.Method = HttpMethod.Put;
                return request;
            }),
            new("search by identifier", "demo-cpts", () => Get($"/fhir/Patient?identifier={Identifier(Any())}")),
            new("search by name", "demo-cpts", () => Get($"/fhir/Patient?family={People.FamilyName(Any())}")),
            new("search by birth date, ten a page", "demo-cpts", () => Get($"/fhir/Patient?birthdate={People.Born(Any()):yyyy-MM-dd}&_count=10")),
            new("search by a week of birth dates, ten a page", "demo-cpts", () =>
            {
                var day = People.Born(Any());
                return Get($"/fhir/Patient?birthdate=ge{day:yyyy-MM-dd}&birthdate=lt{day.AddDays(7):yyyy-MM-dd}&_count=10");
            }),
            new("chained search, Task by its patient's identifier", "demo-cpts",
                () => Get($"/fhir/Task?patient.identifier={Identifier(Random.Shared.Next(tasks))}")),
            new("Task of an owner with includes, ten a page", "demo-cpts", () => Get(
                $"/fhir/Task?owner={Filling.Owner(Random.Shared.Next(tasks))}&status=requested&_include=Task:focus&_include=Task:patient&_count=10")),
            new("DAC pulls its tasks, with patient and request", "demo-dac",
                () => Get("/fhir/Task?owner=Organization/demo-dac&status=requested&_include=Task:focus&_include=Task:patient&_count=10")),
            new("transaction of 20 Patients", "demo-cpts", Transaction),
            new("$validate a Patient", "demo-cpts", () => Post("/fhir/Patient/$validate", "application/fhir+json", People.Patient(Any()))),
            new("$match a person, half of them there", "demo-cpts",
                () => Post("/fhir/Patient/$match", "application/fhir+json", People.Wanted(Random.Shared.Next(2) == 0 ? Any() : Interlocked.Increment(ref Serial)))),
        ];
    }

    public static Workload ReadOfFilled(int resources) =>
        new("read Patient", "demo-cpts", () => Get($"/fhir/Patient/{Filling.PatientId(Random.Shared.Next(Filling.PatientsOf(resources)))}"));

    public static Workload CreateRow() => new("create Patient", "demo-cpts", CreatePatient);

    private static HttpRequestMessage Get(string path) => new(HttpMethod.Get, path);

    private static HttpRequestMessage SignUp()
    {
        var n = Interlocked.Increment(ref Serial);
        var born = People.Born(n);
        return Post("/intake/doctolib", "application/json", $$$"""
            {"event":"signup.created","eventId":"{{{Guid.NewGuid()}}}","occurredAt":"2026-01-18T09:12:44+01:00",
             "source":{"platform":"bench","form":"recherche-medecin-traitant","formVersion":"3"},
             "patient":{"birthName":"{{{People.FamilyName(n)}}}","firstNames":["{{{People.FirstName(n)}}}"],"birthDate":"{{{born:yyyy-MM-dd}}}","sex":"F",
              "phones":["{{{People.Phone(n)}}}"],"address":{"line1":"4 rue du Four","postCode":"85190","city":"AIZENAY","inseeCode":"85003"}},
             "need":{"reason":"medecin-parti"},"health":{"ald":"oui","canTravel":"difficile"},
             "consents":{"privacyNoticeVersion":"2025-02","shareWithGps":true,"shareWithDac":true,"sms":false}}
            """);
    }

    private static HttpRequestMessage Discharge()
    {
        var n = Interlocked.Increment(ref Serial);
        var born = People.Born(n);
        string[] segments =
        [
            $"MSH|^~\\&|GAM-DEMO|CH-DEMO|HUB|CPTS-DEMO|20260119101500||ADT^A03^ADT_A03|BANC-{Guid.NewGuid():N}|D|2.5^FRA^2.11|||||FRA|UNICODE UTF-8|FR||2.11^IHE_FRANCE-2.11-PAM",
            "EVN||20260119101500||||20260119100000",
            $"PID|1||B{n.ToString(CultureInfo.InvariantCulture)}^^^CH-DEMO&859900011&N^PI||{People.FamilyName(n)}^{People.FirstName(n)}^{People.FirstName(n)}^^^^L||{born:yyyyMMdd}|F|||4 RUE DU FOUR^^AIZENAY^^85190^FRA^H||^PRN^PH^^^^^^^^^{People.Phone(n)}|||||V{n}^^^CH-DEMO&859900011&M^AN||||||||||||N||PROV",
            $"PV1|1|I|MED2^12^1^CH-DEMO&859900011&M||||||||||||||||V{n}^^^CH-DEMO&859900011&M^VN|||||||||||||||||6||||||||20260112083000|20260119100000",
            $"ZBE|{n}^CH-DEMO^859900011|20260119100000||INSERT|N||MED2^^^^^^UF^^^2110||HMS",
        ];
        return Post("/intake/hospital", "application/hl7-v2", string.Join('\r', segments) + "\r");
    }

    private static HttpRequestMessage CreatePatient() =>
        Post("/fhir/Patient", "application/fhir+json", People.Patient(Interlocked.Increment(ref Serial)));

    private static HttpRequestMessage Transaction() => Post("/fhir", "application/fhir+json", $$"""
        {"resourceType":"Bundle","type":"transaction","entry":[{{string.Join(',', Enumerable.Range(0, 20).Select(_ =>
            $"{{\"resource\":{People.Patient(Interlocked.Increment(ref Serial))},\"request\":{{\"method\":\"POST\",\"url\":\"Patient\"}}}}"))}}]}
        """);

    private static HttpRequestMessage Post(string path, string contentType, string body)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        return new(HttpMethod.Post, path) { Content = content };
    }
}
