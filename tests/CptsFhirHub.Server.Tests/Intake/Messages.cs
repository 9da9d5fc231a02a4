using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace CptsFhirHub.Tests.Intake;

/// <summary>An invented person as the messages of the sources tell of it.</summary>
internal sealed record Somebody(string Family, string Given, string Born, string Sex = "F")
{
    public string Phone { get; init; } = "0251000001";

    public string? Ipp { get; init; }

    private static int s_phones;

    /// <summary>A name and a phone nobody else in the run has: the hub is shared by the tests.</summary>
    public static Somebody New(string born = "1947-03-09")
    {
        // Long and without a common beginning: of thousands of persons alike in all else, no two names are near enough for one to be a slip of the other.
        return new(new string(Random.Shared.GetItems("ABCDEFGHIJKLMNOPQRSTUVWXYZ".AsSpan(), 14)), "Odette", born)
        {
            // Neighbours are far apart: one digit's difference may be a slip.
            Phone = string.Create(CultureInfo.InvariantCulture, $"02510{10_000 + Interlocked.Increment(ref s_phones) * 7_919L % 90_000}"),
            Ipp = Guid.NewGuid().ToString("N")[..10],
        };
    }
}

/// <summary>Messages as the three sources send them.</summary>
internal static class Messages
{
    public const string Json = "application/json";
    public const string Hl7 = "application/hl7-v2";
    public const string Csv = "text/csv";

    public static string SignUp(
        Somebody who, string? eventId = null, string happened = "signup.created", string ald = "oui", bool dac = true, string? comment = null) => $$$"""
        {"event":"{{{happened}}}","eventId":"{{{eventId ?? Guid.NewGuid().ToString()}}}","occurredAt":"2026-06-18T09:12:44+02:00",
         "source":{"platform":"rdv-demo","form":"recherche-medecin-traitant","formVersion":"3"},
         "patient":{"birthName":"{{{who.Family}}}","firstNames":["{{{who.Given}}}"],"birthDate":"{{{who.Born}}}","sex":"{{{who.Sex}}}",
          "phones":["{{{who.Phone}}}"],"address":{"line1":"4 rue du Four","postCode":"85190","city":"AIZENAY","inseeCode":"85003"} },
         "need":{"reason":"medecin-parti"},
         "health":{"ald":"{{{ald}}}","canTravel":"difficile"},
         "social":{"c2s":"non","livesAlone":"oui"},
         "consents":{"privacyNoticeVersion":"2026-01","shareWithGps":true,"shareWithDac":{{{(dac ? "true" : "false")}}},"sms":false},
         "freeText":"{{{comment ?? "rien"}}}"}
        """;

    public static string Adt(Somebody who, string trigger, string? controlId = null, string pv2 = "SM", string? mrg = null)
    {
        var structure = trigger == "A40" ? "ADT_A39" : trigger is "A03" or "A13" ? "ADT_A03" : "ADT_A01";
        var action = trigger is "A11" or "A13" ? "CANCEL" : "INSERT";
        var lines = new List<string>
        {
            $@"MSH|^~\&|GAM-TEST|CH-TEST|HUB|CPTS|20260619101500||ADT^{trigger}^{structure}|{controlId ?? Guid.NewGuid().ToString("N")[..16]}|D|2.5^FRA^2.11|||||FRA|UNICODE UTF-8|FR||2.11^IHE_FRANCE-2.11-PAM",
            "EVN||20260619101500||||20260619100000",
            $"PID|1||{who.Ipp}^^^CH-TEST&859900011&N^PI||{who.Family}^{who.Given}^{who.Given}^^^^L||{who.Born.Replace("-", "", StringComparison.Ordinal)}|{who.Sex}|||4 RUE DU FOUR^^AIZENAY^^85190^FRA^H||^^^^^^^^^^^{who.Phone}||||V{who.Ipp}^^^CH-TEST&859900011&M^AN||||||||||||N||PROV",
        };
        if (mrg is not null)
            lines.Add($"MRG|{mrg}^^^CH-TEST&859900011&N^PI");
        else
        {
            lines.Add($"PV1|1|I|MED2^12^1^CH-TEST&859900011&M||||||||||||||||V{who.Ipp}^^^CH-TEST&859900011&M^VN|||||||||||||||||8||||||||20260612083000|20260619100000");
            if (pv2.Length > 0)
                lines.Add($"PV2|||||||{pv2}");
            lines.Add($"ZBE|Z{who.Ipp}^CH-TEST^859900011|20260619100000||{action}|N||MED2^^^^^^UF^^^2110||HMS");
        }

        return string.Join('\r', lines) + "\r";
    }

    public const string PradoHeader =
        "dossier_prado;volet;nom_naissance;nom_utilise;prenoms;date_naissance;sexe;adresse;code_postal;commune;commune_insee;telephone;etablissement_finess;date_sortie_reelle;adhesion;date_adhesion;medecin_traitant_statut;aide_domicile;evenement";

    public static string PradoRow(Somebody who, string? dossier = null, string happened = "sortie") =>
        $"{dossier ?? "PR-" + who.Ipp};insuffisance-cardiaque;{who.Family};;{who.Given};{who.Born};{who.Sex};4 rue du Four;85190;AIZENAY;85003;{who.Phone};859900011;2026-06-19;O;2026-06-18;parti;N;{happened}";

    public static string Prado(params Somebody[] people) =>
        PradoHeader + "\n" + string.Concat(people.Select(who => PradoRow(who) + "\n"));

    public static HttpContent Body(string text, string type) => Body(Encoding.UTF8.GetBytes(text), type);

    public static HttpContent Body(byte[] bytes, string type)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return content;
    }

    public static async Task<(int Status, JsonElement Body)> PostMessageAsync(this HttpClient client, string source, string text, string type)
    {
        using var response = await client.PostAsync(new Uri($"/intake/{source}", UriKind.Relative), Body(text, type));
        return ((int)response.StatusCode, await response.JsonAsync());
    }

    public static async Task<JsonElement> GetJsonAsync(this HttpClient client, string url)
    {
        using var response = await client.GetAsync(new Uri(url, UriKind.RelativeOrAbsolute));
        Assert.True(response.IsSuccessStatusCode, $"GET {url}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        return await response.JsonAsync();
    }

    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        using var json = JsonDocument.Parse(text.Length == 0 ? "{}" : text);
        return json.RootElement.Clone();
    }

    public static string Text(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? value.ToString() : "";

    /// <summary>The resources of a searchset that matched.</summary>
    public static List<JsonElement> Matches(this JsonElement bundle) => !bundle.TryGetProperty("entry", out var entries)
        ? []
        : [.. entries.EnumerateArray()
            .Where(entry => !entry.TryGetProperty("search", out var search) || search.GetProperty("mode").GetString() == "match")
            .Select(entry => entry.GetProperty("resource"))];
}
