using System.Collections.Concurrent;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.FhirPath;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Fhir.Validation;

/// <summary>An invariant ready to run: compiled FHIRPath, or one written out here because every resource meets it.</summary>
internal sealed record CompiledInvariant(Invariant Invariant, FhirPathExpression? Expression, Func<Run, Element, bool>? Native);

/// <summary>Invariants of types and profiles. https://hl7.org/fhir/R4/conformance-rules.html#constraints</summary>
internal static class InvariantCheck
{
    // Far above what the core and the hub's profiles have; profiles that come with a request must not fill the memory.
    private const int ExpressionsMax = 5_000;

    private static readonly ConcurrentDictionary<string, FhirPathExpression?> Expressions = new(StringComparer.Ordinal);

    /// <summary>Ready to run; null when the rule is not executable, or checked by the structure checks already.</summary>
    public static CompiledInvariant? Compile(Invariant invariant)
    {
        // ele-1 and txt-* are part of the structure checks, ref-1 of the reference checks; dom-6 is recommended practice.
        if (invariant.Source.StartsWith("http://hl7.org/fhir/StructureDefinition/", StringComparison.Ordinal))
        {
            switch (invariant.Key)
            {
                case "ele-1" or "txt-1" or "txt-2" or "ref-1":
                    return null;
                case "ext-1":
                    return new(invariant, null, HasValueOrExtensions);
                case "dom-2":
                    return new(invariant, null, ContainsNoContained);
                case "dom-3":
                    return new(invariant, null, ContainedCheck.AreReferenced);
                case "dom-4":
                    return new(invariant, null, (_, resource) =>
                        ContainedLack(resource, static meta => meta.Child("versionId") is null && meta.Child("lastUpdated") is null));
                case "dom-5":
                    return new(invariant, null, (_, resource) => ContainedLack(resource, static meta => meta.Child("security") is null));
                case "dom-6":
                    return new(invariant, null, (run, resource) =>
                        !run.Validator.Options.ChecksBestPractice || resource.Child("text")?.Child("div") is not null);
            }
        }

        if (invariant.Expression is not { Length: > 0 } text)
            return null;
        return new(invariant, Expression(text), null);
    }

    /// <summary>The expression compiled, once for all that state it; null when it cannot be read.</summary>
    public static FhirPathExpression? Expression(string text)
    {
        if (Expressions.Count >= ExpressionsMax)
            Expressions.Clear();
        return Expressions.GetOrAdd(
            text, static text => FhirPathExpression.TryParse(text, out var parsed, out _) ? parsed : null);
    }

    public static void Check(Run run, Element node, ChildDefinition definition, CompiledInvariant[] invariants)
    {
        foreach (var one in invariants)
        {
            if (run.IsExhausted)
                return;
            if (one.Native is { } native)
            {
                if (!native(run, node))
                    Broken(run, one.Invariant);
                continue;
            }

            if (one.Expression is null)
            {
                run.Warning("not-supported", Phrases.RuleUnreadable, one.Invariant.Key);
                continue;
            }

            try
            {
                // An empty result breaks nothing: ras-2 gives one for each prediction without a probability, which is allowed.
                if (one.Expression.Test(new Item(node, Shape.Of(definition)), run.Evaluation) == false)
                    Broken(run, one.Invariant);
            }
            catch (FhirPathException exception)
            {
                if (exception.Fault == FhirPathFault.Limit)
                    run.Fail();
                run.Warning("not-supported", Phrases.RuleFailed, one.Invariant.Key);
            }
        }
    }

    private static void Broken(Run run, Invariant invariant)
    {
        var severity = invariant.IsError ? Severity.Error : Severity.Warning;
        var human = Phrase.IsFrench(run.Language) ? invariant.HumanFrench ?? invariant.Human : invariant.Human;
        if (human is { Length: > 0 })
            run.Report(severity, "invariant", Phrases.RuleBroken, invariant.Key, invariant.Key, human);
        else
            run.Report(severity, "invariant", Phrases.RuleBrokenBare, invariant.Key, invariant.Key);
    }

    private static bool HasValueOrExtensions(Run run, Element extension)
    {
        var hasExtensions = extension.Child("extension") is not null;
        var hasValue = false;
        foreach (var child in extension.Children)
            hasValue |= child.Name.StartsWith("value", StringComparison.Ordinal);
        return hasExtensions != hasValue;
    }

    private static bool ContainsNoContained(Run run, Element resource)
    {
        foreach (var contained in resource.All("contained"))
            if (contained.Child("contained") is not null)
                return false;
        return true;
    }

    private static bool ContainedLack(Element resource, Func<Element, bool> holds)
    {
        foreach (var contained in resource.All("contained"))
            if (contained.Child("meta") is { } meta && !holds(meta))
                return false;
        return true;
    }
}
