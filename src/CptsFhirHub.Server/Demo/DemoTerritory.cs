using System.Reflection;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Server.Access;
using CptsFhirHub.Server.Flows;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Demo;

/// <summary>
/// Fills an empty store with an invented territory: organisations, GPs, a leaving GP's cohort, slots of the coming days, and a few
/// signalements that walk the real way in, so that the console and the DAC have work. A store that has the territory is left alone.
/// </summary>
internal sealed class DemoTerritory(
    ResourceStore store, ReceiveSignalement receive, TimeProvider time, ILogger<DemoTerritory> logger) : BackgroundService
{
    private const string Marker = "Organization/demo-cpts";
    private const string ResourcePrefix = "demo/";

    private bool _isNew;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (await store.ReadAsync(DemoAccounts.Tenant, Marker, cancellationToken) is null)
        {
            _isNew = true;
            foreach (var (tenant, resources) in Read().GroupBy(item => item.Tenant, item => item.Resource, StringComparer.Ordinal)
                .Select(group => (group.Key, group.ToList())))
                await SeedAsync(tenant, resources, cancellationToken);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!_isNew)
            return;
        foreach (var (source, client, contentType, body) in DemoMessages.Of(time.GetUtcNow()))
        {
            if (stoppingToken.IsCancellationRequested)
                return;
            await receive.Handle(
                new(DemoAccounts.Tenant, source, "demo", client, contentType, Key: null, System.Text.Encoding.UTF8.GetBytes(body)),
                int.MaxValue, stoppingToken);
        }
    }

    private async Task SeedAsync(string tenant, List<Element> resources, CancellationToken cancellationToken)
    {
        if (tenant == DemoAccounts.Tenant)
            resources.AddRange(DemoSlots.Of(resources, Days.Of(time.GetUtcNow())).ToList());
        var writes = resources.Select(root => (Write)new Write.Update(new(root), root.Text("id")!)).ToList();
        var commit = await store.CommitAsync(tenant, writes, cancellationToken);
        if (!commit.Committed)
            throw new InvalidOperationException($"The demo territory of {tenant} was not taken.");
        DemoLog.Seeded(logger, tenant, resources.Count);
    }

    /// <summary>The committed resources: one file a tenant or part of it, each a Bundle or one resource.</summary>
    private static IEnumerable<(string Tenant, Element Resource)> Read()
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            using var buffer = new MemoryStream();
            stream.CopyTo(buffer);
            var parsed = FhirJson.Parse(buffer.ToArray());
            var root = parsed.Resource?.Root
                ?? throw new InvalidDataException($"{name}: {(parsed.Issues is [var first, ..] ? first.Text : "empty")}");
            var tenant = name.Contains("cpts-2", StringComparison.Ordinal) ? DemoAccounts.OtherTenant : DemoAccounts.Tenant;
            foreach (var resource in Resources(root))
                yield return (tenant, resource);
        }
    }

    private static List<Element> Resources(Element root)
    {
        if (root.ResourceType != "Bundle")
            return [root];
        var resources = new List<Element>();
        foreach (var entry in root.All("entry"))
        {
            if (entry.Child("resource") is not { ResourceType: { } type } held)
                continue;
            var resource = Element.OfResource(type);
            foreach (var child in held.Children)
                resource.Append(child.Copy());
            resources.Add(resource);
        }

        return resources;
    }
}

internal static partial class DemoLog
{
    [LoggerMessage(EventId = 3301, Level = LogLevel.Information, Message = "The demo territory of {Tenant} is there: {Count} resources.")]
    public static partial void Seeded(ILogger logger, string tenant, int count);
}
