namespace CptsFhirHub.Server.Rest;

/// <summary>The values of an operation's parameter, whether it stands in the URL or in Parameters in the body.</summary>
internal static class ParameterValues
{
    /// <summary>A comma in the URL joins several.</summary>
    public static List<string> Values(this FhirRequest request, string name)
    {
        var values = request.Parameters.Where(pair => pair.Key == name)
            .SelectMany(pair => pair.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToList();
        values.AddRange(request.Wholes(name, fromUrl: false));
        return values;
    }

    /// <summary>The same where a comma belongs to the value, as in a search.</summary>
    public static List<string> Wholes(this FhirRequest request, string name, bool fromUrl = true)
    {
        List<string> values = fromUrl ? [.. request.Parameters.Where(pair => pair.Key == name).Select(pair => pair.Value)] : [];
        if (request.Body is not { Type: "Parameters" } body)
            return values;
        foreach (var parameter in body.Root.All("parameter"))
            if (parameter.Text("name") == name)
                foreach (var child in parameter.Children)
                    if (child.Name.StartsWith("value", StringComparison.Ordinal) && (child.Value ?? child.Text("reference")) is { } value)
                        values.Add(value);
        return values;
    }

    /// <summary>The names of all parameters that were given.</summary>
    public static IEnumerable<string> Names(this FhirRequest request) => request.Parameters.Select(pair => pair.Key)
        .Concat(request.Body is { Type: "Parameters" } body
            ? body.Root.All("parameter").ToArray().Select(parameter => parameter.Text("name") ?? "")
            : []);
}
