using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Flows;

/// <summary>The record of the person that a sender of FHIR named in the hub itself.</summary>
/// <param name="Reference">"Patient/id".</param>
/// <param name="IsNew">True when the sender wrote it together with what it announces: who else the person may be was not looked at yet.</param>
internal sealed record OwnRecord(string Reference, bool IsNew)
{
    private const string System = Vocabulary.Root + "/NamingSystem/dossier";

    /// <summary>Notes the record beside a reference to the person. The message that bears the note comes from the hub's own hand (<see cref="FhirEvent.Channel"/>).</summary>
    public void NoteAt(Element subject)
    {
        subject.Remove("identifier");
        subject.Add("identifier").With("use", IsNew ? "temp" : "usual").With("system", System).With("value", Reference);
    }

    /// <summary>The record noted there; null for none.</summary>
    public static OwnRecord? At(Element? subject) => subject?.Child("identifier") is { } identifier
        && identifier.Text("system") == System && identifier.Text("value") is { } reference
            ? new(reference, identifier.Text("use") == "temp") : null;

    /// <summary>Takes away what stands there as if the hub had noted it.</summary>
    public static void ForgetAt(Element? subject)
    {
        if (At(subject) is not null)
            subject!.Remove("identifier");
    }
}
