using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Pages;

/// <summary>
/// <c>/personnes/{id}</c>: what each sender says of a person, from whom each value comes, who decided what, and the form by which everything about the
/// person is erased.
/// </summary>
internal sealed class PersonPage(ResourceStore store, IdentityTelling tell, PersonErasure erase, PersonSharingForm sharing)
{
    private const int ReasonMax = 200;

    public async Task<IResult> Show(HttpContext context, string id, CancellationToken cancellationToken)
    {
        var session = context.Features.Get<ConsoleSession>()!;
        if (session.Caller.Role != Roles.Coordination
            || await store.ReadAsync(session.Caller.Tenant, $"Patient/{id}", cancellationToken) is not { } patient)
            return Layout.Missing(session);
        var told = (await tell(patient, session.Caller.Tenant, cancellationToken)).Root;
        var person = patient.Resource.Root;
        return Layout.Page("Personne", Html.Of($"""
            <h1>{French.NameOf(person)}</h1>
            <section aria-labelledby="personne"><h2 id="personne">Personne</h2>
            <dl>{PersonTraits.All.Select(trait => Html.Of($"<dt>{trait.Name}</dt><dd>{trait.Of(person)}</dd>"))}</dl></section>
            <section aria-labelledby="emetteurs"><h2 id="emetteurs">Ce que dit chaque émetteur</h2>
            {Records(Groups(told, "record"))}</section>
            <section aria-labelledby="valeurs"><h2 id="valeurs">D’où vient chaque valeur</h2>
            <table><thead><tr><th scope="col">Élément</th><th scope="col">Émetteurs</th><th scope="col">Dit le</th></tr></thead>
            <tbody>{Groups(told, "value").Select(Value)}</tbody></table></section>
            <section aria-labelledby="decisions"><h2 id="decisions">Décisions</h2>
            <table><thead><tr><th scope="col">Date</th><th scope="col">Par</th><th scope="col">Décision</th><th scope="col">Raisons</th></tr></thead>
            <tbody>{Groups(told, "decision").Select(Decision)}</tbody></table></section>
            {sharing.Show(session, patient.Id)}
            <section aria-labelledby="effacement"><h2 id="effacement">Effacement</h2>
            <p>Tout ce que le hub sait de cette personne est effacé, pour toujours. La raison est conservée : n’y nommez personne.</p>
            <form method="post" action="/personnes/{patient.Id}/effacement"><input type="hidden" name="jeton" value="{session.FormToken}">
            <label for="raison">Raison</label><input id="raison" name="raison" required maxlength="{ReasonMax}">
            <label for="accord"><input type="checkbox" id="accord" name="accord" value="oui" required> Je sais que rien ne sera retrouvé.</label>
            <button type="submit">Effacer</button></form></section>
            """), session);
    }

    /// <summary>Erases the person, when the form says why and that it is meant.</summary>
    public async Task<IResult> Erase(HttpContext context, string id, CancellationToken cancellationToken)
    {
        var session = context.Features.Get<ConsoleSession>()!;
        if (session.Caller.Role != Roles.Coordination || !await Login.PostedByAsync(context, cancellationToken))
            return Layout.Missing(session);
        var form = await context.Request.ReadFormAsync(cancellationToken);
        var reason = form["raison"].ToString().Trim();
        if (reason is not { Length: > 0 and <= ReasonMax } || form["accord"] != "oui")
            return Layout.Page("Effacement", Html.Of($"""
                <h1>Effacement</h1><section><p class="error" role="alert">Donnez une raison d’au plus {ReasonMax} signes, et confirmez.</p></section>
                """), session, StatusCodes.Status400BadRequest);
        return await erase($"Patient/{id}", reason, session.Caller, cancellationToken) is { } told
            ? Layout.Page("Effacement", Html.Of($"""
                <h1>Effacement</h1><section><p role="status">C’est fait : {Count(told, "resources")} ressources effacées, {Count(told, "messages")} messages vidés.</p></section>
                """), session)
            : Layout.Missing(session);
    }

    /// <summary>One column a sender, one line a trait.</summary>
    private static Html Records(List<Element> records) => Html.Of($"""
        <table><thead><tr><th scope="col">Trait</th>{records.Select(record => Html.Of($"""<th scope="col">{Text(record, "sender")}</th>"""))}</tr></thead>
        <tbody>{PersonTraits.All.Select(trait => Html.Of($"""
            <tr><th scope="row">{trait.Name}</th>{records.Select(record => Html.Of($"<td>{TraitOf(record, trait.Of)}</td>"))}</tr>
            """))}
        <tr><th scope="row">Depuis le</th>{records.Select(record => Html.Of($"<td>{French.Day(Text(record, "since"))}</td>"))}</tr>
        <tr><th scope="row">Dit le</th>{records.Select(record => Html.Of($"<td>{French.Day(Text(record, "said"))}</td>"))}</tr></tbody></table>
        """);

    private static string TraitOf(Element record, Func<Element, string> trait) =>
        Part(record, "resource")?.Child("resource") is { } person ? trait(person) : "–";

    private static Html Value(Element value) => Html.Of($"""
        <tr><td>{ElementOf(Text(value, "path") ?? "")}</td><td>{string.Join(", ", Parts(value, "sender").Select(ValueOf))}</td><td>{French.Day(Text(value, "said"))}</td></tr>
        """);

    private static Html Decision(Element decision) => Html.Of($"""
        <tr><td>{French.Day(Text(decision, "date"))}</td><td>{(Text(decision, "by") is "machine" ? "le programme" : Text(decision, "by"))}</td>
        <td>{OutcomeOf(Text(decision, "outcome"))}</td>
        <td>{Parts(decision, "reason").Concat(Parts(decision, "compared").SelectMany(compared => Parts(compared, "reason"))).Select(reason => Html.Of($"<p>{Words(reason)}</p>"))}
        {Fields(decision)}</td></tr>
        """);

    private static Html Fields(Element decision)
    {
        var fields = Parts(decision, "compared").SelectMany(compared => Parts(compared, "field")).Select(Words).Where(words => words.Length > 0).ToList();
        return Html.When(fields.Count > 0, () => Html.Of($"""
            <details><summary>Champ par champ</summary><ul>{fields.Select(words => Html.Of($"<li>{words}</li>"))}</ul></details>
            """));
    }

    private static string Words(Element reason)
    {
        if (ValueOf(reason) is { Length: > 0 } said)
            return said;
        return string.Join(' ', Parts(reason, "text").Select(ValueOf));
    }

    /// <summary>The element in words: <c>Patient.telecom[1]</c> is the second contact.</summary>
    private static string ElementOf(string path)
    {
        var (dot, bracket) = (path.IndexOf('.', StringComparison.Ordinal), path.IndexOf('[', StringComparison.Ordinal));
        var name = bracket > dot ? path[(dot + 1)..bracket] : path[(dot + 1)..];
        var words = name switch
        {
            "name" => "Nom",
            "gender" => "Sexe",
            "birthDate" => "Naissance",
            "telecom" => "Téléphone, courriel",
            "address" => "Adresse",
            "identifier" => "Numéro",
            "generalPractitioner" => "Médecin traitant",
            "contact" => "Proche à prévenir",
            "maritalStatus" => "Situation familiale",
            "extension" => "Donnée complémentaire",
            _ when name.StartsWith("deceased", StringComparison.Ordinal) => "Décès",
            _ => name,
        };
        return bracket > dot && int.TryParse(path[(bracket + 1)..].TrimEnd(']'), out var at) && at > 0
            ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{words} ({at + 1})") : words;
    }

    private static string OutcomeOf(string? code) => code switch
    {
        "merge" => "Dossiers réunis",
        "unmerge" => "Réunion défaite",
        "personnes-distinctes" => "Personnes distinctes",
        "meme-personne" => "Même personne",
        IdentityDecision.Joined => "Reconnue",
        IdentityDecision.New => "Personne nouvelle",
        IdentityDecision.ToCheck => "Doute : question posée",
        _ => code ?? "–",
    };

    private static List<Element> Groups(Element told, string name)
    {
        List<Element> groups = [];
        foreach (var parameter in told.All("parameter"))
            if (parameter.Text("name") == name)
                groups.Add(parameter);
        return groups;
    }

    private static List<Element> Parts(Element group, string name)
    {
        List<Element> parts = [];
        foreach (var part in group.All("part"))
            if (part.Text("name") == name)
                parts.Add(part);
        return parts;
    }

    private static Element? Part(Element group, string name) => Parts(group, name) is [var part, ..] ? part : null;

    private static string? Text(Element group, string name) => Part(group, name) is { } part ? ValueOf(part) : null;

    private static string ValueOf(Element part)
    {
        foreach (var child in part.Children)
            if (child.Name.StartsWith("value", StringComparison.Ordinal))
                return child.Value ?? "";
        return "";
    }

    private static string Count(Resource told, string name) => Groups(told.Root, name) is [var count, ..] ? ValueOf(count) : "0";
}
