using CptsFhirHub.Fhir.Definitions;

namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>
/// Is an item of a type? A name without namespace means the FHIR type for an element and the System type for a value.
/// https://hl7.org/fhirpath/N1/#types
/// </summary>
internal sealed class TypeTest
{
    private static readonly HashSet<string> SystemTypes = new(StringComparer.Ordinal)
    {
        "Any", "Boolean", "String", "Integer", "Long", "Decimal", "Date", "DateTime", "Time", "Quantity",
    };

    private readonly string? _fhir;
    private readonly string? _system;

    private TypeTest(string? fhir, string? system)
    {
        _fhir = fhir;
        _system = system;
    }

    public string Name => _fhir ?? _system!;

    /// <summary>The test for a type as written; an unknown type is a failure of the expression.</summary>
    public static TypeTest Of(TypeSpecifier type, int position)
    {
        var fhir = type.Namespace is null or "FHIR" && R4.Definitions.Type(type.Name) is { } known ? known.Name : null;
        var system = type.Namespace is null or "System" && SystemTypes.Contains(type.Name) ? type.Name : null;

        // A System type that does not exist is one that no item has; a FHIR type that does not exist is a slip of the pen.
        if (type.Namespace == "System")
            return new(null, type.Name);
        return fhir is null && system is null
            ? throw FhirPathException.Semantic(position, $"There is no type {type}.")
            : new(fhir, system);
    }

    public bool Holds(Item item)
    {
        if (item.Element is not { } element)
            return _system is not null && (_system == "Any" || Item.SystemType(item.Literal) == _system);
        if (item.Shape is { } shape)
            return (_fhir is not null && shape.Is(_fhir)) || _system == "Any" || (_system == "String" && shape.IsSystem);

        // Plain JSON: a resource has its own type, a value that of JSON.
        if (element.ResourceType is { } resourceType)
            return _fhir is not null && (resourceType == _fhir || R4.Definitions.IsSubtype(resourceType, _fhir));
        return _system is not null && Item.SystemType(item.Value) == _system;
    }
}

internal sealed class IsCode(Code operand, TypeTest test) : Code
{
    public override Items Eval(Run run, Scope scope) => Items.Of(Test(run, scope));

    public override bool? Test(Run run, Scope scope)
    {
        run.Spend();
        var count = operand.One(run, scope, out var item);
        run.At = Position;
        return count switch
        {
            0 => null,
            1 => test.Holds(item),
            _ => throw FhirPathException.Evaluation("is() looks at one item."),
        };
    }
}

internal sealed class AsCode(Code operand, TypeTest test) : Code
{
    public override Items Eval(Run run, Scope scope)
    {
        run.Spend();
        var items = operand.Eval(run, scope);
        run.At = Position;
        if (items.Count > 1 && !run.Context.AsKeepsMany)
            throw FhirPathException.Evaluation("as() looks at one item; ofType() takes several.");
        return OfTypeCode.Filter(items, test);
    }
}

internal sealed class OfTypeCode(Code operand, TypeTest test) : Code
{
    public override Items Eval(Run run, Scope scope)
    {
        run.Spend();
        return Filter(operand.Eval(run, scope), test);
    }

    internal static Items Filter(Items items, TypeTest test)
    {
        if (items.Count == 1)
            return test.Holds(items.First) ? items : default;
        var gathering = default(Gathering);
        foreach (var item in items)
            if (test.Holds(item))
                gathering.Add(item);
        return gathering.Done();
    }
}

/// <summary>
/// <c>resolve() is Patient</c>: the reference itself says what it points to (<c>Patient/12</c>, or <c>type</c>), so nothing needs to be
/// fetched. Only when it does not say is it resolved.
/// </summary>
internal sealed class ReferenceTypeCode(Code reference, Code resolved, TypeTest test) : Code
{
    public override Items Eval(Run run, Scope scope) => Items.Of(Test(run, scope));

    public override bool? Test(Run run, Scope scope)
    {
        run.Spend();
        var count = reference.One(run, scope, out var item);
        run.At = Position;
        if (count > 1)
            throw FhirPathException.Evaluation("is() looks at one item.");
        if (count == 1 && References.TypeOf(item) is { } type)
            return type == test.Name || R4.Definitions.IsSubtype(type, test.Name);
        return resolved.One(run, scope, out var target) == 0 ? null : test.Holds(target);
    }
}
