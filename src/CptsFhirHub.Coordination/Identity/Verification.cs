using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Identity;

/// <summary>What a person said about two records.</summary>
public enum Verdict
{
    /// <summary>Nobody has said anything yet.</summary>
    None,

    /// <summary>Two persons.</summary>
    Apart,

    /// <summary>One person.</summary>
    Same,
}

/// <summary>
/// A Task <c>verification-identite</c>: the records it compares and what a person said of them. It is the lasting mark of a "no": the machine
/// neither joins nor proposes such two again, until a person says otherwise.
/// </summary>
public static class Verification
{
    /// <summary>The type of the output that says how the comparison ended.</summary>
    public const string OutcomeType = "issue-verification";

    public const string Outcomes = Canon.Base + "/CodeSystem/issue-verification";
    public const string OutputTypes = Canon.Base + "/CodeSystem/donnee-tache";

    private const string ApartCode = "personnes-distinctes";
    private const string SameCode = "meme-personne";

    /// <summary>True for a Task that asks whether records are one person.</summary>
    public static bool IsOne(Element task)
    {
        if (task.Child("code") is { } kind)
            foreach (var coding in kind.All("coding"))
                if (coding.Text("code") is "verification-identite")
                    return true;
        return false;
    }

    /// <summary>What was said at its end.</summary>
    public static Verdict Of(Element task)
    {
        if (task.Text("status") is not "completed")
            return Verdict.None;
        foreach (var output in task.All("output"))
            if (output.At("valueCodeableConcept", "coding") is { } coding && coding.Text("system") == Outcomes)
                return coding.Text("code") switch { ApartCode => Verdict.Apart, SameCode => Verdict.Same, _ => Verdict.None };
        return Verdict.None;
    }

    /// <summary>The record that is compared with the others.</summary>
    public static string? Subject(Element task)
    {
        foreach (var name in (ReadOnlySpan<string>)["for", "focus"])
            if (task.Child(name)?.Text("reference") is { } reference && IsPatient(reference))
                return reference;
        return null;
    }

    /// <summary>The records with which it is compared.</summary>
    public static IReadOnlyList<string> Others(Element task)
    {
        List<string> others = [];
        foreach (var input in task.All("input"))
            if (input.Child("valueReference")?.Text("reference") is { } reference && IsPatient(reference))
                others.Add(reference);
        return others;
    }

    /// <summary>The pairs that it compares, each as one text that does not depend on the order.</summary>
    public static IEnumerable<string> Pairs(Element task)
    {
        if (Subject(task) is { } subject)
            foreach (var other in Others(task))
                if (other != subject)
                    yield return Pair(subject, other);
    }

    /// <summary>Two references as one text that does not depend on their order.</summary>
    public static string Pair(string a, string b) => string.CompareOrdinal(a, b) < 0 ? $"{a} {b}" : $"{b} {a}";

    /// <summary>The Task, ended by what a person said.</summary>
    /// <param name="task">The Task, which is not changed.</param>
    /// <param name="said">Two persons, or one.</param>
    /// <param name="instant">When, as FHIR writes it.</param>
    public static Element Ended(Element task, Verdict said, string instant)
    {
        var ended = task.Copy();
        foreach (var name in (ReadOnlySpan<string>)["status", "lastModified"])
            ended.Remove(name);
        ended.With("status", "completed").With("lastModified", instant);
        var output = ended.AddItem("output");
        output.Add("type").AddItem("coding").With("system", OutputTypes).With("code", OutcomeType).With("display", "Issue de la vérification");
        output.Add("valueCodeableConcept").AddItem("coding").With("system", Outcomes)
            .With("code", said == Verdict.Apart ? ApartCode : SameCode).With("display", said == Verdict.Apart ? "Personnes distinctes" : "Même personne");
        return ended;
    }

    private static bool IsPatient(string reference) => reference.StartsWith("Patient/", StringComparison.Ordinal);
}
