using CptsFhirHub.Fhir.Definitions;

namespace CptsFhirHub.Server.Access;

/// <summary>One scope of a machine: <c>system/Patient.rs</c>. <paramref name="Type"/> null stands for <c>*</c>.</summary>
internal sealed record Scope(string? Type, Deeds Deeds)
{
    private const string Letters = "cruds";

    /// <summary>Reads a scope of version 2, or of version 1 (<c>.read</c>, <c>.write</c>, <c>.*</c>); null when it is none we know.</summary>
    public static Scope? Read(string text)
    {
        var dot = text.LastIndexOf('.');
        if (!text.StartsWith("system/", StringComparison.Ordinal) || dot < "system/".Length)
            return null;
        var type = text["system/".Length..dot];
        if (type != "*" && R4.Definitions.Type(type) is not { IsResource: true, IsAbstract: false })
            return null;
        return ReadDeeds(text[(dot + 1)..]) is { } deeds ? new(type == "*" ? null : type, deeds) : null;
    }

    /// <summary>The scopes that say what a policy allows.</summary>
    public static string Describe(Policy policy) =>
        string.Join(' ', policy.Types.Order(StringComparer.Ordinal).Select(type => $"system/{type}.{Describe(policy.Of(type)!.Deeds)}"));

    private static string Describe(Deeds deeds) =>
        string.Concat(Letters.Where((_, index) => deeds.HasFlag((Deeds)(1 << index))));

    private static Deeds? ReadDeeds(string text)
    {
        switch (text)
        {
            case "read":
                return Deeds.Read | Deeds.Search;
            case "write":
                return Deeds.Create | Deeds.Update | Deeds.Delete;
            case "*":
                return Deeds.All;
        }

        var (deeds, next) = (Deeds.None, 0);
        foreach (var letter in text)
        {
            // The letters keep their order: "rs" is a scope, "sr" is none.
            var at = Letters.IndexOf(letter, next);
            if (at < 0)
                return null;
            deeds |= (Deeds)(1 << at);
            next = at + 1;
        }

        return deeds == Deeds.None ? null : deeds;
    }
}
