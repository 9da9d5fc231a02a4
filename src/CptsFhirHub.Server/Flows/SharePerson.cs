using System.Globalization;
using System.Text;
using CptsFhirHub.Coordination;
using CptsFhirHub.Coordination.Signalements;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// Shares a person's file with another CPTS of the hub, or transfers it there, when the person agrees. The other CPTS receives it as a message
/// that walks like any signalement: by its own rules the person is recognised, in doubt compared by a human, and put on its list. Then the
/// file says here where it went. Flow M44.
/// </summary>
/// <remarks>
/// Two tenants are two commits: the other's first, under a number that makes it happen once; cut off between the two, the same call finishes.
/// The one who shares learns nothing of what the other knew.
/// </remarks>
internal sealed class SharePerson(
    ResourceStore store, ReceiveSignalement receive, Sources sources, Territories territories, HubSettings settings, FileClosing closings,
    TimeProvider time)
{
    private const string Subject = "partage-cpts";
    private const string Shared = "partage";
    private const string TransferredTo = "Transféré à";
    private const int AttemptsMax = 12;

    /// <summary>Shares, or tells what would be shared.</summary>
    public async Task<Resource> RunAsync(ShareWish wish, Access.Caller caller, CancellationToken cancellationToken)
    {
        var (from, to) = (territories.Of(caller.Tenant), Receiver(wish.To, caller.Tenant));
        var patient = await store.ReadAsync(from.Tenant, wish.Patient, cancellationToken)
            ?? throw new Refusal(404, "not-found", $"There is no {wish.Patient}.");
        var known = await KnownPerson.LoadAsync(store, from.Tenant, patient, SharedFile.Facts, cancellationToken);
        await RefuseTwiceAsync(from.Tenant, patient, known, to, wish.IsTransfer, cancellationToken);
        if (known.Request is not { } request || known.File is not { } file || FileStates.Find(KnownPerson.StateOf(file.Resource.Root)) is not { IsClosed: false } state)
            throw new Refusal(422, "business-rule", "The person has no open file: there is nothing to share.");
        if (state.Code == FileStates.DuplicateToCheck)
            throw new Refusal(422, "business-rule", "It is not settled yet who this person is: the verification comes first.", "Task.businessStatus");
        if (patient.Resource.Root.Child("meta")?.Child("security") is not null)
            throw new Refusal(422, "business-rule", "The record bears a security label: it is not shared.", "Patient.meta.security");
        if (!Agrees(known))
            throw new Refusal(422, "business-rule", "The person has not agreed: an active Consent for partage-cpts with provision permit is needed.", "Consent");

        var shared = await SharedFile.OfAsync(store, from, known, cancellationToken);
        Check(shared);
        if (wish.IsPreview)
            return Told(wish, to, shared, date: null);

        await SendAsync(from, to, shared, cancellationToken);
        var now = time.GetUtcNow();
        await store.CommitAsync(
            to.Tenant, [new Write.Create(new(Audit("C", SharedFile.SenderOf(from.Tenant), shared.Number, about: null, now)), IfNoneExist: null, SharedFile.IdOf(shared.Number))],
            cancellationToken);
        await NoteAsync(wish, from, to, (file.Reference, request.Reference, shared.Number, caller.ClientId), now, cancellationToken);
        return Told(wish, to, shared, now.Instant());
    }

    /// <summary>The other CPTS. One that is not there and one that may not be named are refused alike.</summary>
    private Territory Receiver(string to, string own)
    {
        var tenant = settings.Tenants.FirstOrDefault(tenant => tenant != own && (tenant == to || territories.Of(tenant).Cpts == to));
        return tenant is not null ? territories.Of(tenant) : throw new Refusal(404, "not-found", "There is no such other CPTS in this hub.", "to");
    }

    private bool Agrees(KnownPerson known)
    {
        var now = time.GetUtcNow();
        var consents = known.FactsOf("Consent").Select(consent => consent.Resource.Root)
            .Where(consent => consent.Text("status") == "active" && !IsOver(consent.Child("provision")?.Child("period")?.Text("end")));
        return Dossier.Of(known.Patient.Resource.Root, request: null, consents).Consent(Subject) == Coordination.Told.Yes;

        bool IsOver(string? end) => end is not null && PartialDate.TryParse(end, out var read)
            && read.UtcTicks(SearchZone.Paris) is var (_, high) && high <= now.UtcTicks;
    }

    /// <summary>The open file, or the last one, went there already. One that is shared may still be transferred: it ends here, and nothing more goes.</summary>
    private async Task RefuseTwiceAsync(
        string tenant, Stored patient, KnownPerson known, Territory to, bool isTransfer, CancellationToken cancellationToken)
    {
        var files = known.File is { } open
            ? [open]
            : await store.FindAllAsync(tenant, Queries.By("Task", Queries.Refers("Task", "patient", patient.Reference),
                Queries.Token("Task", "code", Vocabulary.TaskKind, Vocabulary.ParcoursTask)), cancellationToken);
        foreach (var file in files)
            if (NumberIn(file.Resource.Root, to) is { } number && !(isTransfer && file == known.File && !IsTransferred(file.Resource.Root, to)))
                throw new Refusal(409, "duplicate", $"This file was shared with that CPTS already, under the number {number}: {file.Reference}.");
    }

    private static string? NumberIn(Element file, Territory to) => SharedWith(file, to).FirstOrDefault()?.At("valueReference", "identifier")?.Text("value");

    private static bool IsTransferred(Element file, Territory to) =>
        SharedWith(file, to).Exists(output => output.Child("type")?.Text("text")?.StartsWith(TransferredTo, StringComparison.Ordinal) == true);

    private static List<Element> SharedWith(Element file, Territory to)
    {
        List<Element> outputs = [];
        foreach (var output in file.All("output"))
            if (output.Child("type").CodeOf(Vocabulary.TaskInput) == Shared
                && output.At("valueReference", "identifier")?.At("assigner", "identifier")?.Text("value") == to.Tenant)
                outputs.Add(output);
        return outputs;
    }

    /// <summary>What the other CPTS would refuse is refused here, before anything goes.</summary>
    private void Check(SharedFile shared)
    {
        if (FhirReferral.Faults(sources.Find(FhirReferral.SourceName)!, shared.Message.Root) is { Count: > 0 } issues)
            throw new Refusal(422, issues);
    }

    private async Task SendAsync(Territory from, Territory to, SharedFile shared, CancellationToken cancellationToken)
    {
        var reception = await receive.Handle(
            new(to.Tenant, FhirReferral.SourceName, "http", SharedFile.SenderOf(from.Tenant), "application/fhir+json", Key: shared.Number, shared.Message.Json)
            {
                Same = Encoding.UTF8.GetBytes(shared.Number),
            },
            rowsInAnswer: 1, cancellationToken);
        if (reception.Kind == ReceptionKind.Rejected || reception.State == MessageState.Rejected)
            throw new Refusal(422, "processing", "The other CPTS cannot take the file as it stands.");
        if (reception.Signalement is null)
            throw new Refusal(503, "transient", "The file is on its way and not taken in yet: call again, it goes once.");
    }

    /// <summary>The file says where it went; transferred, it ends here like any other.</summary>
    private async Task NoteAsync(
        ShareWish wish, Territory from, Territory to, (string File, string Request, string Number, string Agent) what, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        for (var attempt = 1; attempt <= AttemptsMax; attempt++)
        {
            if (await store.ReadAsync(from.Tenant, what.File, cancellationToken) is not { } file)
                throw new Refusal(409, "conflict", "The file has just been erased.");
            if (wish.IsTransfer ? IsTransferred(file.Resource.Root, to) : NumberIn(file.Resource.Root, to) is not null)
                return;
            var day = Days.Local(now).ToString("dd/MM/yyyy", CultureInfo.InvariantCulture);
            var text = $"{(wish.IsTransfer ? TransferredTo : "Partagé avec")} {to.Name} le {day}";
            var writes = wish.IsTransfer && await store.ReadAsync(from.Tenant, what.Request, cancellationToken) is { } request
                ? await closings.WritesAsync(
                    file, request, FileStates.ClosedOutside, $"Transféré à {to.Name}", cancellationToken, closed => Tell(closed, to, what.Number, text))
                : [];
            if (writes.Count == 0)
            {
                var root = file.Resource.Root.Copy();
                Tell(root, to, what.Number, text);
                root.Put("lastModified", now.Instant());
                writes = [new Write.Update(new(root), file.Id, file.Version, MayCreate: false)];
            }

            var commit = await store.CommitAsync(
                from.Tenant, [.. writes, new Write.Create(new(Audit("R", what.Agent, what.Number, wish.Patient, now)))], cancellationToken);
            if (commit.Committed)
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(1, 5 * attempt)), cancellationToken);
        }

        throw new Refusal(503, "transient", "The file went and is being worked on here: call again, it goes once.");
    }

    private static void Tell(Element file, Territory to, string number, string text)
    {
        var output = file.AddItem("output");
        output.Concept("type", Vocabulary.TaskInput, Shared, "Partage avec une autre CPTS").With("text", text);
        var reference = output.Add("valueReference").With("type", "Task");
        var identifier = reference.Add("identifier").With("system", Vocabulary.Sharing).With("value", number);
        var assigner = identifier.Add("assigner");
        assigner.Add("identifier").With("system", Vocabulary.Tenant).With("value", to.Tenant);
        assigner.With("display", to.Name);
        reference.With("display", to.Name);
    }

    private static Resource Told(ShareWish wish, Territory to, SharedFile shared, string? date)
    {
        var answer = Element.OfResource("Parameters");
        answer.AddItem("parameter").With("name", "cpts").With("valueString", to.Name);
        answer.AddItem("parameter").With("name", "mode").With("valueCode", wish.IsTransfer ? "transfert" : "partage");
        answer.AddItem("parameter").With("name", "number").With("valueString", shared.Number);
        if (date is null)
            answer.AddItem("parameter").With("name", "content").Append(shared.Message.Root.Copy("resource", isListItem: false));
        else
            answer.AddItem("parameter").With("name", "date").With("valueInstant", date);
        return new(answer);
    }

    /// <summary>Who shared, and under which number: nothing of the person.</summary>
    private static Element Audit(string action, string agent, string number, string? about, DateTimeOffset now)
    {
        var audit = Access.AuditRecord.OfOperation("Patient/$share", action, agent, now, about is null ? [] : [about]);
        audit.AddItem("entity").Add("what").Add("identifier").With("system", Vocabulary.Sharing).With("value", number);
        return audit;
    }
}
