namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>A value known when the expression is compiled.</summary>
internal sealed class ConstantCode(Items value) : Code
{
    private readonly bool _isTruth = value.Count <= 1;
    private readonly bool? _truth = value.Count <= 1 ? Truth.Of(value) : null;

    public Items Value => value;

    public override Items Eval(Run run, Scope scope) => value;

    public override bool? Test(Run run, Scope scope) => _isTruth ? _truth : Truth.Of(value);
}

/// <summary><c>$this</c>, or the input where nothing was written.</summary>
internal sealed class ThisCode : Code
{
    public override Items Eval(Run run, Scope scope) => scope.This;
}

internal sealed class IndexCode : Code
{
    public override Items Eval(Run run, Scope scope) => scope.Index < 0
        ? throw FhirPathException.Evaluation("$index stands only inside a function that goes through items.")
        : Items.Of(scope.Index);
}

internal sealed class TotalCode : Code
{
    public override Items Eval(Run run, Scope scope) => scope.Total;
}

/// <summary>A capitalised name at the start: the input when it is of that type, else a child of that name.</summary>
internal sealed class TypeRootCode(string name) : Code
{
    private readonly PathCode _child = new(new ThisCode(), [name]);

    public override Items Eval(Run run, Scope scope)
    {
        run.Spend();
        var input = scope.This;
        return input.Count == 1 && Matches(input.First) ? input : Several(run, scope, input);
    }

    private Items Several(Run run, Scope scope, Items input)
    {
        if (input.Count > 1)
        {
            var gathering = default(Gathering);
            foreach (var item in input)
                if (Matches(item))
                    gathering.Add(item);
            if (gathering.Count > 0)
                return gathering.Done();
        }

        return _child.Eval(run, scope);
    }

    private bool Matches(Item item)
    {
        if (item.Element is not { } element)
            return false;
        if (item.Shape is { } shape)
            return shape.Is(name);
        return element.ResourceType is { } type && (type == name || name is "Resource" or "DomainResource");
    }
}

/// <summary><c>%name</c>: what is given, what <c>defineVariable()</c> made, what R4 fixes.</summary>
internal sealed class VariableCode(string name) : Code
{
    public override Items Eval(Run run, Scope scope)
    {
        run.At = Position;
        for (var defined = scope.Variables; defined is not null; defined = defined.Next)
            if (defined.Name == name)
                return defined.Value;
        if (run.Context.Variables.TryGetValue(name, out var given))
            return given;
        return name switch
        {
            "context" => run.Input,
            "resource" => run.Resource is { } resource ? Typed(run, resource) : run.Input,
            "rootResource" => run.RootResource is { } root ? Typed(run, root) : run.Input,
            "ucum" => Items.Of("http://unitsofmeasure.org"),
            "sct" => Items.Of("http://snomed.info/sct"),
            "loinc" => Items.Of("http://loinc.org"),
            _ when name.StartsWith("vs-", StringComparison.Ordinal) => Items.Of("http://hl7.org/fhir/ValueSet/" + name[3..]),
            _ when name.StartsWith("ext-", StringComparison.Ordinal) => Items.Of("http://hl7.org/fhir/StructureDefinition/" + name[4..]),
            _ => throw FhirPathException.Evaluation($"The variable %{name} is not defined."),
        };
    }

    // A plain input makes the whole evaluation plain.
    private static Items Typed(Run run, Model.Element element) =>
        new(run.Input is { Count: 1 } input && input.First is { Element: not null, Shape: null } ? Item.Plain(element) : Item.Of(element));
}

internal sealed class IndexerCode(Code source, Code index) : Code
{
    public override Items Eval(Run run, Scope scope)
    {
        run.Spend();
        var items = source.Eval(run, scope);
        var at = index.Eval(run, scope);
        run.At = Position;
        if (at.IsEmpty)
            return default;
        if (at.Count > 1 || at.First.Value is not int number)
            throw FhirPathException.Evaluation("An index is one Integer.");
        return number >= 0 && number < items.Count ? new(items[number]) : default;
    }
}

internal sealed class SignCode(Code operand, bool isMinus) : Code
{
    public override Items Eval(Run run, Scope scope)
    {
        run.Spend();
        var items = operand.Eval(run, scope);
        run.At = Position;
        if (items.IsEmpty)
            return default;
        if (items.Count > 1)
            throw FhirPathException.Evaluation("A sign stands before one number.");
        return items.First.Value switch
        {
            null => default,
            // The least number of each kind has no opposite of its kind.
            int.MinValue or long.MinValue when isMinus => default,
            int number => new(Item.Of(isMinus ? -number : number)),
            long number => new(Item.Of(isMinus ? -number : number)),
            decimal number => new(Item.Of(isMinus ? -number : number)),
            Quantity quantity => new(Item.Of(isMinus ? quantity with { Value = -quantity.Value } : quantity)),
            _ => throw FhirPathException.Evaluation("A sign stands before a number or a quantity."),
        };
    }
}

/// <summary>An operator over two collections, such as <c>+</c> or <c>in</c>.</summary>
internal sealed class BinaryCode(Code left, Code right, Func<Run, Items, Items, Items> apply) : Code
{
    public override Items Eval(Run run, Scope scope)
    {
        run.Spend();
        var a = left.Eval(run, scope);
        var b = right.Eval(run, scope);
        run.At = Position;
        run.SpendOn(a);
        run.SpendOn(b);
        return apply(run, a, b);
    }
}

/// <summary>
/// <c>and</c>, <c>or</c>, <c>xor</c>, <c>implies</c> in three-valued logic. The right side is not evaluated when the left decides.
/// </summary>
internal sealed class LogicCode(Code left, Code right, string op) : Code
{
    private readonly bool? _decides = op switch { "and" or "implies" => false, "or" => true, _ => null };

    public override Items Eval(Run run, Scope scope) => Items.Of(Test(run, scope));

    public override bool? Test(Run run, Scope scope)
    {
        run.Spend();
        run.At = Position;
        var a = left.Test(run, scope);
        if (a is not null && a == _decides)
            return op == "implies" || a.Value;
        run.At = Position;
        var b = right.Test(run, scope);
        return op switch
        {
            "and" => a == true ? b : b == false ? false : null,
            "or" => a == false ? b : b == true ? true : null,
            "xor" => a is null || b is null ? null : a != b,
            _ => a == true ? b : b == true ? true : null,
        };
    }
}

/// <summary><c>=</c> and <c>!=</c></summary>
internal sealed class EqualCode(Code left, Code right, bool isNegated) : Code
{
    private readonly string? _text =
        right is ConstantCode { Value: { Count: 1 } constant } ? constant.First.Literal as string : null;

    public override Items Eval(Run run, Scope scope) => Items.Of(Test(run, scope));

    public override bool? Test(Run run, Scope scope)
    {
        run.Spend();
        if (_text is not null && left is PathCode)
        {
            // code = 'x', by far the commonest test: no collection is made.
            var count = left.One(run, scope, out var item);
            if (count == 0)
                return null;
            if (count == 1 && (item.Shape is null or { Form: ValueForm.String })
                && item.Element is { Kind: Model.ElementKind.String } element)
            {
                return string.Equals(element.Value, _text, StringComparison.Ordinal) != isNegated;
            }
        }

        var a = left.Eval(run, scope);
        var b = right.Eval(run, scope);
        run.At = Position;
        return Equality.Equal(run, a, b) is { } equal ? equal != isNegated : null;
    }
}

internal sealed class EquivalentCode(Code left, Code right, bool isNegated) : Code
{
    public override Items Eval(Run run, Scope scope)
    {
        run.Spend();
        var a = left.Eval(run, scope);
        var b = right.Eval(run, scope);
        run.At = Position;
        return Items.Of(Equality.Equivalent(run, a, b) != isNegated);
    }
}

/// <summary>A function of the table.</summary>
internal sealed class CallCode(Function function, Code source, Code[] arguments) : Code
{
    public override Items Eval(Run run, Scope scope)
    {
        var input = source.Eval(run, scope);
        run.Spend();
        run.SpendOn(input);
        run.At = Position;
        var result = function.Body(new(run, scope, input, arguments, Position));
        run.SpendOn(result);
        return result;
    }
}

/// <summary><c>where(criteria)</c></summary>
internal sealed class WhereCode(Code source, Code criteria) : Code
{
    public override Items Eval(Run run, Scope scope)
    {
        var input = source.Eval(run, scope);
        if (input.IsEmpty)
            return default;
        var inner = scope.Inner();
        var gathering = default(Gathering);
        for (var i = 0; i < input.Count; i++)
        {
            run.Spend();
            inner.This = new(input[i]);
            inner.Index = i;
            if (criteria.Test(run, inner) == true)
                gathering.Add(input[i]);
        }

        return gathering.Done();
    }
}

/// <summary><c>exists()</c> and <c>exists(criteria)</c></summary>
internal sealed class ExistsCode(Code source, Code? criteria) : Code
{
    public override Items Eval(Run run, Scope scope) => Items.Of(Holds(run, scope));

    public override bool? Test(Run run, Scope scope) => Holds(run, scope);

    private bool Holds(Run run, Scope scope)
    {
        run.Spend();
        if (criteria is null)
            return source.One(run, scope, out _) > 0;
        var input = source.Eval(run, scope);
        if (input.IsEmpty)
            return false;
        var inner = scope.Inner();
        for (var i = 0; i < input.Count; i++)
        {
            run.Spend();
            inner.This = new(input[i]);
            inner.Index = i;
            if (criteria.Test(run, inner) == true)
                return true;
        }

        return false;
    }
}

/// <summary><c>empty()</c></summary>
internal sealed class EmptyCode(Code source) : Code
{
    public override Items Eval(Run run, Scope scope) => Items.Of(source.One(run, scope, out _) == 0);

    public override bool? Test(Run run, Scope scope) => source.One(run, scope, out _) == 0;
}

/// <summary><c>first()</c></summary>
internal sealed class FirstCode(Code source) : Code
{
    public override Items Eval(Run run, Scope scope) => source.One(run, scope, out var item) == 0 ? default : new(item);

    public override int One(Run run, Scope scope, out Item item) => Math.Min(source.One(run, scope, out item), 1);
}

/// <summary>An operand or argument that defines variables: they are not seen outside it.</summary>
internal sealed class EnclosedCode(Code inner) : Code
{
    public override Items Eval(Run run, Scope scope)
    {
        var outer = scope.Variables;
        try
        {
            return inner.Eval(run, scope);
        }
        finally
        {
            scope.Variables = outer;
        }
    }
}
