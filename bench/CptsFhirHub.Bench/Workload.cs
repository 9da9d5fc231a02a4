using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace CptsFhirHub.Bench;

/// <summary>A kind of request, an endless supply of them, and the demo account that may send it.</summary>
internal sealed record Workload(string Name, string Account, Func<HttpRequestMessage> Next)
{
    private static readonly string[] FirstNames =
        ["Odette", "Marcel", "Jeanne", "Louis", "Yvonne", "André", "Simone", "Roger", "Paulette", "Henri", "Denise", "Lucien", "Germaine"];

    private static int Serial;

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

    private static HttpRequestMessage Get(string path) => new(HttpMethod.Get, path);

    private static HttpRequestMessage SignUp()
    {
        var n = Interlocked.Increment(ref Serial);
        var born = Born(n);
        return Post("/intake/doctolib", "application/json", $$$"""
            {"event":"signup.created","eventId":"{{{Guid.NewGuid()}}}","occurredAt":"2026-01-18T09:12:44+01:00",
             "source":{"platform":"bench","form":"recherche-medecin-traitant","formVersion":"3"},
             "patient":{"birthName":"BANC{{{Letters(n)}}}","firstNames":["{{{FirstName(n)}}}"],"birthDate":"{{{born:yyyy-MM-dd}}}","sex":"F",
              "phones":["{{{Phone(n)}}}"],"address":{"line1":"4 rue du Four","postCode":"85190","city":"AIZENAY","inseeCode":"85003"}},
             "need":{"reason":"medecin-parti"},"health":{"ald":"oui","canTravel":"difficile"},
             "consents":{"privacyNoticeVersion":"2025-02","shareWithGps":true,"shareWithDac":true,"sms":false}}
            """);
    }

    private static HttpRequestMessage Discharge()
    {
        var n = Interlocked.Increment(ref Serial);
        var born = Born(n);
        string[] segments =
        [
            $"MSH|^~\\&|GAM-DEMO|CH-DEMO|HUB|CPTS-DEMO|20260119101500||ADT^A03^ADT_A03|BANC-{Guid.NewGuid():N}|D|2.5^FRA^2.11|||||FRA|UNICODE UTF-8|FR||2.11^IHE_FRANCE-2.11-PAM",
            "EVN||20260119101500||||20260119100000",
            $"PID|1||B{n.ToString(CultureInfo.InvariantCulture)}^^^CH-DEMO&859900011&N^PI||BANC{Letters(n)}^{FirstName(n)}^{FirstName(n)}^^^^L||{born:yyyyMMdd}|F|||4 RUE DU FOUR^^AIZENAY^^85190^FRA^H||^PRN^PH^^^^^^^^^{Phone(n)}|||||V{n}^^^CH-DEMO&859900011&M^AN||||||||||||N||PROV",
            $"PV1|1|I|MED2^12^1^CH-DEMO&859900011&M||||||||||||||||V{n}^^^CH-DEMO&859900011&M^VN|||||||||||||||||6||||||||20260112083000|20260119100000",
            $"ZBE|{n}^CH-DEMO^859900011|20260119100000||INSERT|N||MED2^^^^^^UF^^^2110||HMS",
        ];
        return Post("/intake/hospital", "application/hl7-v2", string.Join('\r', segments) + "\r");
    }

    private static HttpRequestMessage CreatePatient() => Post("/fhir/Patient", "application/fhir+json", Patient());

    private static HttpRequestMessage Transaction() => Post("/fhir", "application/fhir+json", $$"""
        {"resourceType":"Bundle","type":"transaction","entry":[{{string.Join(',', Enumerable.Range(0, 20).Select(_ =>
            $"{{\"resource\":{Patient()},\"request\":{{\"method\":\"POST\",\"url\":\"Patient\"}}}}"))}}]}
        """);

    private static string Patient()
    {
        var n = Interlocked.Increment(ref Serial);
        return $$"""
            {"resourceType":"Patient","identifier":[{"system":"https://bench.example/ipp","value":"{{n}}"}],"active":true,
             "name":[{"use":"official","family":"BANC{{Letters(n)}}","given":["{{FirstName(n)}}","Marie"]},{"use":"usual","family":"DUBANC"}],
             "telecom":[{"system":"phone","value":"{{Phone(n)}}"}],"gender":"female","birthDate":"{{Born(n):yyyy-MM-dd}}",
             "address":[{"use":"home","line":["4 rue du Four"],"city":"AIZENAY","postalCode":"85190","country":"FRA"}]}
            """;
    }

    private static HttpRequestMessage Post(string path, string contentType, string body)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        return new(HttpMethod.Post, path) { Content = content };
    }

    // People differ as people do: were all of them one phone's, each would be compared with all before.
    private static string FirstName(int n) => FirstNames[n % FirstNames.Length];

    private static string Phone(int n) => $"02519{n % 100_000:00000}";

    private static DateOnly Born(int n) => new DateOnly(1930, 1, 1).AddDays(n % 25_000);

    /// <summary>The number in letters, so that every name is another one.</summary>
    private static string Letters(int n)
    {
        Span<char> letters = stackalloc char[7];
        for (var i = letters.Length - 1; i >= 0; i--, n /= 26)
            letters[i] = (char)('A' + (n % 26));
        return new(letters);
    }
}
