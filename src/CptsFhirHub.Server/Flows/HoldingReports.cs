using CptsFhirHub.Coordination.Signalements;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// A report that holds a request open (<c>extension</c> <c>tenu-par</c>): a withdrawal takes away its own, and a request that nothing holds any more
/// ends. Senders, numbers, stays and persons stand there as keyed hashes.
/// </summary>
/// <param name="Sender">Hash of the client that reported, and of its source.</param>
/// <param name="Number">Hash of the number of the movement, the request or the file.</param>
/// <param name="Group">Hash of the stay; of a platform that numbers its messages alone, of the person.</param>
/// <param name="Said">When the sender said it last, by its own clock; null when it does not say.</param>
internal sealed record HoldingReport(string Sender, string? Number, string? Group, HoldingKind Kind, DateTimeOffset? Said);

/// <summary>What a report that holds a request is.</summary>
internal enum HoldingKind
{
    /// <summary>An admission.</summary>
    Arrival,

    /// <summary>A discharge.</summary>
    Departure,

    /// <summary>News of a stay as it stands.</summary>
    Update,

    /// <summary>A request in so many words, a file, a sign-up.</summary>
    Request,

    /// <summary>Those beyond the limit: no withdrawal takes them away.</summary>
    Others,
}

/// <summary>The reports that hold a request, as they stand in it.</summary>
internal static class HoldingReports
{
    public const string Url = Vocabulary.Root + "/StructureDefinition/tenu-par";

    /// <summary>
    /// Reports that one request keeps apart. Beyond it nobody can say which are withdrawn: the request stays open until somebody of the team ends it.
    /// </summary>
    public const int Max = 24;

    private static readonly (HoldingKind Kind, string Code)[] Codes =
    [
        (HoldingKind.Arrival, "arrivee"), (HoldingKind.Departure, "sortie"), (HoldingKind.Update, "mise-a-jour"), (HoldingKind.Request, "demande"),
        (HoldingKind.Others, "autres"),
    ];

    /// <summary>The reports that hold it; none for one that an earlier version of the hub opened.</summary>
    public static IReadOnlyList<HoldingReport> Of(Element request)
    {
        List<HoldingReport> held = [];
        foreach (var extension in request.All("extension"))
            if (extension.Text("url") == Url)
                held.Add(Read(extension));
        return held;
    }

    /// <summary>With one more, or the same told again.</summary>
    public static IReadOnlyList<HoldingReport> With(IReadOnlyList<HoldingReport> held, HoldingReport report)
    {
        var same = held.FirstOrDefault(other => other with { Said = null } == report with { Said = null });
        if (same is not null)
            return report.Said > same.Said ? [.. held.Select(other => other == same ? report : other)] : held;
        if (held.Count < Max)
            return [.. held, report];
        var others = new HoldingReport("", null, null, HoldingKind.Others, null);
        return held.Contains(others) ? held : [.. held, others];
    }

    /// <summary>The request with exactly these.</summary>
    public static Element Written(Element request, IReadOnlyList<HoldingReport> held)
    {
        if (Of(request).SequenceEqual(held))
            return request;
        var root = Without(request);
        foreach (var report in held)
            Write(root.AddItem("extension").With("url", Url), report);
        return root;
    }

    /// <summary>The request without any: what a partner writes there is not ours.</summary>
    public static Element Without(Element request)
    {
        var root = request.Copy();
        RemoveFrom(root);
        return root;
    }

    /// <summary>Takes them out of a tree that is still being built.</summary>
    public static void RemoveFrom(Element request)
    {
        foreach (var extension in request.All("extension").ToArray())
            if (extension.Text("url") == Url)
                request.Remove(extension);
    }

    /// <summary>A request that goes on for others of the same person, with those who signalled them and the reports that held them.</summary>
    public static Element United(Element request, IEnumerable<Element> ended)
    {
        var held = Of(request);
        var voices = Element.OfResource("ServiceRequest");
        foreach (var other in ended)
        {
            held = Of(other).Aggregate(held, With);
            foreach (var extension in other.All("extension"))
                if (extension.Text("url") is Vocabulary.SourceExtension or Vocabulary.SignallerExtension)
                    voices.Append(extension.Copy());
        }

        return Written(SecondReport.Merge(request, voices), held);
    }

    private static HoldingReport Read(Element extension)
    {
        var kind = extension.ExtensionOf("genre")?.Text("valueCode");
        return new(
            extension.ExtensionOf("emetteur")?.Text("valueString") ?? "", extension.ExtensionOf("numero")?.Text("valueString"),
            extension.ExtensionOf("groupe")?.Text("valueString"), Codes.FirstOrDefault(code => code.Code == kind, Codes[^1]).Kind,
            SaidAt.Parse(extension.ExtensionOf("dit")?.Text("valueDateTime")));
    }

    private static void Write(Element extension, HoldingReport report)
    {
        Part("emetteur", "valueString", report.Sender);
        Part("numero", "valueString", report.Number);
        Part("groupe", "valueString", report.Group);
        Part("genre", "valueCode", Codes.First(code => code.Kind == report.Kind).Code);
        Part("dit", "valueDateTime", report.Said?.Instant());

        void Part(string name, string type, string? value)
        {
            if (!string.IsNullOrEmpty(value))
                extension.AddItem("extension").With("url", name).With(type, value);
        }
    }
}
