using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Identity;

/// <summary>What a Patient says in <c>meta.tag</c> of how far the machine may compare it with others.</summary>
public static class MatchMarks
{
    /// <summary>The code system of the tags.</summary>
    public const string System = Canon.Base + "/CodeSystem/rapprochement";

    /// <summary>Never compared with anybody: a person whom nobody can name, in an emergency.</summary>
    public const string Never = "jamais";

    /// <summary>Written by a source that is not trusted: a person confirms who it is.</summary>
    public const string Untrusted = "source-non-sure";

    /// <summary>True for a record that is nobody's candidate and has none.</summary>
    public static bool IsNeverMatched(Element patient) => Bears(patient, Never);

    /// <summary>True for a record of an untrusted source, as long as no other sender has spoken of the person.</summary>
    public static bool IsUntrusted(Element patient)
    {
        if (!Bears(patient, Untrusted))
            return false;
        var senders = 0;
        foreach (var tag in patient.Child("meta")!.All("tag"))
            senders += tag.Text("system") == Canon.Sender ? 1 : 0;
        return senders <= 1;
    }

    /// <summary>Puts a tag on a tree that nobody else holds yet.</summary>
    public static void Mark(Element patient, string code)
    {
        if (!Bears(patient, code))
            (patient.Child("meta") ?? patient.Add("meta")).AddItem("tag").With("system", System).With("code", code);
    }

    private static bool Bears(Element patient, string code)
    {
        if (patient.Child("meta") is { } meta)
            foreach (var tag in meta.All("tag"))
                if (tag.Text("system") == System && tag.Text("code") == code)
                    return true;
        return false;
    }
}
