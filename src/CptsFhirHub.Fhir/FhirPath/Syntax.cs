namespace CptsFhirHub.Fhir.FhirPath;

/// <summary>
/// The tree of an expression, as it was written. A closed family; <see cref="Position"/> is where the node begins in the text.
/// </summary>
internal abstract record Syntax(int Position)
{
    /// <summary>One more than the highest child.</summary>
    public abstract int Height { get; }

    internal sealed record Literal(int Position, Item Value) : Syntax(Position)
    {
        public override int Height => 1;
    }

    /// <summary><c>{}</c></summary>
    internal sealed record Nothing(int Position) : Syntax(Position)
    {
        public override int Height => 1;
    }

    /// <summary><c>$this</c>, <c>$index</c> or <c>$total</c>, without the dollar.</summary>
    internal sealed record Special(int Position, string Name) : Syntax(Position)
    {
        public override int Height => 1;
    }

    /// <summary><c>%name</c></summary>
    internal sealed record Variable(int Position, string Name) : Syntax(Position)
    {
        public override int Height => 1;
    }

    /// <summary>A name: a child of <see cref="Left"/>, or of <c>$this</c> (or a type name) when nothing stands before it.</summary>
    internal sealed record Member(int Position, Syntax? Left, string Name) : Syntax(Position)
    {
        public override int Height { get; } = 1 + (Left?.Height ?? 0);
    }

    internal sealed record Call(int Position, Syntax? Left, string Name, IReadOnlyList<Syntax> Arguments) : Syntax(Position)
    {
        public override int Height { get; } =
            1 + Math.Max(Left?.Height ?? 0, Arguments.Count == 0 ? 0 : Arguments.Max(argument => argument.Height));
    }

    internal sealed record Indexer(int Position, Syntax Left, Syntax Index) : Syntax(Position)
    {
        public override int Height { get; } = 1 + Math.Max(Left.Height, Index.Height);
    }

    internal sealed record Sign(int Position, bool IsMinus, Syntax Operand) : Syntax(Position)
    {
        public override int Height { get; } = 1 + Operand.Height;
    }

    internal sealed record Binary(int Position, string Operator, Syntax Left, Syntax Right) : Syntax(Position)
    {
        public override int Height { get; } = 1 + Math.Max(Left.Height, Right.Height);
    }

    /// <summary><c>left is type</c> or <c>left as type</c></summary>
    internal sealed record TypeOperation(int Position, bool IsAs, Syntax Left, TypeSpecifier Type) : Syntax(Position)
    {
        public override int Height { get; } = 1 + Left.Height;
    }
}

/// <summary>A type as written: <c>Quantity</c>, <c>FHIR.Quantity</c>, <c>System.String</c>.</summary>
public readonly record struct TypeSpecifier(string? Namespace, string Name)
{
    /// <inheritdoc/>
    public override string ToString() => Namespace is null ? Name : $"{Namespace}.{Name}";
}
