using System.Text;

namespace CptsFhirHub.Storage.Tests.Sqlite;

/// <summary>In the file itself: reliability rule I6.</summary>
public sealed class Traces_of_what_was_erased
{
    [Fact]
    public async Task The_file_holds_no_byte_of_an_erased_person()
    {
        var folder = Directory.CreateTempSubdirectory("hub-traces-").FullName;
        await using (var store = await TempStore.OpenAsync(folder))
        {
            // Somebody was erased before: what is written from then on leaves no more behind.
            await store.AddAsync("""{"resourceType":"Patient","id":"first","name":[{"family":"Tracevisible"}]}""");
            await store.CommitAsync(new Write.Erase("Patient", "first"), new Write.Forget(["Patient/first"]));
            for (var n = 0; n < 40; n++)
            {
                var name = n % 2 == 0 ? $"Tracevisible{n}" : $"Autrepersonne{n}";
                await store.AddAsync($$"""{"resourceType":"Patient","id":"p{{n}}","name":[{"family":"{{name}}"}],"address":[{"text":"{{new string('x', 1_000 * (n % 7))}} {{name}}"}]}""");
                await store.CommitAsync(new Write.Update(
                    TempStore.Read($$"""{"resourceType":"Patient","id":"p{{n}}","active":true,"name":[{"family":"{{name}}","given":["{{name}}"]}]}"""), $"p{n}"));
                var message = (await store.Store.Journal.ReceiveAsync(
                    new Arrival(TempStore.Tenant, "doctolib", "http", "c", "text/plain", $"k{n}", Encoding.UTF8.GetBytes(name)), CancellationToken.None)).Message.Id;
                await store.Store.Journal.SettleAsync(
                    TempStore.Tenant, new(message, MessageState.Processed) { Patient = $"Patient/p{n}" }, CancellationToken.None);
            }

            for (var n = 0; n < 40; n += 2)
                await store.CommitAsync(new Write.Erase("Patient", $"p{n}"), new Write.Forget([$"Patient/p{n}"]));
        }

        var traces = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => Encoding.Latin1.GetString(File.ReadAllBytes(file))).ToList();
        Assert.Contains(traces, text => text.Contains("Autrepersonne", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(traces, text => text.Contains("Tracevisible", StringComparison.OrdinalIgnoreCase));
        TempStore.Forget(folder);
    }
}
