using System.Globalization;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Pages;

/// <summary>Codes, dates and persons as the coordination team reads them.</summary>
internal static class French
{
    public static string Time(DateTimeOffset when) => Days.Local(when).ToString("HH:mm", CultureInfo.InvariantCulture);

    public static string DayAndTime(DateTimeOffset when) =>
        Days.Local(when).ToString("dd/MM/yyyy HH:mm", CultureInfo.InvariantCulture);

    /// <summary>A FHIR date or dateTime as a day; the text itself when only a year or a month is known.</summary>
    public static string Day(string? date) => date is null ? "–"
        : DateOnly.TryParseExact(date.Length >= 10 ? date[..10] : date, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day.ToString("dd/MM/yyyy", CultureInfo.InvariantCulture)
            : date;

    /// <summary>Midnight in Paris at the beginning of the day of <paramref name="now"/>.</summary>
    public static DateTimeOffset StartOfDay(DateTimeOffset now)
    {
        var midnight = Days.Local(now).Date;
        return new(midnight, SearchZone.Paris.GetUtcOffset(midnight));
    }

    public static string MessageStateOf(string state) => FrenchTexts.StateOf(state);

    public static string TagOf(string state) => state switch
    {
        MessageState.Processed => "tag fine",
        MessageState.Waiting or MessageState.Received => "tag wait",
        MessageState.Rejected => "tag urgent",
        _ => "tag",
    };

    public static string PriorityOf(string? priority) => priority switch
    {
        "stat" => "Immédiate",
        "asap" => "Très haute",
        "urgent" => "Haute",
        _ => "Normale",
    };

    public static string TaskStatusOf(string? status) => status switch
    {
        "draft" => "Brouillon",
        "requested" => "Demandé",
        "received" => "Reçu",
        "accepted" => "Accepté",
        "rejected" => "Refusé",
        "ready" => "Prêt",
        "cancelled" => "Annulé",
        "in-progress" => "En cours",
        "on-hold" => "En pause",
        "failed" => "Échoué",
        "completed" => "Terminé",
        "entered-in-error" => "Erreur de saisie",
        _ => status ?? "–",
    };

    public static string TaskKindOf(string? kind) => kind switch
    {
        "parcours-medecin-traitant" => "Parcours vers un médecin traitant",
        "appui-dac" => "Appui du DAC",
        "proposition-medecin" => "Proposition à un médecin",
        "evaluation-mas" => "Évaluation par la MAS",
        "rappel" => "Rappel téléphonique",
        "piece-manquante" => "Pièce manquante",
        "verification-identite" => "Vérification d’identité",
        "confirmation-annuelle" => "Confirmation annuelle",
        "bilan-preparatoire" => "Bilan préparatoire",
        _ => kind ?? "–",
    };

    public static string SeverityOf(string? severity) => FrenchTexts.SeverityOf(severity);

    /// <summary>Used name when there is one, birth name in brackets beside it.</summary>
    public static string NameOf(Element? patient)
    {
        if (patient is null)
            return "–";
        Element? official = null, usual = null;
        foreach (var name in patient.All("name"))
        {
            if (name.Text("use") == "usual")
                usual ??= name;
            else
                official ??= name;
        }

        if ((usual ?? official) is not { } shown)
            return "Sans nom";
        var text = shown.Text("text") ?? $"{shown.Text("family")} {Given(shown) ?? (official is null ? null : Given(official))}".Trim();
        if (usual is null || official?.Text("family") is not { } birth || birth == usual.Text("family"))
            return text;
        var born = patient.Text("gender") switch { "female" => "née", "male" => "né", _ => "né(e)" };
        return $"{text} ({born} {birth})";
    }

    public static string CommuneOf(Element? patient) => patient?.Child("address") is { } address
        ? $"{address.Text("postalCode")} {address.Text("city")}".Trim()
        : "–";

    private static string? Given(Element name) => name.Child("given")?.Value;
}
