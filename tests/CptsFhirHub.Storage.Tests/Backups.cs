namespace CptsFhirHub.Storage.Tests;

public sealed class Backups
{
    [Fact]
    public async Task What_was_backed_up_is_there_after_the_restore_and_what_came_later_is_not()
    {
        var (folder, place) = (Directory.CreateTempSubdirectory("hub-backup-").FullName, Directory.CreateTempSubdirectory("hub-place-").FullName);
        var file = Path.Combine(folder, "hub.backup");
        var all = new Dictionary<string, byte[]>();
        await using (var store = await TempStore.OpenAsync(place))
        {
            for (var n = 0; n < 50; n++)
            {
                var stored = await store.AddAsync($$"""{"resourceType":"Patient","name":[{"family":"Nom{{n}}"}]}""");
                all[stored.Id] = stored.Json.ToArray();
            }

            await Backup.WriteAsync(TempStore.Options(place), file, CancellationToken.None);
            await store.AddAsync("""{"resourceType":"Patient","id":"later"}""");
            await Assert.ThrowsAsync<InvalidOperationException>(() => Backup.WriteAsync(TempStore.Options(place), file, CancellationToken.None));
            await Assert.ThrowsAsync<InvalidOperationException>(() => Backup.RestoreAsync(TempStore.Options(place), file, CancellationToken.None));
        }

        TempStore.Forget(place);
        await Backup.RestoreAsync(TempStore.Options(place), file, CancellationToken.None);
        await using (var again = await TempStore.OpenAsync(place))
        {
            Assert.Null(await again.GetAsync("Patient", "later"));
            foreach (var (id, json) in all)
                Assert.Equal(json, (await again.GetAsync("Patient", id))!.Json.ToArray());
            Assert.Empty((await again.Store.VerifyAsync(10, CancellationToken.None)).Faults);
            Assert.Single(await again.FindAsync(new("Patient", [TempStore.ByName("Nom7")])));
            await again.AddAsync("""{"resourceType":"Patient","id":"new"}""");
        }

        TempStore.Forget(place);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_backup_that_was_damaged_is_refused()
    {
        await using var store = await TempStore.OpenAsync();
        var (folder, place) = (Directory.CreateTempSubdirectory("hub-backup-").FullName, Directory.CreateTempSubdirectory("hub-place-").FullName);
        var file = Path.Combine(folder, "hub.backup");
        await Backup.WriteAsync(TempStore.Options(store.Folder), file, CancellationToken.None);
        await using (var bytes = new FileStream(file, FileMode.Open))
        {
            bytes.Position = bytes.Length / 2;
            var there = bytes.ReadByte();
            bytes.Position--;
            bytes.WriteByte((byte)(there ^ 1));
        }

        await Assert.ThrowsAsync<InvalidDataException>(() => Backup.RestoreAsync(TempStore.Options(place), file, CancellationToken.None));
        TempStore.Forget(place);
        Directory.Delete(folder, recursive: true);
    }
}
