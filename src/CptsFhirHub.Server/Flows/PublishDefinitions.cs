using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CptsFhirHub.Fhir.Mapping;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;
using CptsFhirHub.Storage.Registry;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// Puts what the hub works by into each tenant, where clients read and search it: profiles, code systems, search parameters,
/// questionnaires, logical models, concept maps, and every map as a StructureMap.
/// </summary>
/// <remarks>
/// Only files that changed since they were last published are opened: a start costs reading and hashing. What somebody changed over
/// FHIR therefore stays until its file changes.
/// </remarks>
internal sealed class PublishDefinitions(
    HubStore store, HubSettings settings, IConfiguration configuration, IEnumerable<PublishedDefinition> made, TimeProvider time,
    ILogger<PublishDefinitions> logger)
    : BackgroundService
{
    private const string Setting = "published-definitions";

    /// <summary>Beside the start: nothing that the hub itself does waits for it.</summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Run(
        async () =>
        {
            try
            {
                var files = Files().ToList();
                foreach (var tenant in settings.Tenants)
                    await PublishAsync(tenant, files, stoppingToken);
            }
            catch (IOException fault)
            {
                FlowLog.JobFailed(logger, nameof(PublishDefinitions), fault.GetType().Name);
            }
        },
        stoppingToken);

    /// <summary>True while what stands in the folder has not been put into that tenant.</summary>
    public static bool IsPending(RegistryStore registry, string tenant, DefinitionFile file) =>
        registry.FindSetting(tenant, Setting) is not { } json
        || JsonSerializer.Deserialize<Dictionary<string, string>>(json)!.GetValueOrDefault(file.Name) != file.Digest;

    /// <summary>Publishes the files that are new or changed; gives how many resources got a new version.</summary>
    public async Task<int> PublishAsync(string tenant, IReadOnlyList<DefinitionFile> files, CancellationToken cancellationToken)
    {
        var published = store.Registry.FindSetting(tenant, Setting) is { } json ? JsonSerializer.Deserialize<Dictionary<string, string>>(json)! : [];
        var changed = files.Where(file => published.GetValueOrDefault(file.Name) != file.Digest).ToList();
        if (changed.Count == 0)
            return 0;

        var writes = changed.Select(file => file.Read()).OfType<Resource>()
            .Where(resource => ServedTypes.All.Contains(resource.Type) && resource.Id is not null)
            .Select(resource => (Write)new Write.Update(resource, resource.Id!)).ToList();
        var commit = await store.Resources.CommitAsync(tenant, writes, cancellationToken);
        if (!commit.Committed)
            throw new InvalidOperationException($"The definitions of {tenant} were not taken.");

        foreach (var file in changed)
            published[file.Name] = file.Digest;
        await store.Registry.PutSettingAsync(
            new SettingRow(tenant, Setting, JsonSerializer.Serialize(published), time.GetUtcNow()), cancellationToken);
        var count = commit.Results.Count(result => result is Written.Created or Written.Updated);
        FlowLog.Published(logger, tenant, count);
        return count;
    }

    /// <summary>Our compiled resources, and what the sources' folders hold; examples are neither.</summary>
    public IEnumerable<DefinitionFile> Files()
    {
        var profiles = Profiles.Folder(configuration);
        var mappings = SourceFolders.Folder(configuration);
        var ours = Directory.Exists(profiles) ? Directory.GetFiles(profiles, "*.json") : [];
        return ours
            .Concat(Directory.GetFiles(mappings, "StructureDefinition-*.json", SearchOption.AllDirectories))
            .Concat(Directory.GetFiles(mappings, "*.conceptmap.json", SearchOption.AllDirectories))
            .Concat(Directory.GetFiles(mappings, "*.map", SearchOption.AllDirectories))
            .Order(StringComparer.Ordinal)
            .Select(DefinitionFile.Of)
            .Select(file => file.Name == "CodeSystem-source-signalement.json" && file.Read() is { } codes
                ? DefinitionFile.Of(file.Name, FhirJson.Write(SourceCodes.Completed(codes, mappings).Root))
                : file)
            .Concat(SourceFolders.DescribedModels(mappings).Select(model => DefinitionFile.Of(model.File, FhirJson.Write(model.Resource))))
            .Concat(made.Select(definition => DefinitionFile.Of(definition.Name, definition.Json)));
    }
}

/// <summary>A file that defines something, with the digest that tells whether it changed.</summary>
internal sealed record DefinitionFile(string Name, string Digest, byte[] Bytes)
{
    public static DefinitionFile Of(string path) => Of(Path.GetFileName(path), File.ReadAllBytes(path));

    public static DefinitionFile Of(string name, byte[] bytes) =>
        new(name, Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, 16)), bytes);

    /// <summary>The resource; null for what is none.</summary>
    public Resource? Read()
    {
        if (!Name.EndsWith(".map", StringComparison.Ordinal))
            return FhirJson.Parse(Bytes).Resource;
        if (MapParser.Parse(Encoding.UTF8.GetString(Bytes)).Map is not { } map)
            return null;

        // A map in this folder is in use, whatever its text leaves unsaid.
        var root = StructureMapResource.Write(map);
        root.Put("status", "active");
        return new(root);
    }
}
