using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Intake.Doctolib;

/// <summary>
/// A sign-up on a booking platform: the webhook's JSON, or one line of its CSV export, as the tree <c>DoctolibSignup</c> whose children are
/// the JSON's members. Phones are in the form <c>+33…</c>, ticks <c>oui</c>, <c>non</c> or <c>ne-sait-pas</c>.
/// </summary>
public static class DoctolibReader
{
    public const string RootName = "DoctolibSignup";

    private static readonly Member[] Members =
    [
        new("event", ValueKind.Code, Need.Required) { Codes = ["signup.created", "signup.updated", "signup.cancelled"] },
        new("eventId", ValueKind.Text, Need.Required) { LengthMax = 100 },
        new("occurredAt", ValueKind.Instant, Need.Required),
        new("source.platform", ValueKind.Text, Need.Expected),
        new("source.form", ValueKind.Text),
        new("source.formVersion", ValueKind.Text),
        new("patient.birthName", ValueKind.Text),
        new("patient.usedName", ValueKind.Text),
        new("patient.firstNames[]", ValueKind.Text, Need.Required),
        new("patient.birthDate", ValueKind.Date, Need.Required),
        new("patient.sex", ValueKind.Sex),
        new("patient.birthPlaceInsee", ValueKind.Text) { LengthMax = 5 },
        new("patient.nir", ValueKind.Nir),
        new("patient.phones[]", ValueKind.Phone),
        new("patient.email", ValueKind.Text),
        new("patient.address.line1", ValueKind.Text),
        new("patient.address.line2", ValueKind.Text),
        new("patient.address.postCode", ValueKind.Text, Need.Expected) { LengthMax = 10 },
        new("patient.address.city", ValueKind.Text, Need.Expected),
        new("patient.address.inseeCode", ValueKind.Text) { LengthMax = 5 },
        new("patient.preferredContact", ValueKind.Text),
        new("patient.safeContactNote", ValueKind.Text),
        new("household.peopleWithoutGp", ValueKind.Count),
        new("need.reason", ValueKind.Code, Need.Expected) { Codes = ["medecin-parti", "nouvel-arrivant", "refus", "autre"] },
        new("need.lastGp.name", ValueKind.Text),
        new("need.lastGp.city", ValueKind.Text),
        new("need.lastGp.endDate", ValueKind.Date),
        new("need.sinceWhen", ValueKind.Date),
        new("health.ald", ValueKind.Tick, Need.Expected),
        new("health.aldLabel", ValueKind.Text),
        new("health.diabetes", ValueKind.Flag),
        new("health.canTravel", ValueKind.Code, Need.Expected) { Codes = ["oui", "non", "difficile"] },
        new("health.nextTreatmentRenewal", ValueKind.Date),
        new("social.c2s", ValueKind.Tick),
        new("social.ame", ValueKind.Tick),
        new("social.handicap", ValueKind.Tick),
        new("social.livesAlone", ValueKind.Tick),
        new("consents.privacyNoticeVersion", ValueKind.Text),
        new("consents.date", ValueKind.Date),
        new("consents.shareWithGps", ValueKind.Flag, Need.Expected),
        new("consents.shareWithDac", ValueKind.Flag, Need.Expected),
        new("consents.sms", ValueKind.Flag),
        new("freeText", ValueKind.Text) { LengthMax = 1000 },
        new("operator", ValueKind.Text),
    ];

    private static readonly SourceShape Webhook = new(Members);

    // People may have edited an export; it names neither its platform nor the hour.
    private static readonly SourceShape Export = new(
        Members.Select(member => member.Path switch
        {
            "occurredAt" => member with { Kind = ValueKind.Date },
            "source.platform" => member with { Need = Need.Optional },
            _ => member,
        }).ToList(),
        isTyped: true);

    private static readonly Column[] Columns =
    [
        new("identifiant", "eventId") { Aliases = ["id", "reference"] },
        new("date", "occurredAt") { Aliases = ["date_inscription", "horodatage"] },
        new("statut", "event") { Aliases = ["status", "etat"] },
        new("nom_naissance", "patient.birthName") { Aliases = ["nom_de_naissance", "nom"] },
        new("nom_utilise", "patient.usedName") { Aliases = ["nom_usage", "nom_d_usage", "nom_usuel", "nom"] },
        new("prenoms", "patient.firstNames[]") { Aliases = ["prenom"], Separators = "," },
        new("date_naissance", "patient.birthDate") { Aliases = ["date_de_naissance", "ne_le", "naissance"] },
        new("sexe", "patient.sex") { Aliases = ["civilite"] },
        new("nir", "patient.nir") { Aliases = ["numero_secu", "securite_sociale", "nss"] },
        new("telephone", "patient.phones[]") { Aliases = ["tel", "portable", "mobile", "telephones"] },
        new("email", "patient.email") { Aliases = ["courriel", "mail", "e_mail"] },
        new("adresse", "patient.address.line1") { Aliases = ["adresse1", "rue"] },
        new("code_postal", "patient.address.postCode") { Aliases = ["cp"] },
        new("ville", "patient.address.city") { Aliases = ["commune"] },
        new("code_insee", "patient.address.inseeCode") { Aliases = ["insee", "commune_insee"] },
        new("motif", "need.reason") { Aliases = ["raison"] },
        new("dernier_medecin", "need.lastGp.name") { Aliases = ["ancien_medecin"] },
        new("date_cessation", "need.lastGp.endDate"),
        new("ald", "health.ald"),
        new("ald_libelle", "health.aldLabel"),
        new("mobilite", "health.canTravel") { Aliases = ["peut_se_deplacer"] },
        new("c2s", "social.c2s") { Aliases = ["css", "cmu"] },
        new("ame", "social.ame"),
        new("handicap", "social.handicap"),
        new("vit_seul", "social.livesAlone") { Aliases = ["isole", "isolement"] },
        new("foyer_sans_mt", "household.peopleWithoutGp") { Aliases = ["nb_personnes_foyer_sans_mt"] },
        new("consentement_medecins", "consents.shareWithGps"),
        new("consentement_dac", "consents.shareWithDac"),
        new("consentement_sms", "consents.sms"),
        new("commentaire", "freeText") { Aliases = ["remarque", "commentaires"] },
    ];

    private static readonly LineModel ExportLine = new(RootName, Columns, Export, root => root.Text("eventId"))
    {
        Prepare = Prepare,
        Check = CheckPerson,
    };

    /// <summary>Reads one webhook call. The key is the event's id: the platform sends the same one again when it retries.</summary>
    public static SourceReading Read(ReadOnlyMemory<byte> bytes)
    {
        List<Issue> issues = [];
        if (JsonTree.Read(bytes, RootName, issues) is not { } root)
            return new(null, null, issues);

        var key = root.Child("eventId") is { Kind: ElementKind.String, Value: { } id } ? id : null;
        Webhook.Check(root, path => "$." + path, issues);
        CheckPerson(root, path => "$." + path, issues);
        return new(root, key, issues);
    }

    /// <summary>
    /// Reads the platform's CSV export, one tree a sign-up: <c>Nouveau</c> is a creation, <c>Traité</c> an update, <c>Annulé</c> a
    /// cancellation.
    /// </summary>
    public static SourceLines ReadExport(ReadOnlyMemory<byte> bytes) => CsvLines.Read(bytes, ExportLine);

    private static void Prepare(Element root)
    {
        var state = PlainText.Words(root.Text("event") ?? "Nouveau");
        root.Put("event", state switch
        {
            "NOUVEAU" or "NOUVELLE" => "signup.created",
            "TRAITE" or "TRAITEE" or "MODIFIE" => "signup.updated",
            "ANNULE" or "ANNULEE" => "signup.cancelled",
            _ => state,
        });
        if (root.At("health", "canTravel") is { } mobility && FrenchValues.Tick(mobility.Value ?? "").Value is { } tick)
        {
            // "Mobilité: ?" means that nobody asked.
            if (tick == "ne-sait-pas")
                root.Child("health")!.Remove("canTravel");
            else
                mobility.SetValue(ElementKind.String, tick);
        }
    }

    private static void CheckPerson(Element root, Func<string, string> place, List<Issue> issues)
    {
        var patient = root.Child("patient");
        if (patient?.Child("birthName") is null)
            issues.Add(patient?.Child("usedName") is null
                ? Issue.Error("required", place("patient.birthName"), "A birth name, or at least the name in use, is required.")
                : Issue.Warning("required", place("patient.birthName"),
                    "The birth name is expected: without it nobody is recognised for certain."));
        if (patient?.Child("phones") is null && patient?.Child("email") is null)
            issues.Add(Issue.Warning("required", place("patient.phones"),
                "Neither a phone nor an e-mail: the person cannot be called back."));
        if (patient?.Text("birthDate") is { Length: 10 } born && root.Text("occurredAt") is { Length: >= 10 } on
            && string.CompareOrdinal(born, on[..10]) > 0)
            issues.Add(Issue.Error("business-rule", place("patient.birthDate"), "The birth date is later than the sign-up."));
        if (patient?.Text("nir") is { } nir && Nir.Read(nir).ContradictsOwner(patient.Text("sex"), patient.Text("birthDate")))
            issues.Add(Issue.Warning("business-rule", place("patient.nir"),
                "The NIR contradicts the sex or the birth date: it may be a relative's. It will not be used to recognise the person."));
    }
}
