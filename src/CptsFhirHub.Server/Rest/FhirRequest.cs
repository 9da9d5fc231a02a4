using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Rest;

/// <summary>A FHIR request as an interaction sees it, whether it came over HTTP or as an entry of a Bundle.</summary>
internal sealed record FhirRequest(string Method, Caller Caller)
{
    /// <summary>The type in the URL; empty for the whole system.</summary>
    public string Type { get; init; } = "";

    public string Id { get; init; } = "";

    public string Version { get; init; } = "";

    /// <summary>The parameters of the URL or the form, decoded, in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Parameters { get; init; } = [];

    /// <summary>The path below the FHIR base, for links: <c>Patient</c>.</summary>
    public string Path { get; init; } = "";

    public Resource? Body { get; init; }

    /// <summary>The body when it is a JSON Patch, as it came.</summary>
    public ReadOnlyMemory<byte>? JsonPatch { get; init; }

    public string? IfMatch { get; init; }

    public string? IfNoneMatch { get; init; }

    public string? IfNoneExist { get; init; }

    public DateTimeOffset? IfModifiedSince { get; init; }

    /// <summary>The languages the caller reads, as <c>Accept-Language</c> has them; null when it does not say.</summary>
    public string? Language { get; init; }

    /// <summary>Why the caller asks, as <c>X-Purpose-Of-Use</c> has it; null when it does not say.</summary>
    public string? Purpose { get; init; }

    public Prefer Prefer { get; init; } = Prefer.Nothing;

    public View View { get; init; } = View.Whole;

    /// <summary>A version as this request shows it to its caller.</summary>
    public ReadOnlyMemory<byte> Shown(Stored stored) => View.Of(QualifiedIns.For(Caller, stored.Json));

    /// <summary>True when it is carried out after its first answer: it is not put off again.</summary>
    public bool IsLater { get; init; }

    /// <summary>Under which key it may be repeated; null when it has none.</summary>
    public Repeatable? Once { get; init; }

    /// <summary>What a reference means among the entries that are written together with this one; null when it means none of them.</summary>
    public Func<string, Meant?> Beside { get; init; } = static _ => null;

    /// <summary>True for an entry of a Bundle: it may not hold a Bundle of requests itself.</summary>
    public bool IsEntry { get; init; }
}

/// <summary>What the client would like back. https://hl7.org/fhir/R4/http.html#ops</summary>
internal sealed record Prefer(string? Return, string? Handling, bool Async = false)
{
    public static readonly Prefer Nothing = new(null, null);

    private static readonly string[] Returns = ["minimal", "representation", "OperationOutcome"];
    private static readonly string[] Handlings = ["strict", "lenient"];

    /// <summary>True when what is not understood may be passed over; by default it is refused.</summary>
    public bool IsLenient => Handling == "lenient";

    public static Prefer Read(IEnumerable<string?> headers)
    {
        string? @return = null, handling = null;
        var isAsync = false;
        foreach (var header in headers)
            foreach (var part in (header ?? "").Split([',', ';'], StringSplitOptions.TrimEntries))
            {
                if (part.Equals("respond-async", StringComparison.OrdinalIgnoreCase))
                    isAsync = true;
                if (part.Split('=', 2, StringSplitOptions.TrimEntries) is not [var name, var value])
                    continue;

                // What is no known value is no preference: RFC 7240 lets a server pass it over.
                if (name.Equals("return", StringComparison.OrdinalIgnoreCase) && Returns.Contains(value.Trim('"')))
                    @return ??= value.Trim('"');
                else if (name.Equals("handling", StringComparison.OrdinalIgnoreCase) && Handlings.Contains(value.Trim('"')))
                    handling ??= value.Trim('"');
            }

        return @return is null && handling is null && !isAsync ? Nothing : new(@return, handling, isAsync);
    }
}
