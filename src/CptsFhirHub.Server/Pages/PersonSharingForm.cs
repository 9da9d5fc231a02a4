using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Pages;

/// <summary>
/// The part of <c>/personnes/{id}</c> by which a coordinator keeps that the person agrees, and shares the file with another CPTS of the hub or
/// transfers it there.
/// </summary>
internal sealed class PersonSharingForm(ResourceStore store, PersonSharing share, Territories territories, HubSettings settings, TimeProvider time)
{
    private const string Transfer = "transfert";

    /// <summary>The form; nothing in a hub of one CPTS.</summary>
    public Html Show(ConsoleSession session, string id)
    {
        var others = settings.Tenants.Where(tenant => tenant != session.Caller.Tenant).Select(territories.Of).OrderBy(other => other.Name, StringComparer.Ordinal).ToList();
        return Html.When(others.Count > 0, () => Html.Of($"""
            <section aria-labelledby="partage"><h2 id="partage">Partage avec une autre CPTS</h2>
            <p>Le dossier ouvert est transmis à l’autre CPTS, qui le prend en charge selon ses propres règles. Transféré, il est clos ici.</p>
            <form method="post" action="/personnes/{id}/partage"><input type="hidden" name="jeton" value="{session.FormToken}">
            <label for="cpts">CPTS</label><select id="cpts" name="cpts" required>{others.Select(other => Html.Of($"""<option value="{other.Tenant}">{other.Name}</option>"""))}</select>
            <label for="mode">Que faire du dossier</label><select id="mode" name="mode"><option value="partage">Le partager : il reste aussi ouvert ici</option>
            <option value="{Transfer}">Le transférer : il est clos ici</option></select>
            <label for="consentement"><input type="checkbox" id="consentement" name="consentement" value="oui" required> La personne, informée, est d’accord ; son accord est enregistré aujourd’hui.</label>
            <button type="submit">Transmettre le dossier</button></form></section>
            """));
    }

    /// <summary>Keeps the consent and shares, when the form says that the person agrees.</summary>
    public async Task<IResult> Share(HttpContext context, string id, CancellationToken cancellationToken)
    {
        var session = context.Features.Get<ConsoleSession>()!;
        if (session.Caller.Role != Roles.Coordination || !await Login.PostedByAsync(context, cancellationToken)
            || await store.ReadAsync(session.Caller.Tenant, $"Patient/{id}", cancellationToken) is not { } patient)
            return Layout.Missing(session);
        var form = await context.Request.ReadFormAsync(cancellationToken);
        if (form["consentement"] != "oui" || form["mode"].ToString() is not ("partage" or Transfer))
            return Told(session, "Rien n’est transmis sans l’accord de la personne.", StatusCodes.Status400BadRequest);
        if (!settings.Tenants.Contains(form["cpts"].ToString()) || form["cpts"] == session.Caller.Tenant)
            return Told(session, Why(StatusCodes.Status404NotFound), StatusCodes.Status404NotFound);
        var wish = new ShareWish(patient.Reference, form["cpts"].ToString(), form["mode"] == Transfer, IsPreview: false);
        try
        {
            var consent = new Write.Create(Consent(patient.Reference, territories.Of(session.Caller.Tenant)));
            if (!(await store.CommitAsync(session.Caller.Tenant, [consent], cancellationToken)).Committed)
                return Told(session, "L’accord n’a pas pu être enregistré : recommencez.", StatusCodes.Status503ServiceUnavailable);
            await share(wish, session.Caller, cancellationToken);
            return Layout.Page("Partage", Html.Of($"""
                <h1>Partage</h1><section><p role="status">C’est fait : le dossier est {(wish.IsTransfer ? "transféré" : "partagé")}. <a href="/personnes/{patient.Id}">Revenir à la personne</a></p></section>
                """), session);
        }
        catch (Refusal refusal)
        {
            return Told(session, Why(refusal.Status), refusal.Status);
        }
    }

    private static string Why(int status) => status switch
    {
        StatusCodes.Status404NotFound => "Cette CPTS n’est pas dans ce hub.",
        StatusCodes.Status409Conflict => "Ce dossier a déjà été transmis à cette CPTS.",
        StatusCodes.Status422UnprocessableEntity => "Rien n’est transmis : la personne n’a pas de dossier ouvert, son identité reste à vérifier, ou son dossier est protégé.",
        _ => "Le dossier est en chemin : recommencez dans un instant, il n’est transmis qu’une fois.",
    };

    private static IResult Told(ConsoleSession session, string text, int status) => Layout.Page("Partage", Html.Of($"""
        <h1>Partage</h1><section><p class="error" role="alert">{text}</p></section>
        """), session, status);

    /// <summary>What the person agreed to, said to the coordination. https://hl7.org/fhir/R4/consent.html</summary>
    private Resource Consent(string patient, Territory territory)
    {
        var now = time.GetUtcNow();
        var consent = Element.OfResource("Consent").With("status", "active");
        consent.Concept("scope", "http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy", "Vie privée");
        consent.AddItem("category").Coding(Vocabulary.ConsentSubject, "partage-cpts");
        consent.Refer("patient", patient);
        consent.With("dateTime", now.Instant());
        if (territory.Cpts is { } cpts)
            consent.ReferItem("organization", cpts);
        consent.Add("policyRule").With("text", "Accord de la personne, recueilli par la coordination");
        consent.Add("provision").With("type", "permit");
        return new(consent);
    }
}
