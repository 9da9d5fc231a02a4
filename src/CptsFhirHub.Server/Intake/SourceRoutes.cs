using System.Globalization;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Flows;

namespace CptsFhirHub.Server.Intake;

/// <summary><c>GET /intake/sources</c>: who sends, how, when last, and who has fallen silent; and what a source says that nobody reads.</summary>
internal sealed class SourceRoutes(Sources sources, SourceWatch watch, SourceCoverage coverage)
{
    private const int CoveredDefault = 50;
    private const int CoveredMax = 500;

    public async Task<IResult> List(HttpContext context, CancellationToken cancellationToken)
    {
        var caller = context.Caller();
        var states = await watch.StatesAsync(caller.Tenant, caller.IsCoordination ? null : caller.ClientId, cancellationToken);
        return JournalRoutes.Json(json =>
        {
            json.WriteStartArray("sources");
            foreach (var (source, last, rhythm, isLearnt, isSilent) in states.Where(state => caller.IsCoordination || caller.MayPost(state.Source.Name)))
            {
                json.WriteStartObject();
                json.WriteString("name", source.Name);
                json.WriteString("title", source.Title);
                json.WriteString("format", source.Format);
                json.WriteStartArray("contentTypes");
                foreach (var type in source.ContentTypes)
                    json.WriteStringValue(type);
                json.WriteEndArray();
                json.WriteString("map", source.MapVersion());
                if (last is { } heard)
                    json.WriteString("lastMessage", heard.Instant());
                else
                    json.WriteNull("lastMessage");
                if (rhythm is { } expected)
                {
                    json.WriteString("expectedEvery", System.Xml.XmlConvert.ToString(expected));
                    json.WriteString("rhythm", isLearnt ? "learnt" : "configured");
                }

                json.WriteBoolean("silent", isSilent);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    /// <summary>
    /// <c>GET /intake/sources/{name}/coverage</c>: the fields of the newest messages that no rule has read. Paths and counts, never a value.
    /// </summary>
    public async Task<IResult> Coverage(HttpContext context, string name, CancellationToken cancellationToken)
    {
        var caller = context.Caller();
        if (!caller.IsCoordination)
            return IntakeResult.Refused(context, 403, "forbidden", "What a source says belongs to the coordination team.");
        if (sources.Find(name) is not { } source)
            return IntakeResult.Refused(context, 404, "not-found", "There is no such source.");
        var count = CoveredDefault;
        if (context.Request.Query["_count"].FirstOrDefault() is { } wanted
            && (!int.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out count) || count < 1))
            return IntakeResult.Refused(context, 400, "invalid", "_count is a number from 1.");

        var report = await coverage.OfAsync(caller.Tenant, source, Math.Min(count, CoveredMax), cancellationToken);
        return JournalRoutes.Json(json =>
        {
            json.WriteString("source", source.Name);
            json.WriteString("map", source.MapVersion());
            json.WriteNumber("messages", report.Messages);
            json.WriteStartArray("unread");
            foreach (var field in report.Fields)
            {
                json.WriteStartObject();
                json.WriteString("path", field.Path);
                json.WriteNumber("unread", field.Unread);
                json.WriteNumber("total", field.Total);
                if (field.Why is { } why)
                    json.WriteString("ignored", why);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    /// <summary>One gauge a source, read at each scrape: 1 when a tenant that heard it once hears it no more.</summary>
    public void Measure(Action<string, Func<double>> gauge)
    {
        foreach (var source in sources.All)
            gauge($"hub_source_silent{{source=\"{source.Name}\"}}", () => watch.Measure(source));
    }
}
