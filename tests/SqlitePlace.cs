namespace CptsFhirHub.Tests;

/// <summary>Where the hubs and stores of this test project remember: in a SQLite file of their folder.</summary>
internal static class StorePlace
{
    public const string Provider = "sqlite";

    /// <summary>True when there is no such database here.</summary>
    public static bool IsMissing => false;

    public static void SkipWhenMissing()
    {
        // It comes with the program.
    }

    /// <summary>Says that a store which holds nothing will do for that folder, whoever made its tables.</summary>
    public static void Reuse(string folder)
    {
        // A file is made as fast as it is emptied.
    }

    /// <summary>The connection string of what is kept for that folder.</summary>
    public static string ConnectionString(string folder) => "";

    /// <summary>The folder is gone, and with it all that was kept.</summary>
    public static void Forget(string folder)
    {
        // The file lies in the folder.
    }
}
