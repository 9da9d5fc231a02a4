using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CptsFhirHub.Bench;

/// <summary>
/// The floor: Kestrel and prepared statements, nothing else. It reads the very bytes that the hub has stored, and writes each body it gets
/// in a durable transaction of its own, in the same database. No rights, no checks, no index, no audit.
/// </summary>
internal static class BareEndpoint
{
    public static async Task RunAsync(string address, string provider, string database)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        app.Urls.Add(address);

        using IBareStore store = provider == Storage.StoreOptions.Postgres ? new BarePostgres(database) : new BareSqlite(database);
        app.MapGet("/health/ready", () => "ready");
        app.MapGet("/fhir/Patient/{id}", (string id) => store.Read(id) is { } json
            ? Results.Bytes(json, "application/fhir+json")
            : Results.NotFound());
        app.MapPost("/fhir/Patient", async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            return Results.Created($"/fhir/Patient/{store.Write(body.ToArray())}", value: null);
        });
        await app.RunAsync();
    }
}

/// <summary>One row by its id, one row more: as cheap as the database does it.</summary>
internal interface IBareStore : IDisposable
{
    /// <summary>What the hub reads for a resource.</summary>
    const string Select =
        "SELECT v.json FROM resource r JOIN resource_version v ON v.vid = r.vid WHERE r.tenant = @tenant AND r.type = @type AND r.id = @id";

    const string Insert = "INSERT INTO bench_bare (id, json) VALUES (@id, @json)";

    byte[]? Read(string id);

    /// <summary>Durable when it returns; the new id.</summary>
    string Write(byte[] json);
}
