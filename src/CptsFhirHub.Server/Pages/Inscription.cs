using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Pages;

/// <summary>
/// <c>/inscription</c>: a person without a GP signs up by itself, without an account. What is sent walks as every signalement does, under the
/// source <c>inscription</c>. The answer is a number, and the same whether or not the person is known. Setting <c>Hub:Inscription:Tenant</c>.
/// </summary>
internal sealed class Inscription(ReceiveSignalement receive, HubSettings settings, IConfiguration configuration, TimeProvider time)
{
    public const string Path = "/inscription";
    public const string SourceName = "inscription";

    private const string DemoTenant = "demo-cpts";
    private const string NoticeVersion = "2026-11";
    private const int LengthMax = 200;
    private const int CommentLengthMax = 1000;

    /// <summary>Addresses that are counted at once: beyond it the counting begins anew.</summary>
    private const int AddressesMax = 50_000;

    /// <summary>A household behind one address signs up together; a program does so all day.</summary>
    private const int PerHourDefault = 20;

    private static readonly (string Value, string Label)[] Ticks = [("oui", "Oui"), ("non", "Non"), ("ne-sait-pas", "Je ne sais pas")];

    private static readonly (string Value, string Label)[] Reasons =
    [
        ("medecin-parti", "Mon médecin est parti ou a cessé son activité"), ("nouvel-arrivant", "Je viens d’arriver sur le territoire"),
        ("refus", "Les médecins que j’ai contactés n’acceptent plus de patients"), ("autre", "Autre raison"),
    ];

    private static readonly (string Value, string Label)[] Travels = [("oui", "Oui"), ("difficile", "Oui, mais difficilement"), ("non", "Non")];

    /// <summary>Where the reader's remarks point, and the field that the person sees.</summary>
    private static readonly (string Where, string Field)[] Places =
    [
        ("birthDate", "naissance"), ("birthName", "nom"), ("firstNames", "prenom"), ("phones", "telephone"), ("email", "courriel"),
        ("postCode", "codepostal"), ("city", "commune"), ("peopleWithoutGp", "foyer"), ("freeText", "commentaire"),
    ];

    private readonly ConcurrentDictionary<string, (long Hour, int Count)> _counts = new(StringComparer.Ordinal);
    private readonly int _perHour = configuration.GetValue("Hub:Limits:InscriptionsPerHour", PerHourDefault);

    private string? Tenant => configuration["Hub:Inscription:Tenant"] ?? (settings.Demo ? DemoTenant : null);

    public IResult Show() => Tenant is null
        ? Layout.Page("Inscription", Html.Of($"""<h1>Inscription</h1><p>L’inscription en ligne n’est pas ouverte.</p>"""), session: null, 404)
        : Form(new Dictionary<string, string>(StringComparer.Ordinal), [], 200);

    public async Task<IResult> Send(HttpContext context, CancellationToken cancellationToken)
    {
        if (Tenant is not { } tenant)
            return Show();
        if (!Login.IsFromHere(context.Request))
            return Refused("La demande vient d’un autre site.", 403);
        if (!context.Request.HasFormContentType)
            return Refused("Un formulaire est attendu.", 415);
        if (MustWait(context))
        {
            context.Response.Headers.RetryAfter = "3600";
            return Refused("Trop d’inscriptions ont été envoyées depuis votre connexion : réessayez dans une heure, ou appelez la CPTS.", 429);
        }

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in await context.Request.ReadFormAsync(cancellationToken))
            values[name] = value.ToString().Trim();

        // A field that no person sees: what fills it in is a program, which is thanked and forgotten.
        if (Of(values, "site").Length > 0)
            return Thanks(TrackingNumber.New());
        var faults = Faults(values);
        if (faults.Count > 0)
            return Form(values, faults, 422);

        var reception = await receive.Handle(
            new(tenant, SourceName, "form", SourceName, "application/json", Key: null, SignUp(values)), int.MaxValue, cancellationToken);
        return reception.Kind != ReceptionKind.Rejected || reception.State is MessageState.Processed or MessageState.Waiting
            ? Thanks(reception.Tracking)
            : Form(values, [.. reception.Issues.Where(issue => issue.IsError).Select(issue => FaultOf(issue.Path)).Distinct()], 422);
    }

    private bool MustWait(HttpContext context)
    {
        if (_perHour <= 0)
            return false;
        if (_counts.Count > AddressesMax)
            _counts.Clear();
        var hour = time.GetUtcNow().ToUnixTimeSeconds() / 3600;
        var (_, count) = _counts.AddOrUpdate(
            context.Connection.RemoteIpAddress?.ToString() ?? "", (hour, 1), (_, seen) => seen.Hour == hour ? (hour, seen.Count + 1) : (hour, 1));
        return count > _perHour;
    }

    private static string Of(Dictionary<string, string> values, string name) => values.GetValueOrDefault(name) ?? "";

    private static List<(string Field, string Text)> Faults(Dictionary<string, string> values)
    {
        var faults = new List<(string, string)>();
        Require("nom", "Indiquez votre nom de naissance.");
        Require("prenom", "Indiquez votre prénom.");
        Require("naissance", "Indiquez votre date de naissance.");
        if (Of(values, "telephone").Length == 0 && Of(values, "courriel").Length == 0)
            faults.Add(("telephone", "Indiquez un téléphone ou un courriel, pour que l’équipe puisse vous répondre."));
        Require("codepostal", "Indiquez votre code postal.");
        Require("commune", "Indiquez votre commune.");
        Require("motif", "Dites pourquoi vous cherchez un médecin traitant.");
        Require("ald", "Dites si vous avez une affection de longue durée, ou que vous ne le savez pas.");
        Require("mobilite", "Dites si vous pouvez vous déplacer jusqu’au cabinet.");
        if (Of(values, "information") != "oui")
            faults.Add(("information", "Cochez la case pour dire que vous avez lu l’information."));
        foreach (var (name, value) in values)
            if (value.Length > (name == "commentaire" ? CommentLengthMax : LengthMax))
                faults.Add((name, "Ce texte est trop long."));
        return faults;

        void Require(string name, string text)
        {
            if (Of(values, name).Length == 0)
                faults.Add((name, text));
        }
    }

    private static (string Field, string Text) FaultOf(string where)
    {
        var place = Array.Find(Places, place => where.Contains(place.Where, StringComparison.Ordinal));
        return place.Field is { } field ? (field, "Cette réponse ne peut pas être lue : vérifiez-la.") : ("nom", "Une réponse ne peut pas être lue : vérifiez le formulaire.");
    }

    /// <summary>The sign-up as a booking platform would send it; a question without an answer is not in it.</summary>
    private byte[] SignUp(Dictionary<string, string> values)
    {
        var now = time.GetUtcNow();
        var id = Guid.TryParse(Of(values, "demande"), out var known) ? known : Guid.CreateVersion7(now);
        var signUp = new JsonObject
        {
            ["event"] = "signup.created",
            ["eventId"] = id.ToString(),
            ["occurredAt"] = now.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            ["source"] = Members(("platform", SourceName), ("form", "recherche-medecin-traitant"), ("formVersion", NoticeVersion)),
            ["patient"] = Members(("birthName", Of(values, "nom")), ("usedName", Of(values, "nomusage")), ("birthDate", Of(values, "naissance")),
                ("sex", Of(values, "sexe")), ("email", Of(values, "courriel")), ("safeContactNote", Of(values, "joindre"))),
            ["need"] = Members(("reason", Of(values, "motif"))),
            ["health"] = Members(("ald", Of(values, "ald")), ("canTravel", Of(values, "mobilite"))),
            ["social"] = Members(("livesAlone", Of(values, "seul")), ("handicap", Of(values, "handicap"))),
            ["consents"] = new JsonObject
            {
                ["privacyNoticeVersion"] = NoticeVersion,
                ["shareWithGps"] = Of(values, "partagemedecins") == "oui",
                ["shareWithDac"] = Of(values, "partagedac") == "oui",
                ["sms"] = Of(values, "sms") == "oui",
            },
        };
        var patient = signUp["patient"]!.AsObject();
        patient["firstNames"] = new JsonArray(JsonValue.Create(Of(values, "prenom")));
        if (Of(values, "telephone") is { Length: > 0 } phone)
            patient["phones"] = new JsonArray(JsonValue.Create(phone));
        patient["address"] = Members(("line1", Of(values, "adresse")), ("postCode", Of(values, "codepostal")), ("city", Of(values, "commune")));
        if (int.TryParse(Of(values, "foyer"), NumberStyles.None, CultureInfo.InvariantCulture, out var people))
            signUp["household"] = new JsonObject { ["peopleWithoutGp"] = people };
        if (Of(values, "commentaire") is { Length: > 0 } comment)
            signUp["freeText"] = comment;
        return JsonSerializer.SerializeToUtf8Bytes(signUp);
    }

    private static JsonObject Members(params ReadOnlySpan<(string Name, string Value)> members)
    {
        var held = new JsonObject();
        foreach (var (name, value) in members)
            if (value.Length > 0)
                held[name] = value;
        return held;
    }

    private static IResult Refused(string text, int status) => Layout.Page("Inscription", Html.Of($"""
        <h1>Inscription</h1>
        <p class="error" role="alert">{text}</p>
        <p><a href="{Path}">Revenir au formulaire</a></p>
        """), session: null, status);

    private static IResult Thanks(string? number) => Layout.Page("Inscription enregistrée", Html.Of($"""
        <h1>Votre demande est enregistrée</h1>
        {Html.When(number is not null, () => Html.Of($"""<p>Votre numéro de suivi : <strong id="numero">{number}</strong>. Notez-le : il vous sera demandé si vous appelez la CPTS.</p>"""))}
        <p>L’équipe de coordination étudie votre demande et vous contacte. Trouver un médecin peut prendre du temps ; s’inscrire plusieurs fois ne change pas votre rang.</p>
        <p>En cas d’urgence, appelez le 15 ou le 112.</p>
        """), session: null);

    private IResult Form(Dictionary<string, string> values, List<(string Field, string Text)> faults, int status)
    {
        var fields = new FormFields(values, faults);
        var id = Guid.TryParse(Of(values, "demande"), out var known) ? known : Guid.CreateVersion7(time.GetUtcNow());
        return Layout.Page(faults.Count > 0 ? "Inscription : réponses à corriger" : "Inscription", Html.Of($"""
            <h1>Je cherche un médecin traitant</h1>
            <p>Ce formulaire s’adresse aux personnes du territoire qui n’ont pas de médecin traitant. Les champs marqués d’une étoile (*) sont obligatoires.</p>
            {fields.Summary()}
            <form method="post" action="{Path}" novalidate>
            <input type="hidden" name="demande" value="{id.ToString()}">
            <div class="trap" aria-hidden="true"><label for="site">Ne rien écrire ici</label><input id="site" name="site" tabindex="-1" autocomplete="off"></div>
            <fieldset><legend>Vous</legend>
            {fields.Text("nom", "Nom de naissance *", "family-name")}
            {fields.Text("nomusage", "Nom utilisé, s’il est différent", "off")}
            {fields.Text("prenom", "Prénom *", "given-name")}
            {fields.Text("naissance", "Date de naissance *", "bday", hint: "Exemple : 09/03/1947")}
            {fields.Choice("sexe", "Sexe", [("F", "Féminin"), ("M", "Masculin")])}
            </fieldset>
            <fieldset><legend>Vous joindre</legend>
            {fields.Text("telephone", "Téléphone", "tel")}
            {fields.Text("courriel", "Courriel", "email")}
            {fields.Text("adresse", "Adresse", "street-address")}
            {fields.Text("codepostal", "Code postal *", "postal-code")}
            {fields.Text("commune", "Commune *", "address-level2")}
            {fields.Text("joindre", "Précautions pour vous joindre", "off", hint: "Par exemple : n’appeler que le matin, ne pas laisser de message.")}
            </fieldset>
            <fieldset><legend>Votre besoin</legend>
            {fields.Choice("motif", "Pourquoi cherchez-vous un médecin traitant ? *", Reasons)}
            {fields.Text("foyer", "Nombre de personnes sans médecin traitant dans votre foyer", "off")}
            {fields.Choice("ald", "Avez-vous une affection de longue durée (ALD) ? *", Ticks)}
            {fields.Choice("mobilite", "Pouvez-vous vous déplacer jusqu’au cabinet ? *", Travels)}
            {fields.Choice("seul", "Vivez-vous seul ?", Ticks)}
            {fields.Choice("handicap", "Êtes-vous en situation de handicap ?", Ticks)}
            {fields.Area("commentaire", "Ce que l’équipe doit savoir", CommentLengthMax)}
            </fieldset>
            <fieldset><legend>Vos données</legend>
            <p>Vos réponses sont lues par l’équipe de coordination de la communauté professionnelle territoriale de santé (CPTS), pour chercher un médecin traitant. Vous pouvez à tout
            moment les consulter, les corriger, vous opposer à leur usage ou retirer votre demande auprès de la CPTS.</p>
            {fields.Box("information", "J’ai lu cette information. *")}
            {fields.Box("partagemedecins", "J’accepte que ma demande soit proposée à des médecins du territoire.")}
            {fields.Box("partagedac", "J’accepte qu’elle soit transmise au dispositif d’appui à la coordination (DAC), si ma situation le demande.")}
            {fields.Box("sms", "J’accepte d’être contacté par SMS.")}
            </fieldset>
            <button type="submit">Envoyer ma demande</button>
            </form>
            """), session: null, status);
    }
}
