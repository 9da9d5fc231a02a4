using System.Globalization;
using System.Text;

namespace CptsFhirHub.Fhir.Model;

/// <summary>The way to the element being read, for the issues of the readers of JSON and XML.</summary>
internal static class TreePath
{
    /// <summary>The way as FHIRPath: <c>Patient.name[0].given[1]</c>; an index below 0 is none.</summary>
    public static string Write(List<(string Name, int Index)> way)
    {
        var path = new StringBuilder();
        foreach (var (name, index) in way)
        {
            if (path.Length > 0)
                path.Append('.');
            path.Append(Shown(name));
            if (index >= 0)
                path.Append(CultureInfo.InvariantCulture, $"[{index}]");
        }

        return path.ToString();
    }

    /// <summary>A name as it may be shown: it is the sender's, and could carry anything.</summary>
    public static string Shown(string name) =>
        name.Length <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.') ? name : "?";
}

/// <summary>A limit of <see cref="JsonLimits"/> was reached: the reading ends.</summary>
internal sealed class TooCostly(string text) : Exception(text);
