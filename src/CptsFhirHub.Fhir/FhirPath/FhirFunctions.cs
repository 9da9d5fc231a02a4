namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>What FHIR adds to FHIRPath, and types as values. https://hl7.org/fhir/R4/fhirpath.html#functions</summary>
internal static class FhirFunctions
{
    // What a validator or a vocabulary is asked costs more than a look at an item.
    private const int ForeignSteps = 100;

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
        ["elementDefinition"] = new(0, 0, ElementDefinitions),
        ["slice"] = new(2, 2, Slice),
        ["checkModifiers"] = new(0, int.MaxValue, CheckModifiers),
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
        && (items.First.Element is { } element ? element.Value is not null : items.First.Literal is not (Quantity or Reflected or Reflected.Part));

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
        call.Run.Spend(ForeignSteps);
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
        call.Run.Spend(ForeignSteps);
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
            gathering.Add(new Item(Reflected.Of(item), null));
        return gathering.Done();
    }

    private static Items ElementDefinitions(Call call)
    {
        var gathering = default(Gathering);
        foreach (var item in call.Input)
        {
            call.Run.Spend();
            if (item.Shape?.Node.Element is { } element && element.Stated() is { } definition)
                gathering.Add(Item.Of(definition, "ElementDefinition"));
        }

        return gathering.Done();
    }

    private static Items Slice(Call call)
    {
        var structure = call.Text(0);
        var name = call.Text(1);
        if (structure is null || name is null || call.Run.Context.InSlice is not { } inSlice)
            return default;
        var gathering = default(Gathering);
        foreach (var item in call.Input)
        {
            call.Run.Spend(ForeignSteps);
            if (inSlice(item, structure, name) == true)
                gathering.Add(item);
        }

        return gathering.Done();
    }

    private static Items CheckModifiers(Call call)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < call.Count; i++)
            foreach (var url in call.Argument(i))
                known.Add(url.Value as string ?? throw FhirPathException.Evaluation("checkModifiers() takes the URLs of extensions."));
        foreach (var item in call.Input)
        {
            if (item.Element is not { } element)
                continue;
            foreach (var modifier in element.All("modifierExtension"))
            {
                call.Run.Spend();
                if (modifier.Text("url") is not { } url || !known.Contains(url))
                    throw FhirPathException.Evaluation("An element has a modifier extension that is not among those known.");
            }
        }

        return call.Input;
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
