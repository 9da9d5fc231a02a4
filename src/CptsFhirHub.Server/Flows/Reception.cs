using System.Text.Json;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>How a message ended, for the one who sent it. The HTTP status and the acknowledgement code follow from it.</summary>
internal enum ReceptionKind
{
    /// <summary>Something new stands in the hub: 201, AA.</summary>
    Created,

    /// <summary>What stood there was completed or closed: 200, AA.</summary>
    Updated,

    /// <summary>Readable, but a person must look: 202, AA.</summary>
    Waiting,

    /// <summary>Refused with the place of each fault, kept for replay: 422, AE.</summary>
    Rejected,
}

/// <summary>The answer to one message; the JSON body of the intake.</summary>
internal sealed record Reception(ReceptionKind Kind, string MessageId, string State)
{
    private const string KindMember = "outcome";

    private static readonly JsonSerializerOptions OrientationForm = new(JsonSerializerDefaults.Web)
    {
        Encoder = JsonText.Readable,
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>The open request for a GP: <c>ServiceRequest/...</c>.</summary>
    public string? Signalement { get; init; }

    public string? Patient { get; init; }

    /// <summary>The number the sender may ask about: <c>GET /intake/tracking/{number}</c>.</summary>
    public string? Tracking { get; init; }

    /// <summary>Where the rows of a file can be followed.</summary>
    public string? Rows { get; init; }

    /// <summary>Where a need that cannot wait for a GP goes; null when the message has none.</summary>
    public Orientation? Orientation { get; init; }

    public IReadOnlyList<Issue> Issues { get; init; } = [];

    /// <summary>
    /// The line of the repeated message itself, when this is the answer of an earlier one: 200 with the first answer, AA, unless that was refused.
    /// </summary>
    public string? OwnMessageId { get; init; }

    /// <summary>The answer as JSON: it is what the journal keeps, and what a repetition is answered with.</summary>
    public byte[] ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new() { Encoder = JsonText.Readable }))
        {
            json.WriteStartObject();
            WriteUnlessNull(json, "messageId", MessageId.Length > 0 ? MessageId : null);
            json.WriteString("state", State);
            json.WriteString(KindMember, Kind switch
            {
                ReceptionKind.Created => "created",
                ReceptionKind.Updated => "updated",
                ReceptionKind.Waiting => "waiting",
                _ => "rejected",
            });
            WriteUnlessNull(json, "signalement", Signalement);
            WriteUnlessNull(json, "patient", Patient);
            WriteUnlessNull(json, "tracking", Tracking);
            WriteUnlessNull(json, "rows", Rows);
            if (Orientation is { } way)
            {
                json.WritePropertyName("orientation");
                JsonSerializer.Serialize(json, way, OrientationForm);
            }

            WriteIssues(json, Issues);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    /// <summary>The member <c>issues</c>: how bad, of what kind, where in the source, and in words.</summary>
    public static void WriteIssues(Utf8JsonWriter json, IReadOnlyList<Issue> issues)
    {
        json.WriteStartArray("issues");
        foreach (var issue in issues)
        {
            json.WriteStartObject();
            json.WriteString("severity", issue.Severity.ToString().ToLowerInvariant());
            json.WriteString("code", issue.Code);
            json.WriteString("where", issue.Path);
            json.WriteString("text", issue.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>The answer read back from the journal.</summary>
    public static Reception OfJournal(JournalMessage message)
    {
        if (message.Answer.IsEmpty)
            return new(ReceptionKind.Waiting, message.Id, message.State);

        using var document = JsonDocument.Parse(message.Answer);
        var root = document.RootElement;
        return new(KindOf(Text(root, KindMember)), message.Id, Text(root, "state") ?? message.State)
        {
            Signalement = Text(root, "signalement"),
            Patient = Text(root, "patient"),
            Tracking = Text(root, "tracking"),
            Rows = Text(root, "rows"),
            Orientation = root.TryGetProperty("orientation", out var way) ? way.Deserialize<Orientation>(OrientationForm) : null,
            Issues = [.. root.GetProperty("issues").EnumerateArray().Select(IssueOf)],
        };
    }

    /// <summary>The outcome as the journal keeps it.</summary>
    /// <param name="attempts">How often the message had been settled when this was decided; null for one that may be settled in any case.</param>
    public JournalOutcome ToOutcome(string? map, IReadOnlyList<string> resources, int? attempts) => new(MessageId, State)
    {
        Attempts = attempts,
        Answer = ToJson(),
        Patient = Patient,
        Signalement = Signalement,
        Tracking = Tracking,
        Map = map,
        Resources = resources,
    };

    private static ReceptionKind KindOf(string? text) => text switch
    {
        "created" => ReceptionKind.Created,
        "updated" => ReceptionKind.Updated,
        "waiting" => ReceptionKind.Waiting,
        _ => ReceptionKind.Rejected,
    };

    private static Issue IssueOf(JsonElement issue) => new(
        Enum.TryParse<Severity>(Text(issue, "severity"), ignoreCase: true, out var severity) ? severity : Severity.Error,
        Text(issue, "code") ?? "processing", Text(issue, "where") ?? "", Text(issue, "text") ?? "");

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var member) ? member.GetString() : null;

    private static void WriteUnlessNull(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }
}
