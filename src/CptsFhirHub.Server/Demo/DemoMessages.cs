using System.Globalization;

namespace CptsFhirHub.Server.Demo;

/// <summary>A few signalements of invented people, as their sources would send them on the day of the first start.</summary>
internal static class DemoMessages
{
    public static IEnumerable<(string Source, string Client, string ContentType, string Body)> Of(DateTimeOffset now)
    {
        yield return ("doctolib", "demo-booking", "application/json", SignUp(
            "demo-inscription-1", now.AddHours(-3), "DURIVAGE", "Simone", "1941-05-17", "F", "02 51 00 00 11", "12 rue des Tilleuls", "85190", "AIZENAY", "85003",
            "medecin-parti", ald: "oui", aldLabel: "insuffisance cardiaque", travel: "non", alone: "oui", c2s: "non", dac: true));
        yield return ("doctolib", "demo-booking", "application/json", SignUp(
            "demo-inscription-2", now.AddHours(-2), "CHANTELOUP", "Karim", "1988-11-02", "M", "02 51 00 00 12", "3 place du Marché", "85170", "LE POIRÉ-SUR-VIE", "85178",
            "nouvel-arrivant", ald: "non", aldLabel: null, travel: "oui", alone: "non", c2s: "non", dac: true));
        yield return ("doctolib", "demo-booking", "application/json", SignUp(
            "demo-inscription-3", now.AddHours(-1), "BELLANGER", "Yvonne", "1958-02-23", "F", "02 51 00 00 13", "8 chemin du Moulin", "85220", "COËX", "85070",
            "medecin-parti", ald: "ne-sait-pas", aldLabel: null, travel: "difficile", alone: "oui", c2s: "oui", dac: false));

        var stamp = now.ToUniversalTime().ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);
        yield return ("hospital", "demo-hospital", "application/hl7-v2", string.Join('\r',
            $@"MSH|^~\&|GAM-DEMO|CH-DEMO|HUB|CPTS-DEMO|{stamp}||ADT^A03^ADT_A03|DEMO-SORTIE-1|D|2.5^FRA^2.11|||||FRA|UNICODE UTF-8|FR||2.11^IHE_FRANCE-2.11-PAM",
            $"EVN||{stamp}||||{stamp}",
            "PID|1||990017^^^CH-DEMO&859900011&N^PI||LHÉRITIER^MARCEL^MARCEL^^^^L||19390830|M|||21 RUE DE LA GARE^^CHALLANS^^85300^FRA^H||^^^^^^^^^^^0251000014||||990017001^^^CH-DEMO&859900011&M^AN||||||||||||N||PROV",
            $"PV1|1|I|MED1^4^1^CH-DEMO&859900011&M||||||||||||||||990017001^^^CH-DEMO&859900011&M^VN|||||||||||||||||8||||||||20260101080000|{stamp}",
            "PV2|||||||SM",
            $"ZBE|77001^CH-DEMO^859900011|{stamp}||INSERT|N||MED1^^^^^^UF^^^2110||HMS") + "\r");

        var day = now.ToUniversalTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        yield return ("prado", "demo-prado", "text/csv",
            "dossier_prado;volet;nom_naissance;nom_utilise;prenoms;date_naissance;sexe;adresse;code_postal;commune;commune_insee;telephone;etablissement_finess;date_sortie_reelle;adhesion;date_adhesion;medecin_traitant_statut;aide_domicile;evenement\n"
            + $"DEMO-PR-1;insuffisance-cardiaque;TESSIER;;Denise;1946-12-05;F;5 impasse des Lilas;85300;CHALLANS;85047;0251000015;859900011;{day};O;{day};parti;N;sortie\n");
    }

    private static string SignUp(
        string id, DateTimeOffset when, string family, string given, string born, string sex, string phone, string line, string postCode, string city,
        string insee, string reason, string ald, string? aldLabel, string travel, string alone, string c2s, bool dac) => $$$"""
        {"event":"signup.created","eventId":"{{{id}}}","occurredAt":"{{{when.ToUniversalTime():yyyy-MM-dd'T'HH:mm:ss'Z'}}}",
         "source":{"platform":"rdv-demo","form":"recherche-medecin-traitant","formVersion":"3"},
         "patient":{"birthName":"{{{family}}}","firstNames":["{{{given}}}"],"birthDate":"{{{born}}}","sex":"{{{sex}}}","phones":["{{{phone}}}"],
          "address":{"line1":"{{{line}}}","postCode":"{{{postCode}}}","city":"{{{city}}}","inseeCode":"{{{insee}}}"}},
         "need":{"reason":"{{{reason}}}"},
         "health":{"ald":"{{{ald}}}",{{{(aldLabel is null ? "" : $"\"aldLabel\":\"{aldLabel}\",")}}}"canTravel":"{{{travel}}}"},
         "social":{"c2s":"{{{c2s}}}","livesAlone":"{{{alone}}}"},
         "consents":{"privacyNoticeVersion":"2026-01","shareWithGps":true,"shareWithDac":{{{(dac ? "true" : "false")}}},"sms":false}}
        """;
}
