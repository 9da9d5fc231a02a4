using System.Globalization;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Rest.Operations;

/// <summary>A call of an operation: its request, and its parameters whichever way they came.</summary>
internal sealed record OperationCall(FhirRequest Request, Element Parameters)
{
    private const int ParametersMax = 1_000;

    /// <summary>
    /// The parameters from the URL and the body. A body that is no Parameters is the value of the one parameter that takes a resource.
    /// Refuses with 400 what the operation does not know, unless the client asks for leniency.
    /// </summary>
    public static OperationCall Read(Operation operation, FhirRequest request)
    {
        var input = operation.Parameters.Where(parameter => !parameter.IsOutput).ToList();
        var all = Element.OfResource("Parameters");
        foreach (var (name, value) in request.Parameters)
        {
            if (value.Length == 0)
                continue;
            if (input.Find(parameter => parameter.Name == name) is { IsPrimitive: true } known)
                all.AddItem("parameter").With("name", name).Append(Value(known, value));
            else if (operation.TakesOthers)
                all.AddItem("parameter").With("name", name).With("valueString", value);
            else if (!request.Prefer.IsLenient)
                throw new Refusal(400, "not-supported", $"${operation.Name} has no such parameter in its URL.", name);
        }

        if (request.Body is { } body)
            AddBody(operation, input, all, body, request);

        foreach (var parameter in input)
        {
            var count = 0;
            foreach (var given in all.All("parameter"))
                count += given.Text("name") == parameter.Name ? 1 : 0;
            if (count == 0 && parameter.IsRequired)
                throw new Refusal(400, "required", $"${operation.Name} needs the parameter {parameter.Name}.", parameter.Name);
            if (count > 1 && !parameter.Repeats)
                throw new Refusal(400, "value", $"${operation.Name} takes the parameter {parameter.Name} once.", parameter.Name);
        }

        return new(request, all);
    }

    /// <summary>The text of a primitive parameter; null when it is not given.</summary>
    public string? Text(string name) => Texts(name) is [var first, ..] ? first : null;

    /// <summary>The texts of a parameter that repeats; a comma joins several, as in a search.</summary>
    public IReadOnlyList<string> Texts(string name) =>
        [.. Find(name).Select(parameter => Typed(parameter)?.Value).OfType<string>()];

    /// <summary>A switch. What is neither true nor false is refused: who asks for a preview in other words wants no change.</summary>
    public bool IsTrue(string name) => Text(name) switch
    {
        null or "false" => false,
        "true" => true,
        _ => throw new Refusal(400, "value", $"{name} is true or false.", name),
    };

    /// <summary>The resource of a parameter, as a root of its own.</summary>
    public Resource? Resource(string name) =>
        Find(name).Select(parameter => parameter.Child("resource")).OfType<Element>().FirstOrDefault() is { ResourceType: { } type } held
            ? new(held.Copy(type, isListItem: false))
            : null;

    /// <summary>The complex value of a parameter.</summary>
    public Element? Complex(string name) =>
        Find(name).Select(Typed).FirstOrDefault(value => value is { IsPrimitive: false });

    /// <summary>The same call with one more parameter: the resource that an instance stands for.</summary>
    public OperationCall With(string name, Element resource)
    {
        var all = Parameters.Copy();
        all.AddItem("parameter").With("name", name).Append(resource.Copy("resource", isListItem: false));
        return this with { Parameters = all };
    }

    /// <summary>The same call with one more text.</summary>
    public OperationCall With(string name, string valueName, string text)
    {
        var all = Parameters.Copy();
        all.AddItem("parameter").With("name", name).With(valueName, text);
        return this with { Parameters = all };
    }

    private static void AddBody(Operation operation, List<OperationParameter> input, Element all, Resource body, FhirRequest request)
    {
        // At Parameters/$validate the body is the resource to look at.
        if (body.Type != "Parameters" || request.Type == "Parameters")
        {
            if (input.Find(parameter => parameter.Type == "Resource" || parameter.Type == body.Type) is not { } one)
                throw new Refusal(400, "invalid", $"${operation.Name} takes Parameters.");
            all.AddItem("parameter").With("name", one.Name).Append(body.Root.Copy("resource", isListItem: false));
            return;
        }

        var given = body.Root.All("parameter");
        if (given.Length > ParametersMax)
            throw new Refusal(400, "too-costly", $"An operation takes at most {ParametersMax} parameters.");
        foreach (var parameter in given)
        {
            if (!operation.TakesOthers && !request.Prefer.IsLenient && !input.Exists(known => known.Name == parameter.Text("name")))
                throw new Refusal(400, "not-supported", $"${operation.Name} has no such parameter.", "Parameters.parameter");
            all.Append(parameter.Copy());
        }
    }

    private static Element Value(OperationParameter parameter, string text)
    {
        var name = $"value{char.ToUpperInvariant(parameter.Type[0])}{parameter.Type.AsSpan(1)}";
        switch (parameter.Type)
        {
            case "boolean":
                return text is "true" or "false"
                    ? Element.Primitive(name, ElementKind.Boolean, text)
                    : throw Wrong(parameter);
            case "integer":
                return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
                    ? Element.Primitive(name, ElementKind.Number, text)
                    : throw Wrong(parameter);
            case "date" or "dateTime" or "instant":
                return PartialDate.TryParse(text, out _) ? Element.Primitive(name, ElementKind.String, text) : throw Wrong(parameter);
            default:
                return Element.Primitive(name, ElementKind.String, text);
        }
    }

    private static Refusal Wrong(OperationParameter parameter) =>
        new(400, "value", $"{parameter.Name} is no {parameter.Type}.", parameter.Name);

    private static Element? Typed(Element parameter)
    {
        foreach (var child in parameter.Children)
            if (child.Name.StartsWith("value", StringComparison.Ordinal))
                return child;
        return null;
    }

    private List<Element> Find(string name)
    {
        List<Element> found = [];
        foreach (var parameter in Parameters.All("parameter"))
            if (parameter.Text("name") == name)
                found.Add(parameter);
        return found;
    }
}
