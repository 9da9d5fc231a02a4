using System.Globalization;
using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Rest;

/// <summary>What an interaction answers, before it becomes HTTP or an entry of a Bundle.</summary>
internal sealed record Answer(int Status)
{
    /// <summary>The version it is about: gives ETag and Last-Modified, and the body unless <see cref="IsBare"/>.</summary>
    public Stored? Stored { get; init; }

    /// <summary>True when the version's bytes are not sent.</summary>
    public bool IsBare { get; init; }

    /// <summary>A body that is not a stored version: a Bundle, a report.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The media type of a <see cref="Body"/> that is no resource: the content of a Binary.</summary>
    public string? RawType { get; init; }

    /// <summary>Headers beside those that follow from the version.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>Issues to tell; they are the body when there is no other.</summary>
    public IReadOnlyList<Issue> Issues { get; init; } = [];

    /// <summary>Where the version stands, below the base: <c>Patient/1/_history/1</c>.</summary>
    public string? Location { get; init; }

    /// <summary>An ETag that is not a version's.</summary>
    public string? ETag { get; init; }

    public string? EntityTag => ETag ?? Stored?.ETag;

    public bool Succeeded => Status < 400;

    public static Answer Ok(Stored stored) => new(200) { Stored = stored };

    public static Answer Ok(ReadOnlyMemory<byte> body) => new(200) { Body = body };

    public static Answer Ok(Resource resource) => new(200) { Body = resource.Json };

    public static Answer Refused(int status, string code, string text, string path = "") =>
        new(status) { Issues = [Issue.Error(code, path, text)] };

    public static Answer Refused(int status, IReadOnlyList<Issue> issues) => new(status) { Issues = issues };

    public static Answer Missing(string type, string id) => Refused(404, "not-found", $"There is no {type}/{id}.");

    public static Answer NotModified(Stored stored) => new(304) { Stored = stored, IsBare = true };

    /// <summary>A write's answer, with as much body as the client prefers.</summary>
    public static Answer Wrote(int status, Stored stored, Prefer prefer, string? text = null) => new(status)
    {
        Stored = stored,
        IsBare = prefer.Return is "minimal" or "OperationOutcome",
        Location = LocationOf(stored),
        Issues = prefer.Return == "OperationOutcome"
            ? [new Issue(Severity.Information, "informational", "", text ?? $"{stored.Type}/{stored.Id} stands in version {stored.Version}."), .. DoubtsOf(stored)]
            : [],
    };

    /// <summary>What is doubtful about a person that was written, and was written all the same; for where it does not take the body's place.</summary>
    public IReadOnlyList<Issue> Doubts => Stored is { } written && Location is not null ? DoubtsOf(written) : [];

    private static IReadOnlyList<Issue> DoubtsOf(Stored stored) =>
        stored is { Type: "Patient", IsDeleted: false } && NationalNumbers.MayStandIn(stored.Json.Span) ? NationalNumbers.Check(stored.Resource.Root) : [];

    public static string LocationOf(Stored stored) =>
        string.Create(CultureInfo.InvariantCulture, $"{stored.Type}/{stored.Id}/_history/{stored.Version}");
}
