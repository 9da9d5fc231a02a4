using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace CptsFhirHub.Server;

/// <summary>How the hub writes its own JSON: accents as letters, markup characters escaped.</summary>
internal static class JsonText
{
    public static JavaScriptEncoder Readable { get; } = JavaScriptEncoder.Create(UnicodeRanges.All);

    /// <summary>For answers of the API, which no browser reads as markup: they are sent as JSON with nosniff, and links stay legible.</summary>
    public static JavaScriptEncoder Wire { get; } = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
}
