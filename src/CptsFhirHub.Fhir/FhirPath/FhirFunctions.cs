namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>What FHIR adds to FHIRPath, and types as values. https://hl7.org/fhir/R4/fhirpath.html#functions</summary>
internal static class FhirFunctions
{
    public static Dictionary<string, Function> All { get; } = new(StringComparer.Ordinal)
    {
        ["extension"] = new(1, 1, Extension),
        ["hasValue"] = new(0, 0, call => Items.Of(HasValue(call.Input))),
        ["getValue"] = new(0, 0, call => HasValue(call.Input) ? Items.OfValue(call.Input.First.Value) : default),
        ["resolve"] = new(0, 0, Resolve),
        ["memberOf"] = new(1, 1, MemberOf),
        ["subsumes"] = new(1, 1, call => Subsumes(call, isReversed: false)),
        ["subsumedBy"] = new(1, 1, call => Subsumes(call, isReversed: true)),
        ["htmlChecks"] = new(0, 0, call => call.Input.IsEmpty ? default : Items.Of(Narrative.IsAllowed(call.Text() ?? ""))),
        ["conformsTo"] = new(1, 1, ConformsTo),
        ["type"] = new(0, 0, Types),
        ["comparable"] = new(1, 1, Comparable),
        ["lowBoundary"] = new(0, 1, call => Boundaries.Of(call, isHigh: false)),
        ["highBoundary"] = new(0, 1, call => Boundaries.Of(call, isHigh: true)),
        ["precision"] = new(0, 0, call => Boundaries.Precision(call.Value()) is { } precision ? Items.Of(precision) : default),
    };

    private static Items Extension(Call call)
    {
        if (call.Text(0) is not { Length: > 0 } url)
            return default;
        var gathering = default(Gathering);
        foreach (var item in call.Input)
        {
            if (item.Element is not { } element)
                continue;
            var extensions = element.All("extension");
            if (extensions.IsEmpty)
                continue;
            var shape = item.Shape?.Find("extension")?.Only;
            foreach (var extension in extensions)
            {
                call.Run.Spend();
                if (extension.Text("url") == url)
                    gathering.Add(new(extension, shape));
            }
        }

        return gathering.Done();
    }

    private static bool HasValue(Items items) =>
        items.Count == 1
        && (items.First.Element is { } element ? element.Value is not null : items.First.Literal is not (Quantity or TypeSpecifier));

    private static Items Resolve(Call call)
    {
        var gathering = default(Gathering);
        foreach (var item in call.Input)
        {
            call.Run.Spend();
            if (References.Resolve(call.Run, item) is { } found)
                gathering.Add(found);
        }

        return gathering.Done();
    }

    private static Items MemberOf(Call call)
    {
        if (call.Input.IsEmpty || call.Text(0) is not { } valueSet)
            return default;
        if (call.Input.Count > 1)
            throw FhirPathException.Evaluation("memberOf() looks at one item.");
        return Items.Of(call.Run.Context.MemberOf?.Invoke(call.Input.First, valueSet));
    }

    private static Items Subsumes(Call call, bool isReversed)
    {
        var other = call.Argument(0);
        if (call.Input.Count != 1 || other.Count != 1 || call.Run.Context.Subsumes is not { } subsumes)
            return default;
        return Items.Of(isReversed ? subsumes(other.First, call.Input.First) : subsumes(call.Input.First, other.First));
    }

    private static Items ConformsTo(Call call)
    {
        const string Core = "http://hl7.org/fhir/StructureDefinition/";
        if (call.Input.IsEmpty || call.Text(0) is not { } profile)
            return default;
        if (call.Input.Count > 1)
            throw FhirPathException.Evaluation("conformsTo() looks at one item.");
        if (call.Run.Context.ConformsTo?.Invoke(call.Input.First, profile) is { } answer)
            return Items.Of(answer);

        // Without a validator the base definitions can still be told by type.
        return profile.StartsWith(Core, StringComparison.Ordinal) && Shape.OfType(profile[Core.Length..]) is not null
            && call.Input.First.Shape is { } shape
            ? Items.Of(shape.Is(profile[Core.Length..]))
            : throw FhirPathException.Evaluation("conformsTo() names a profile that is not known.");
    }

    private static Items Types(Call call)
    {
        var gathering = default(Gathering);
        foreach (var item in call.Input)
        {
            var type = item.Shape is { } shape
                ? new TypeSpecifier("FHIR", shape.Type)
                : Item.SystemType(item.Value) is { } system ? new TypeSpecifier("System", system)
                : item.Element?.ResourceType is { } resource ? new TypeSpecifier("FHIR", resource)
                : new TypeSpecifier("System", "Any");
            gathering.Add(new Item(type, null));
        }

        return gathering.Done();
    }

    private static Items Comparable(Call call)
    {
        var a = AsQuantity(call.Value());
        var b = AsQuantity(Call.One(call.Argument(0), "An argument"));
        return a is null || b is null ? default : Items.Of(a.IsComparable(b));
    }

    private static Quantity? AsQuantity(object? value) =>
        value as Quantity ?? (Numbers.AsDecimal(value) is { } number ? new(number, "1") : null);
}
