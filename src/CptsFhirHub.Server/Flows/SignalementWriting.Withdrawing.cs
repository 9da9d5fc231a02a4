using CptsFhirHub.Coordination.Signalements;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <content>What a sender takes back, before or after it was told; and how a file ends.</content>
internal sealed partial class SignalementWriting
{
    /// <summary>The withdrawals that are remembered under the keys of this message.</summary>
    public RememberedWithdrawals Withdrawals { get; init; } = RememberedWithdrawals.None;

    private string Withdrawn => signalement.Intent.IsInferred ? FileStates.ClosedNotConfirmed : FileStates.ClosedOnRequest;

    /// <summary>The sender takes its signalement back. What others signalled, or a person has begun, stays.</summary>
    public SignalementPlan Withdraw(KnownPerson? known)
    {
        if (known?.Request is not { } open || known.File is not { } stored)
        {
            Remember(known, hasFoundNothing: true);
            return Nothing(known, "Nothing of this sender is open for this person: there was nothing to withdraw.");
        }

        var (file, request) = (new Draft(stored), new Draft(open));
        var held = HoldingReports.Of(open.Resource.Root);
        var left = Withdrawals.LeftBy(held, out var covers);
        Remember(known, hasFoundNothing: held.Count > 0 && left.Count == held.Count, covers);
        if (left.Count == held.Count && held.Count > 0)
            return Nothing(known, "It takes back nothing that holds the file of this person: the file stays open.");
        request.Root = HoldingReports.Written(request.Root, left);
        if (left.Count > 0 && IsOursAlone(file, request))
        {
            WriteFacts(known, new(known.Patient));
            _writes.Put(request);
            _issues.Add(new(Severity.Information, "informational", "", "Another report holds the file of this person: it stays open."));
        }
        else if (IsOursAlone(file, request))
        {
            WriteFacts(known, new(known.Patient));
            Close(known, file, request, Withdrawn);
        }
        else
        {
            LeaveOpen(request);
        }

        return Settle(ReceptionKind.Updated, new(known.Patient), request, stored.Resource.Root.IdentifierOf(Vocabulary.Tracking));
    }

    /// <summary>The request with this report among those that hold it, and with those that held others of the person which end now.</summary>
    private Element Held(Element request, KnownPerson? known, bool isWithdrawn)
    {
        var united = HoldingReports.United(request, known?.Spare.Select(spare => spare.Request.Resource.Root) ?? []);
        return !isWithdrawn && Withdrawals.Report is { } report ? HoldingReports.Written(united, HoldingReports.With(HoldingReports.Of(united), report)) : united;
    }

    /// <summary>The sender has said later that the person needs no GP: what it says of the person completes what stands here, and nothing is opened.</summary>
    private SignalementPlan Denied(KnownPerson? known)
    {
        _issues.Add(new(Severity.Information, "informational", "", "Its sender has named the GP of this person since, or told of the death: no file is opened."));
        return Inform(known);
    }

    /// <summary>A withdrawal that came before what it withdraws, or may have, is remembered in its own commit.</summary>
    private void Remember(KnownPerson? known, bool hasFoundNothing, DateTimeOffset? covers = null)
    {
        if (Withdrawals.Remembered(hasFoundNothing, covers, known?.Patient.Reference, _writes.New) is { } note)
            _writes.PutNote(note);
    }

    /// <summary>Two numbers of persons whom nobody knows here: what still comes under the one that is gone is led to the other.</summary>
    public SignalementPlan Remember(IReadOnlyList<Retirement> retired)
    {
        foreach (var number in retired)
            _writes.PutNote(number.Remembered(Sender, _writes.New));
        return Nothing(known: null, "Neither number is known here.");
    }

    /// <summary>A report whose withdrawal came first ends as if it had come in time.</summary>
    /// <returns>True when the file is closed.</returns>
    private bool TakeBack((Stored Note, KeyKind Kind) withdrawal, KnownPerson? known, Draft patient, Draft file, Draft request, bool isDoubtful)
    {
        _writes.PutNote(Withdrawals.Met(withdrawal.Note, withdrawal.Kind, patient.Reference));
        var held = HoldingReports.Of(request.Root);
        var left = Withdrawals.LeftWithout(held, withdrawal.Kind);
        request.Root = HoldingReports.Written(request.Root, left);
        if (known?.Request is { } open && (left.Count > 0 || (held.Count == 0 && !RememberedWithdrawals.Covers(withdrawal.Note, open))))
        {
            _issues.Add(new(Severity.Information, "informational", "", "This report was withdrawn before it came; the file is another report's and stays open."));
            return false;
        }

        if (isDoubtful || !IsOursAlone(file, request))
        {
            LeaveOpen(request);
            return false;
        }

        _issues.Add(new(Severity.Information, "informational", "", "This report was withdrawn before it came: its file is closed."));
        Close(known, file, request, Withdrawn);
        return true;
    }

    /// <summary>True when no other source has signalled the need, and nobody has gone on with what was only presumed.</summary>
    private bool IsOursAlone(Draft file, Draft request)
    {
        var state = KnownPerson.StateOf(file.Root);
        return (!signalement.Intent.IsInferred || state == FileStates.ToConfirm)
            && KnownPerson.SourcesOf(request.Root).TrueForAll(source => source == signalement.Source.Name)
            && FileStates.Next(state ?? "", Withdrawn) is not null;
    }

    /// <summary>A coordinator reads it on the file; the machine closes nothing that somebody else relies on.</summary>
    private void LeaveOpen(Draft request)
    {
        request.Root = request.Root.Copy();
        request.Root.AddItem("note").With("time", now.Instant())
            .With("text", $"La source « {signalement.Source.Title} » a retiré son signalement ; le dossier reste ouvert.");
        _writes.Put(request);
        _issues.Add(new(Severity.Information, "informational", "", "Others signalled this person, or the file has gone on: it stays open."));
    }

    /// <summary>Ends a file: its request is no longer open, and work that was asked for and has not begun is no longer asked for.</summary>
    private void Close(KnownPerson? known, Draft file, Draft request, string state)
    {
        _writes.Enqueue(Feedback(file.Root, KnownPerson.StateOf(file.Root) ?? "", state));
        file.Root = FileSteps.Moved(file.Root, state, now);
        _writes.Put(file);
        request.Root = request.Root.Copy();
        request.Root.Put("status", "revoked");
        _writes.Put(request);
        var touched = _writes.Touched;
        foreach (var child in known?.Children ?? [])
        {
            if (child.Resource.Root.Text("status") is not ("requested" or "received" or "draft") || touched.Contains(child.Reference))
                continue;
            var task = new Draft(child) { Root = child.Resource.Root.Copy() };
            task.Root.Put("status", "cancelled");
            task.Root.Put("lastModified", now.Instant());
            _writes.Put(task);
        }
    }
}
