using CptsFhirHub.Storage.Sql;

namespace CptsFhirHub.Storage;

/// <summary>The table <c>store_fact</c>: what the store notes of itself.</summary>
internal static class StoreFacts
{
    /// <summary>Puts a fact, unless it stands there.</summary>
    public static void Put(WriteScope scope, string name, byte[] value) => scope.Session.Get(
        "INSERT INTO store_fact (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING").Add(name).AddBytes(value).Run();

    public static int Remove(WriteScope scope, string name) => scope.Session.Get("DELETE FROM store_fact WHERE name = ?").Add(name).Run();

    public static byte[]? Find(Session session, string name)
    {
        var statement = session.Get("SELECT value FROM store_fact WHERE name = ?").Add(name);
        if (!statement.Next())
            return null;
        var value = statement.Blob(0);
        statement.Reset();
        return value;
    }
}
