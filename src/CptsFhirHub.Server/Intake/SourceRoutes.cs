using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Intake;

/// <summary><c>GET /intake/sources</c>: who sends, how, when last, and who has fallen silent.</summary>
internal sealed class SourceRoutes(Sources sources, Journal journal, TimeProvider time)
{
    public async Task<IResult> List(HttpContext context, CancellationToken cancellationToken)
    {
        var caller = context.Caller();
        var now = time.GetUtcNow();
        var rows = new List<(Source Source, DateTimeOffset? Last)>();
        foreach (var source in sources.All.Where(source => caller.IsCoordination || caller.MayPost(source.Name)))
        {
            var filter = new JournalFilter(caller.Tenant)
            {
                Source = source.Name,
                Count = 1,
                ClientId = caller.IsCoordination ? null : caller.ClientId,
            };
            rows.Add((source, await journal.FindAsync(filter, cancellationToken) is [var last, ..] ? last.ReceivedAt : null));
        }

        return JournalRoutes.Json(json =>
        {
            json.WriteStartArray("sources");
            foreach (var (source, last) in rows)
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
                if (source.ExpectedEvery is { } rhythm)
                    json.WriteString("expectedEvery", System.Xml.XmlConvert.ToString(rhythm));
                json.WriteBoolean("silent", IsSilent(source, last, now));
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    /// <summary>One gauge a source with a rhythm, read at each scrape: 1 when a tenant that heard it once hears it no more.</summary>
    public void Measure(Action<string, Func<double>> gauge, IEnumerable<string> tenants)
    {
        var heard = tenants.ToList();
        foreach (var source in sources.All.Where(source => source.ExpectedEvery is not null))
            gauge($"hub_source_silent{{source=\"{source.Name}\"}}", () => heard.Exists(tenant => IsSilentNow(source, tenant)) ? 1 : 0);
    }

    private bool IsSilentNow(Source source, string tenant)
    {
        // The journal answers at once: its tasks are complete when they are given.
        var found = journal.FindAsync(new(tenant) { Source = source.Name, Count = 1 }, CancellationToken.None);
        return found.IsCompletedSuccessfully && found.Result is [var last, ..] && IsSilent(source, last.ReceivedAt, time.GetUtcNow());
    }

    /// <summary>A source that never spoke is not silent: it has not begun.</summary>
    internal static bool IsSilent(Source source, DateTimeOffset? last, DateTimeOffset now) =>
        source.ExpectedEvery is { } rhythm && last is { } heard && now - heard > rhythm;
}
